"""Refusals of known actors become events, off the request's path, equal ones within a minute as one."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from app.changes.change import Edit
from app.changes.noting import Notes
from app.changes.recording import Fact
from tests.installations import Server, as_account, submit


def denied(server: Server, **more: Any) -> list[Any]:
    events = server.get("/api/25/events?outcome=denied", **more).get_json()["data"]["events"]
    return [server.get(f"/api/25/events/{one['seq']}", **more).get_json()["data"]["events"][0] for one in events]


def test_a_known_actor_who_is_refused_is_an_event_with_a_count(server: Server) -> None:
    reader = server.account("reader", authorization="ro")

    for _ in range(3):
        assert server.put("/api/25/rules", token=reader, json={"displayName": "Nope"}).status_code == 403
    assert server.delete("/api/25/rules/r-1", token=reader).status_code == 403
    assert denied(server) == []
    server.opened.notes.flush()

    second, first = denied(server)
    assert (first["type"], first["outcome"], first["commit"], first["object"]) == ("AccessDenied", "denied", None, None)
    assert first["actor"] == {"id": "reader", "kind": "account", "handle": "reader", "name": "reader"}
    assert first["credential"] == {"id": "reader", "name": "reader"}
    assert first["data"] == {
        "count": 3,
        "refusal": "Authorization error: User 'reader' is not allowed to access PUT api/25/rules",
    }
    assert first["source"]["ip"] == "127.0.0.1"
    assert second["data"]["count"] == 1
    assert server.get("/api/25/rules").get_json()["data"]["rules"] == []


def test_refusals_are_logged_where_a_reason_is_mandatory_and_where_nothing_may_be_written(server: Server) -> None:
    settings = ("enable_change_message", "mandatory_change_message")
    submit(server.opened, *(Edit("setting", name, "modify", {"value": True}) for name in settings),
           ctx=as_account(reason="From now on"))  # fmt: skip
    reader = server.account("reader", authorization="ro")
    stranger = server.account("stranger", tenant="public")

    assert server.put("/api/25/rules?reason=12345", token=reader, json={"displayName": "N"}).status_code == 403
    assert server.put("/api/25/rules", token=stranger, json={"displayName": "Nope"}).status_code == 403
    server.opened.notes.flush()

    assert [one["actor"]["id"] for one in denied(server)] == ["reader"]
    (other,) = denied(server, token=stranger)
    assert "Tenant 'public' is read-only" in other["data"]["refusal"]


def test_an_unknown_credential_is_no_event(server: Server) -> None:
    def newest() -> int:
        with server.opened.database.everywhere("test") as connection:
            return int(connection.execute(text("SELECT seq FROM tenants WHERE id = 'default'")).scalar_one())

    before = newest()

    assert server.get("/api/25/rules", token="unknown").status_code == 401
    server.opened.notes.flush()

    assert newest() == before


class Clock:
    """Time that passes when it is told to, and what is to be done then."""

    def __init__(self) -> None:
        self.now = 0.0
        self.due: list[tuple[float, Callable[[], None]]] = []

    def later(self, delay_s: float, act: Callable[[], None]) -> None:
        self.due.append((self.now + delay_s, act))

    def reach(self, moment: float) -> None:
        while ready := sorted((one for one in self.due if one[0] <= moment), key=lambda one: one[0]):
            self.due.remove(ready[0])
            self.now = ready[0][0]
            ready[0][1]()
        self.now = moment


def test_the_first_is_written_within_a_second_and_a_flood_once_a_minute(server: Server) -> None:
    clock = Clock()
    notes = Notes(server.opened.committer, clock.later, lambda: clock.now)
    fact = Fact(type="AccessDenied", data={"refusal": "No"}, outcome="denied")

    def counts() -> list[int]:
        return [one["data"]["count"] for one in denied(server)][::-1]

    notes.note(as_account(), fact)
    clock.reach(1.0)
    assert counts() == [1]
    for second in range(2, 60):
        clock.reach(float(second))
        notes.note(as_account(), fact)
    assert counts() == [1]
    clock.reach(61.0)
    assert counts() == [1, 58]
    clock.reach(200.0)
    notes.note(as_account(), fact)
    notes.note(as_account("eve"), fact)
    clock.reach(201.0)
    assert counts() == [1, 58, 1, 1]
