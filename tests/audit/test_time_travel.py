"""Time travel over random edits of every kind, and a walk of the log while others write to it."""

from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import text

from app.boot import Installation
from tests.chained_events import write_events
from tests.installations import Server, configured, open_for_test
from tests.log_walk import walk_among_writers
from tests.random_changes import change_at_random, documents_of

PATHS = {
    "rule": "rules/{}",
    "ruleCategory": "rules/categories/{}",
    "directive": "directives/{}",
    "group": "groups/{}",
    "groupCategory": "groups/categories/{}",
    "parameter": "parameters/{}",
    "image": "images/{}",
    "instance": "instances/{}",
    "setting": "settings/{}",
}


def path_of(kind: str, document_id: str) -> str:
    if kind == "technique":
        name, _, version = document_id.partition(":")
        return f"/api/25/techniques/{name}/{version}"
    return "/api/25/" + PATHS[kind].format(document_id)


def changed(opened: Installation) -> list[Any]:
    with opened.database.everywhere("test") as connection:
        statement = "SELECT * FROM events WHERE tenant = 'default' AND commit_id IS NOT NULL AND seq > 1 ORDER BY seq"
        return list(connection.execute(text(statement)))


def test_every_revision_of_random_edits_is_shown_byte_for_byte(server: Server) -> None:
    opened, random = server.opened, Random(20)
    states = []
    for _ in range(6):
        change_at_random(opened, random, 50)
        states.append((head_of(opened), documents_of(opened)))

    events = changed(opened)
    assert len(events) >= 300
    wrong = [one.seq for one in events if not is_as_logged(server, one)]
    assert wrong == []
    for commit_id, documents in states[::2]:
        for (kind, document_id), body in documents.items():
            if kind != "setting":
                answer = server.get(path_of(kind, document_id), query_string={"at": commit_id})
                assert body in answer.get_data(as_text=True), (kind, document_id, commit_id)
    gone = {(one.object_kind, one.object_id) for one in events} - set(documents_of(opened))
    assert gone
    for kind, document_id in sorted(gone):
        answer = server.get(f"{path_of(kind, document_id)}/history")
        assert answer.get_json()["data"]["history"][0]["type"].endswith("Deleted")


def head_of(opened: Installation) -> str:
    with opened.database.everywhere("test") as connection:
        return str(connection.execute(text("SELECT head FROM tenants WHERE id = 'default'")).scalar_one())


def is_as_logged(server: Server, one: Any) -> bool:
    """Ask for a document as of the commit of an event, and compare with what the event holds."""
    if one.object_kind == "setting":
        return server.get(f"/api/25/events/{one.seq}").status_code == 200
    answer = server.get(path_of(one.object_kind, one.object_id), query_string={"at": one.commit_id})
    if one.after is None:
        return answer.status_code == 404
    return answer.status_code == 200 and one.after in answer.get_data(as_text=True)


def test_a_walk_by_cursor_sees_each_event_once_while_four_writers_append(
    migrated_sqlite_url: str, template_keys: Path, tmp_path: Path
) -> None:
    config = configured(migrated_sqlite_url, template_keys, tmp_path / "data")
    with open_for_test(config) as opened:
        server = Server(config, opened)
        last = write_events(opened, 3_000)[-1]

        walk = walk_among_writers(server, page=100)

    assert walk.seqs == list(range(walk.seqs[0], 0, -1))
    assert walk.seqs[0] > last
    assert sorted(walk.written) == list(range(last + 2, last + 2 + len(walk.written)))
    assert walk.written[-1] > walk.seqs[0]
