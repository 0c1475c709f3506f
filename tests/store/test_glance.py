"""A token and the document that its request names are read in one statement, within the token's tenant."""

import pytest

from app.core.context import Context
from app.store.accounts import token_hash
from app.store.documents import find_document
from app.store.glance import Glance, find_at_a_glance
from app.store.session import TenantSession
from tests.changes.batches import rule
from tests.installations import Server, submit


def _look(server: Server, token: str, document_id: str) -> tuple[str | None, Glance]:
    """Give the account that a token names, and the glance at a rule."""
    glance = Glance("rule", document_id)
    with server.opened.database.everywhere("test") as connection:
        holder = find_at_a_glance(connection, token_hash(token), glance)
    return (None if holder is None else holder.id), glance


@pytest.fixture
def rules(server: Server) -> Server:
    """Give a server with a rule of its own and one of another tenant."""
    submit(server.opened, rule("mine"))
    submit(server.opened, rule("theirs"), ctx=Context.system("public", "test"))
    return server


def test_what_is_seen_is_what_a_session_finds(rules: Server) -> None:
    name, glance = _look(rules, rules.token, "mine")

    session = TenantSession(rules.opened.database, "default")
    found, seq = find_document(session, "rule", "mine"), session.newest_seq()
    session.release()
    assert name == "ci"
    if rules.opened.database.is_sqlite:
        assert glance.seen is not None
        assert (glance.seen.stored, glance.seen.seq) == (found, seq)
    else:
        assert glance.seen is None  # left to the connection that sees one tenant's rows only


@pytest.mark.parametrize("document_id", ["theirs", "nowhere", "", "mine\0"])
def test_nothing_is_seen_of_what_is_not_in_the_tenant(rules: Server, document_id: str) -> None:
    name, glance = _look(rules, rules.token, document_id)

    assert (name, glance.seen) == ("ci", None)


def test_a_token_that_is_none_sees_nothing(rules: Server) -> None:
    name, glance = _look(rules, "stpwrong", "mine")

    assert (name, glance.seen) == (None, None)


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
def test_what_was_foreseen_is_taken_once_and_for_nothing_else(rules: Server) -> None:
    seen = _look(rules, rules.token, "mine")[1].seen
    assert seen is not None
    session = TenantSession(rules.opened.database, "default")

    for kind, document_id in (("rule", "other"), ("group", "mine")):
        session.foresee(seen)
        assert session.take_seen(kind, document_id) is None
        assert session.take_seen("rule", "mine") is None
    session.foresee(seen)
    assert session.take_seen("rule", "mine") is seen
    assert session.take_seen("rule", "mine") is None


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("headers", "status"), [({}, 200), ({"If-None-Match": "*"}, 304)])
def test_a_read_of_one_document_is_one_statement(rules: Server, headers: dict[str, str], status: int) -> None:
    assert rules.get("/api/25/rules/mine").status_code == 200
    statements: list[str] = []
    with rules.opened.database.connect() as connection:
        # The one idle connection, which the request takes next.
        connection.connection.driver_connection.set_trace_callback(statements.append)  # type: ignore[union-attr]  # there is one

    answer = rules.get("/api/25/rules/mine", headers=headers)

    assert answer.status_code == status
    assert len(statements) == 1
    assert "accounts.token_hash" in statements[0]


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
def test_a_change_shows_in_the_next_read(rules: Server) -> None:
    before = rules.get("/api/25/rules/mine")

    rules.post("/api/25/rules/mine", json={"displayName": "Another"})

    after = rules.get("/api/25/rules/mine", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert after.json["data"]["rules"][0]["displayName"] == "Another"  # type: ignore[index]  # JSON
