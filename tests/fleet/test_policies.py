"""Policies as a tenant changes: what is followed equals what is read anew, and two requests at once agree."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from typing import Any

from app.boot import Installation
from app.changes.change import Edit
from app.changes.following import Followers
from app.core.clock import now_ms
from app.core.context import Actor, Context
from app.fleet.policies.bundling import bundling
from app.fleet.policies.sources import SOURCES, Sources
from app.fleet.policies.telling import tell_node
from app.resources.reports.service import take_reports
from app.store.nodes import Node, put_node
from app.store.policies import told_history
from app.store.reports import run_history
from tests.fleet.bundles.configurations import file_section
from tests.installations import as_account, submit

NODE = Context("default", Actor(id="n-1", kind="node", handle="node:n-1"))


def directive(name: str, content: str, *, action: Any = "create") -> Edit:
    parameters = {"section": {"name": "sections", "sections": [file_section(f"/etc/{name}", content)]}}
    fields_of = {"displayName": name, "techniqueName": "fileManagement", "parameters": parameters}
    return Edit("directive", name, action, fields_of if action == "create" else {"parameters": parameters})


def rule(name: str, *directives: str) -> Edit:
    return Edit("rule", name, "create", {"displayName": name, "directives": [*directives], "targets": ["special:all"]})


def add_node(opened: Installation) -> Node:
    node = Node(id="n-1", hostname="n-1.example.com", created=1, accepted=1)
    with opened.database.writing("default") as connection:
        return put_node(connection, "default", node, is_new=True, now_ms=now_ms())


def values(sources: Sources) -> dict[str, Any]:
    named = (one.name for one in fields(Sources) if not one.name.startswith("_"))
    return {name: getattr(sources, name) for name in named if name != "changes"}  # how often, not what


def test_what_is_followed_after_each_change_is_what_a_new_process_reads(installation: Installation) -> None:
    node = add_node(installation)
    changes: list[list[Edit]] = [
        [directive("d-1", "one"), directive("d-2", "two"), rule("r-1", "d-1", "d-2")],
        [Edit("parameter", "p", "create", {"value": None}), directive("d-1", "${rudder.param.p}", action="modify")],
        [Edit("parameter", "p", "modify", {"value": {"a": 1}, "description": "x"})],
        [Edit("setting", "run_frequency", "create", {"value": 30})],
        [Edit("rule", "r-1", "modify", {"enabled": False})],
        [Edit("rule", "r-1", "modify", {"enabled": True, "displayName": "Other"})],
        [Edit("directive", "d-2", "delete")],
        [Edit("parameter", "p", "delete")],
        [Edit("rule", "r-1", "delete")],
    ]
    hashes = []
    for edits in changes:
        submit(installation, *edits)
        work = installation.work(as_account())
        with bundling(work) as bundler:
            hashes.append(bundler.bundle(node).hash)
        fresh = Followers().get(work.session, SOURCES)

        assert values(work.derived(SOURCES)) == values(fresh)
        work.release()
    # A rule that is off and one that is gone come to the same, and so does another name.
    assert (hashes[4], hashes[5]) == (hashes[8], hashes[3])
    assert len(set(hashes)) == len(hashes) - 2


def test_two_requests_of_one_node_at_once_are_told_one_serial(installation: Installation) -> None:
    add_node(installation)
    submit(installation, directive("d-1", "one"), rule("r-1", "d-1"))

    def fetch(_: int) -> int:
        work = installation.work(NODE)
        try:
            return tell_node(work, "n-1").told.serial
        finally:
            work.release()

    with ThreadPoolExecutor(8) as pool:
        serials = set(pool.map(fetch, range(16)))

    work = installation.work(NODE)
    assert len(serials) == 1
    assert [one.serial for one in told_history(work.session, "n-1", before=2**62, most=9)] == list(serials)
    work.release()


def test_one_run_that_is_handed_in_twice_at_once_is_kept_once(installation: Installation) -> None:
    add_node(installation)
    run = {"id": "r", "serial": 1, "bundle": "0" * 64, "start": 1, "end": 2, "results": []}

    def send(_: int) -> Any:
        return take_reports(installation.work(NODE), "n-1", {"runs": [run]})["added"]

    with ThreadPoolExecutor(4) as pool:
        added = list(pool.map(send, range(8)))

    work = installation.work(NODE)
    assert sorted(added) == [0] * 7 + [1]
    assert len(run_history(work.session, "n-1", before=2**62, most=9)) == 1
    work.release()
