"""Each refusal has its era's status, a sentence that names the thing, and leaves everything as it was."""

from collections.abc import Iterator

import pytest

from app.store.session import TenantSession
from tests.errors.cases import CASES, STRICT, VERSIONS, Case, send, tokens
from tests.installations import Server

Asked = tuple[Case, str, int]


def asked() -> Iterator[Asked]:
    for case in CASES:
        yield case, f"/api/24{case.path}", case.old
        yield case, f"/api/25{case.path}", case.new
    for case in STRICT:
        yield case, f"/api/25{case.path}", case.new
    for case in VERSIONS:
        yield case, case.path, case.new


@pytest.mark.parametrize(
    ("case", "path", "status"),
    list(asked()),
    ids=lambda value: value.title if isinstance(value, Case) else str(value)[:40],
)
def test_a_refusal_says_what_and_why_and_changes_nothing(server: Server, case: Case, path: str, status: int) -> None:
    made = tokens(server)
    before = state(server)

    answer = send(server, case, path, made[case.token])

    assert answer.status_code == status, answer.text
    said = answer.get_json()
    assert said["result"] == "error"
    assert isinstance(said["errorDetails"], str)
    if not path.startswith("/api/24"):
        assert [word for word in case.names if word not in said["errorDetails"]] == [], said["errorDetails"]
    if status == 400 and path.startswith("/api/25"):
        assert isinstance(said["errors"], dict)
    assert state(server) == before


def state(server: Server) -> tuple[object, ...]:
    """The tenant's head, its documents and its repository's head."""
    session = TenantSession(server.opened.database, "default")
    try:
        head = session.head()
    finally:
        session.release()
    rules = server.get("/api/25/rules", token="stp" + "rw".ljust(29, "x")).text
    return head, rules, server.opened.git_writer.catch_up("default")
