"""Time travel over random edits of every kind, and a walk of the log while others write to it."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import text

from app.boot import Installation
from app.config import Config
from app.core.context import Context
from app.store.format1 import FOLDERS
from tests.chained_events import write_events
from tests.installations import Server, configured
from tests.log_walk import walk_among_writers
from tests.random_changes import EVERY_KIND, Documents, change_at_random, documents_of
from tests.review.cast import Cast

EDITS = 300
LISTS = {
    "rule": "rules",
    "directive": "directives",
    "technique": "techniques",
    "group": "groups",
    "parameter": "parameters",
    "image": "images",
    "instance": "instances",
    "team": "teams",
    "reviewPolicy": "reviewPolicies",
}
"""Kinds whose documents are listed as of a moment, with the lists' names."""
CATEGORIES = {"ruleCategory": "rules/categories", "groupCategory": "groups/categories"}


@pytest.fixture
def config(migrated_sqlite_url: str, template_keys: Path, tmp_path: Path) -> Config:
    return configured(migrated_sqlite_url, template_keys, tmp_path / "data")


def path_of(kind: str, document_id: str) -> str:
    if kind == "technique":
        name, _, version = document_id.partition(":")
        return f"techniques/{name}/{version}"
    if kind == "setting":
        return f"settings/{document_id}"
    return f"{LISTS.get(kind) or CATEGORIES[kind]}/{document_id}"


def made_at_random(server: Server) -> list[tuple[str, Documents]]:
    """Make the edits one by one; answers each commit with every document's stored body after it."""
    cast = Cast(server)
    cast.nodes("n-1")
    cast.person("ann")
    opened, random = server.opened, Random(20)
    ctx = Context.system("default", "Random edits")
    states: list[tuple[str, Documents]] = []
    before: Documents = {}
    for _ in range(EDITS):
        change_at_random(opened, random, 1, kinds=EVERY_KIND, ctx=ctx)
        # Most bodies are those of the commit before, and are kept once.
        before = {key: before[key] if before.get(key) == body else body for key, body in documents_of(opened).items()}
        states.append((head_of(opened), before))
    return states


def head_of(opened: Installation) -> str:
    with opened.database.everywhere("test") as connection:
        return str(connection.execute(text("SELECT head FROM tenants WHERE id = 'default'")).scalar_one())


def changed(opened: Installation) -> list[Any]:
    with opened.database.everywhere("test") as connection:
        statement = "SELECT * FROM events WHERE tenant = 'default' AND commit_id IS NOT NULL AND seq > 1 ORDER BY seq"
        return list(connection.execute(text(statement)))


def test_every_document_is_shown_as_of_every_commit_of_random_edits_byte_for_byte(server: Server) -> None:
    states = made_at_random(server)

    assert len({commit_id for commit_id, _ in states}) == EDITS
    assert [path for commit_id, documents in states for path in differing(server, commit_id, documents)] == []
    events = changed(server.opened)
    assert {one.object_kind for one in events} == set(FOLDERS)
    assert [one.seq for one in events if not is_as_logged(server, one)] == []
    gone = {(one.object_kind, one.object_id): one for one in events if one.after is None}
    gone = {key: one for key, one in gone.items() if key not in states[-1][1]}
    assert {kind for kind, _ in gone} >= set(LISTS)
    for (kind, document_id), one in gone.items():
        history = server.get(f"/api/25/{path_of(kind, document_id)}/history").get_json()["data"]["history"]
        assert (history[0]["type"], history[-1]["revision"]) == (one.type, 1)
        (shown,) = server.get(f"/api/25/events/{one.seq}").get_json()["data"]["events"]
        assert (shown["object"]["id"], shown["after"], bool(shown["before"])) == (document_id, None, True)


def differing(server: Server, commit_id: str, documents: Documents) -> list[str]:
    """Ask for every document as of a commit; answers the paths that show other bytes."""
    expected = {f"{path}?at={commit_id}": f'"{path}":[{of_kind(documents, kind)}]' for kind, path in LISTS.items()}
    for (kind, document_id), body in documents.items():
        if kind in CATEGORIES:
            expected[f"{path_of(kind, document_id)}?at={commit_id}"] = body
    wrong = [path for path, body in expected.items() if body not in text_at(server, path)]
    values = json.loads(text_at(server, f"settings?at={commit_id}"))["data"]["settings"]
    settings = [body for (kind, _), body in documents.items() if kind == "setting"]
    return wrong + [body for body in settings if not is_setting(body, values)]


def of_kind(documents: Documents, kind: str) -> str:
    return ",".join(body for (known, _), body in sorted(documents.items()) if known == kind)


def text_at(server: Server, path: str) -> str:
    return server.get(f"/api/25/{path}").get_data(as_text=True)


def is_setting(body: str, values: Any) -> bool:
    """Compare the value that is shown of a setting, of which there is no more to show, with its stored body."""
    stored = json.loads(body)
    return json.dumps(stored["value"]) == json.dumps(values[stored["id"]])


def is_as_logged(server: Server, one: Any) -> bool:
    """Ask for one document as of the commit of an event, and compare with what the event holds."""
    answer = server.get(f"/api/25/{path_of(one.object_kind, one.object_id)}", query_string={"at": one.commit_id})
    if one.object_kind == "setting":
        return is_setting(one.after, answer.get_json()["data"]["settings"])
    if one.after is None:
        return answer.status_code == 404
    return answer.status_code == 200 and one.after in answer.get_data(as_text=True)


def test_a_walk_by_cursor_sees_each_event_once_while_four_writers_append(server: Server) -> None:
    last = write_events(server.opened, 3_000)[-1]

    walk = walk_among_writers(server, page=100)

    assert walk.seqs == list(range(walk.seqs[0], 0, -1))
    assert walk.seqs[0] > last
    assert sorted(walk.written) == list(range(last + 2, last + 2 + len(walk.written)))
    assert walk.written[-1] > walk.seqs[0]
