"""Registering tenants over HTTP, and calling with their keys and tokens."""

from dataclasses import dataclass, field
from typing import Any

from werkzeug.test import TestResponse

from tests.installations import Server

PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Client:
    """A registered tenant: what its person got, and calls with it."""

    server: Server
    said: Any
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return str(self.said["client"]["id"])

    @property
    def key(self) -> str:
        return str(self.said["apiKey"])

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.said['access']}"}

    @property
    def both(self) -> dict[str, str]:
        return {"Api-Key": self.key, **self.bearer}

    def call(self, method: str, path: str, *, headers: dict[str, str] | None = None, **more: Any) -> TestResponse:
        """Call with key and token, or with other headers."""
        return bare(self.server, method, path, headers=self.both if headers is None else headers, **more)


def bare(server: Server, method: str, path: str, **more: Any) -> TestResponse:
    """Call without a credential of the test's own."""
    answer: TestResponse = server.client.open(path, method=method, **more)
    return answer


def ask(server: Server, email: str, password: str = PASSWORD, path: str = "/api/auth/register") -> TestResponse:
    """Ask for a tenant."""
    return bare(server, "POST", path, json={"email": email, "password": password})


def registered(server: Server, email: str = "john@example.com") -> Client:
    """Have a tenant."""
    answer = ask(server, email)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return Client(server, answer.json)
