"""An independent check that log, documents and git agree, by plain SQL, git itself and docs/format-1.md."""

import hashlib
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rfc8785
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from app.boot import KINDS

NOTHING = "0" * 64


@dataclass(frozen=True)
class State:
    """What a tenant holds: its head, its newest seq, the commits in order and the documents."""

    head: str | None
    seq: int
    commits: list[str]
    documents: dict[tuple[str, str], dict[str, Any]]

    @property
    def ids(self) -> set[str]:
        """Name the documents."""
        return {document_id for _, document_id in self.documents}


def check(url: str, repository: Path | None = None, tenant: str = "default") -> State:
    """Assert that the tenant's log is whole and gives exactly its documents, fields and (when given) repository."""
    with _reading(url) as connection:
        events = list(_rows(connection, "SELECT * FROM events WHERE tenant = :tenant ORDER BY seq", tenant))
        [head] = _rows(connection, "SELECT seq, time, head, hash FROM tenants WHERE id = :tenant", tenant)
        stored = list(_rows(connection, "SELECT * FROM documents WHERE tenant = :tenant", tenant))
        fields = list(
            _rows(connection, "SELECT kind, id, field, text FROM document_fields WHERE tenant = :tenant", tenant)
        )
        replayed = _replay(connection, events)
    _check_chain(events, head)
    commits = list(dict.fromkeys(event["commit_id"] for event in events if event["commit_id"]))
    assert head["head"] == (commits[-1] if commits else None), "the head is the newest commit"
    present = {(row["kind"], row["id"]): row for row in stored}
    facts = ("body", "revision")
    assert {key: tuple(row[fact] for fact in facts) for key, row in present.items()} == replayed
    _check_fields(present, fields)
    if repository is not None:
        _check_git(repository, commits, present)
    return State(head["head"], head["seq"], commits, {key: json.loads(row["body"]) for key, row in present.items()})


def canonical_event(row: dict[str, Any]) -> bytes:
    """Write an event as docs/format-1.md says, with an independent RFC 8785 library."""
    named = row["object_id"] is not None
    return rfc8785.dumps(
        {
            "actor": {"handle": row["actor_handle"], "id": row["actor_id"], "kind": row["actor_kind"]},
            "after": json.loads(row["after"]) if row["after"] else None,
            "before": row["before"],
            "changeRequest": json.loads(row["change_request"]) if row["change_request"] else None,
            "commit": row["commit_id"],
            "credential": row["credential"],
            "data": json.loads(row["data"]) if row["data"] else None,
            "format": 1,
            "object": {"id": row["object_id"], "kind": row["object_kind"], "name": row["object_name"]}
            if named
            else None,
            "onBehalfOf": json.loads(row["on_behalf_of"]) if row["on_behalf_of"] else None,
            "outcome": row["outcome"],
            "privateDigest": row["private_digest"],
            "reason": row["reason"],
            "requestId": row["request_id"],
            "revision": row["revision"],
            "seq": row["seq"],
            "tenant": row["tenant"],
            "time": row["time"],
            "type": row["type"],
        }
    )


def git(repository: Path, *arguments: str) -> str:
    """Run git on a bare repository and give what it prints."""
    command = ["git", "-c", "safe.directory=*", "--git-dir", str(repository), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _check_chain(events: list[dict[str, Any]], head: dict[str, Any]) -> None:
    assert [event["seq"] for event in events] == list(range(1, head["seq"] + 1)), "seqs have no gap"
    last, time = NOTHING, 0
    for event in events:
        assert event["prev_hash"] == last, f"event {event['seq']} follows the one before"
        last = hashlib.sha256(last.encode() + canonical_event(event)).hexdigest()
        assert event["hash"] == last, f"event {event['seq']} has the hash of its content"
        assert event["time"] >= time, "time never goes back"
        time = event["time"]
    assert head["hash"] == last, "the tenant's hash is that of its newest event"


def _replay(connection: Connection, events: list[dict[str, Any]]) -> dict[tuple[str, str], tuple[str, int]]:
    """Give the bodies and revisions that the log comes to."""
    documents: dict[tuple[str, str], tuple[str, int]] = {}
    for event in events:
        key = (event["object_kind"], event["object_id"])
        if event["type"] == "TenantCreated":
            documents.update(_base(connection, json.loads(event["data"])))
        elif event["commit_id"]:
            before = documents.pop(key, None)
            assert event["before"] == (hashlib.sha256(before[0].encode()).hexdigest() if before else None)
            if event["after"] is not None:
                documents[key] = (event["after"], event["revision"])
                assert event["revision"] == (before[1] + 1 if before else 1), "a revision is never left out"
    return documents


def _base(connection: Connection, origin: dict[str, Any]) -> dict[tuple[str, str], tuple[str, int]]:
    if origin["base"] is None:
        return {}
    log = _rows(connection, "SELECT * FROM events WHERE tenant = :tenant ORDER BY seq", origin["base"])
    return _replay(connection, [event for event in log if event["seq"] <= origin["seq"]])


def _check_fields(present: dict[tuple[str, str], dict[str, Any]], rows: list[dict[str, Any]]) -> None:
    kinds = {kind.name: kind for kind in KINDS}
    declared = sorted(
        (kind, document_id, name, value)
        for (kind, document_id), row in present.items()
        for name, value, _ in kinds[kind].values(json.loads(row["body"]))
    )
    assert sorted((row["kind"], row["id"], row["field"], row["text"]) for row in rows) == declared


def _check_git(repository: Path, commits: list[str], present: dict[tuple[str, str], dict[str, Any]]) -> None:
    if not commits:
        return
    history = git(repository, "log", "--format=%H %P", "--reverse", "refs/heads/main").splitlines()
    parents = [None, *commits[:-1]]
    assert history == [f"{own} {parent or ''}" for own, parent in zip(commits, parents, strict=True)], (
        "a linear history"
    )
    listed = [line.partition("\t") for line in git(repository, "ls-tree", "-r", "refs/heads/main").splitlines()]
    assert sorted(about.split()[2] for about, _, _ in listed) == sorted(row["blob"] for row in present.values())
    for row in list(present.values())[:50]:
        assert json.loads(git(repository, "cat-file", "blob", row["blob"])) == json.loads(row["body"])
    assert git(repository, "fsck", "--strict", "--no-dangling") == ""


@contextmanager
def _reading(url: str) -> Iterator[Connection]:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"), poolclass=NullPool)
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            connection.execute(text("SET LOCAL sternpost.tenant = '*'"))  # the checks look at every tenant
        yield connection


def _rows(connection: Connection, statement: str, tenant: str) -> Iterator[dict[str, Any]]:
    return (dict(row) for row in connection.execute(text(statement), {"tenant": tenant}).mappings())
