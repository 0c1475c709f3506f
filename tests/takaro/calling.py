"""Calls of root-level routes, as the published client makes them."""

from dataclasses import dataclass, field
from typing import Any

from werkzeug.test import TestResponse

from tests.installations import Server
from tests.takaro.conftest import SECRET

PASSWORD = "correct horse battery staple"


@dataclass
class Root:
    """A caller of root-level routes: its headers, and a content type on every call."""

    server: Server
    headers: dict[str, str] = field(default_factory=dict)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """Call a route."""
        more = {} if body is None else {"json": body}
        sent = {"Content-Type": "application/json", **self.headers, **headers}
        answer: TestResponse = self.server.client.open(path, method=method, headers=sent, **more)
        return answer

    def data(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Call what has to succeed, and give its data."""
        answer = self.call(method, path, body, **headers)
        assert answer.status_code == 200, (method, path, answer.get_data(as_text=True))
        assert answer.json["meta"]["serverTime"].endswith("Z")
        return answer.json["data"]

    def refused(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str, str]:
        """Call what is refused, and give status, code and message."""
        answer = self.call(method, path, body, **headers)
        assert answer.json["data"] is None, answer.get_data(as_text=True)
        error = answer.json["meta"]["error"]
        assert set(error) == {"code", "message", "details"}
        return answer.status_code, error["code"], error["message"]

    def named(self, found: list[Any], name: str) -> Any:
        """Give the one object of a list that has a name."""
        (one,) = [each for each in found if each["name"] == name]
        return one


def administrator(server: Server) -> Root:
    """Call with the installation's secret."""
    return Root(server, {"X-Takaro-Admin-Token": SECRET})


def domain(server: Server, name: str = "test-domain", **more: Any) -> tuple[Any, Root]:
    """Make a domain, and log its first administrator in."""
    made = administrator(server).data("POST", "/domain", {"name": name, **more})
    return made, login(server, made["rootUser"]["email"], made["password"])


def login(server: Server, email: str, password: str = PASSWORD) -> Root:
    """Log in."""
    caller = Root(server)
    token = caller.data("POST", "/login", {"username": email, "password": password})["token"]
    return Root(server, {"Authorization": f"Bearer {token}"})


def permission(caller: Root, *names: str) -> list[dict[str, str]]:
    """Give permissions as a role takes them."""
    known = {one["permission"]: one["id"] for one in caller.data("GET", "/permissions")}
    return [{"permissionId": known[name]} for name in names]


def member(server: Server, root: Root, *permissions: str, name: str = "somebody", **more: Any) -> tuple[Any, Root]:
    """Make a user with a role of these permissions, and log them in."""
    email = f"{name}@example.com"
    user = root.data("POST", "/user", {"name": name, "email": email, "password": PASSWORD, **more})
    if permissions:
        role = root.data("POST", "/role", {"name": f"of {name}", "permissions": permission(root, *permissions)})
        root.data("POST", f"/user/{user['id']}/role/{role['id']}")
    return user, login(server, email)
