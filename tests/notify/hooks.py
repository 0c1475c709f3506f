"""Webhooks for tests: made, served at a moment that the test chooses, and looked at."""

from dataclasses import dataclass, field, replace
from typing import Any

from app.core.clock import now_ms
from app.store.webhooks import due_webhooks
from app.telling import deliverer_of
from tests.installations import Server

Json = dict[str, Any]


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: int = field(default_factory=now_ms)

    def __call__(self) -> int:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += round(seconds * 1000)


def make_hook(server: Server, url: str, hook_id: str = "h", *, token: str | None = None, **more: Any) -> Json:
    asked = {"id": hook_id, "name": "Hook", "url": url, **more}
    answer = server.put("/api/25/webhooks", token=token, json=asked)
    assert answer.status_code == 200, answer.get_json()
    made: Json = answer.get_json()["data"]["webhooks"][0]
    return made


def hook(server: Server, hook_id: str = "h") -> Json:
    shown: Json = server.get(f"/api/25/webhooks/{hook_id}").get_json()["data"]["webhooks"][0]
    return shown


def deliveries(server: Server, hook_id: str = "h") -> list[Json]:
    shown: list[Json] = server.get(f"/api/25/webhooks/{hook_id}/deliveries").get_json()["data"]["deliveries"]
    return shown


def deliver(server: Server, clock: Clock) -> int:
    """Do one round of the worker, at the moment that the clock shows, and say how often a target was called."""
    deliverer = replace(deliverer_of(server.config, server.opened), clock=clock)
    with server.opened.database.everywhere("test") as connection:
        due = due_webhooks(connection, clock(), 100)
    return sum(deliverer.serve(*one) for one in due)
