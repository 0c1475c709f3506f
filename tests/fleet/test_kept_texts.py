"""Texts of what a rule comes to are kept for as long as they hold."""

import pytest

from app.boot import Installation
from app.changes.change import Edit
from app.fleet.fleet import Fleet
from tests.installations import Server, as_account, submit

pytestmark = pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)


def _texts(installation: Installation) -> dict[str, tuple[str, bytes]]:
    work = installation.work(as_account())
    try:
        return Fleet.of(work).texts
    finally:
        work.release()


@pytest.fixture
def listed(server: Server) -> Server:
    """Give a server that has shown two rules."""
    rules = [Edit("rule", name, "create", {"displayName": name, "targets": ["group:g"]}) for name in ("a", "b")]
    submit(server.opened, Edit("group", "g", "create", {"displayName": "g"}), *rules)
    assert server.get("/api/25/rules").status_code == 200
    return server


def test_the_text_of_a_rule_outlives_a_change_of_another(listed: Server) -> None:
    before = _texts(listed.opened)

    submit(listed.opened, Edit("rule", "a", "modify", {"displayName": "another"}))

    assert _texts(listed.opened) is before
    assert {"a", "b"} <= set(before)


def test_no_text_outlives_what_it_is_made_of(listed: Server) -> None:
    before = _texts(listed.opened)

    submit(listed.opened, Edit("group", "g", "modify", {"enabled": False}))

    assert _texts(listed.opened) == {}
    assert before != {}


def test_the_text_of_a_deleted_rule_goes(listed: Server) -> None:
    submit(listed.opened, Edit("rule", "a", "delete", {}))

    assert "a" not in _texts(listed.opened)
    assert "b" in _texts(listed.opened)
