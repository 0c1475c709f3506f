"""What bounds the panel: calls per second of a key, and statements for a list however long it is."""

import pytest

from app.core.errors import ThrottledError
from app.dialects.panel.answers import failure
from app.dialects.panel.pace import Pace
from tests.installations import Server
from tests.panel.calls import Dashboard
from tests.statements import ON_SQLITE, statements_of


def test_a_key_that_calls_too_often_waits_and_others_do_not() -> None:
    now = [100.0]
    pace = Pace(2, lambda: now[0])
    for key in ("a", "a", "b"):
        pace.take(key)

    with pytest.raises(ThrottledError) as caught:
        pace.take("a")

    told = failure(caught.value, "Error retrieving users")
    assert (told.status, told.value, told.headers["Retry-After"]) == (429, {"error": "Too many requests"}, "1")
    pace.take("b")
    now[0] += 0.5
    pace.take("a")


def test_a_fault_of_ours_is_told_in_one_sentence() -> None:
    told = failure(RuntimeError("SELECT secret FROM /etc/path"), "Error retrieving users")

    assert (told.status, told.value) == (500, {"error": "Error retrieving users"})


@ON_SQLITE
def test_a_long_list_asks_the_database_no_more_often_than_a_short_one(server: Server) -> None:
    panel = Dashboard(server, server.token)

    def statements(path: str) -> int:
        panel.get(path)
        with statements_of(server.opened.database) as counted:
            panel.get(path)
        return len(counted)

    def grow(first: int, last: int) -> dict[str, int]:
        for number in range(first, last):
            panel.instance(panel.node(), panel.user(f"user-{number}"))
        return {path: statements(path) for path in ("/api/users", "/api/nodes", "/api/instances")}

    few = grow(0, 10)

    assert grow(10, 25) == few
