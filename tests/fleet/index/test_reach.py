"""What a change set reaches, before and after it."""

from typing import Any

import pytest

from app.boot import Installation
from app.changes.change import Edit
from app.changes.review.reach import Nodes
from app.core.context import Context
from app.fleet.fleet import Fleet
from app.fleet.reach import FleetReach
from app.store.nodes import Node, put_node
from app.store.writes import lock_tenant
from tests.installations import as_account, submit

DEFAULT = "default"


def add_nodes(opened: Installation, **systems: str) -> None:
    with opened.database.writing(DEFAULT) as connection:
        lock_tenant(connection, DEFAULT)
        for node_id, system in systems.items():
            node = Node(id=node_id, hostname=node_id, created=1, inventory={"os": {"name": system}})
            put_node(connection, DEFAULT, node, is_new=True, now_ms=1)


def query(attribute: str, value: str, object_type: str = "node") -> Any:
    line = {"objectType": object_type, "attribute": attribute, "comparator": "eq", "value": value}
    return {"select": "node", "composition": "and", "where": [line]}


@pytest.fixture
def fleet(installation: Installation) -> Installation:
    add_nodes(installation, n1="Debian", n2="Debian", n3="Ubuntu")
    directive = {"displayName": "Message", "techniqueName": "motdConfiguration"}
    submit(
        installation,
        Edit("directive", "d-1", "create", directive),
        Edit("group", "g-1", "create", {"displayName": "One", "query": query("nodeId", "n3")}),
        Edit("group", "g-2", "create", {"displayName": "Two", "query": query("nodeGroupId", "g-1", "group")}),
        Edit("group", "g-3", "create", {"displayName": "Fixed", "dynamic": False, "nodeIds": ["n1", "n9"]}),
        Edit("rule", "r-1", "create", {"displayName": "R", "directives": ["d-1"], "targets": ["group:g-2"]}),
        Edit("rule", "r-2", "create", {"displayName": "S", "directives": ["d-1"], "targets": ["special:all"]}),
        Edit("rule", "r-3", "create", {"displayName": "T", "directives": [], "targets": ["group:g-3"]}),
    )
    return installation


def test_a_rewritten_query_reaches_the_nodes_that_it_loses_and_gains(fleet: Installation) -> None:
    work = fleet.work(as_account())
    edit = Edit("group", "g-1", "modify", {"query": query("osName", "Debian")})
    changes = work.preview([edit]).changes

    (touched,) = Fleet.of(work).touched(changes)
    around = Fleet.of(work).rules_around(changes, ["n1", "n3", "none"])

    assert (touched.before, touched.after) == (Nodes(frozenset({"n3"})), Nodes(frozenset({"n1", "n2"})))
    assert touched.rules == {"r-1"}
    assert around == {"n1": (["r-2"], ["r-1", "r-2"]), "n3": (["r-1", "r-2"], ["r-2"])}
    assert Fleet.of(work).nodes_of("r-1") == ["n3"]
    work.submit([edit])
    assert Fleet.of(work).nodes_of("r-1") == ["n1", "n2"]
    work.release()


def test_directives_and_rules_reach_what_their_targets_have(fleet: Installation) -> None:
    work = fleet.work(as_account())
    edits = [
        Edit("directive", "d-1", "modify", {"priority": 3}),
        Edit("rule", "r-3", "modify", {"displayName": "Renamed"}),
        Edit("rule", "r-1", "delete"),
    ]

    directive, rule, gone = Fleet.of(work).touched(work.preview(edits).changes)

    everyone = frozenset({"n1", "n2", "n3", "root"})
    assert (directive.before, directive.after) == (Nodes(everyone, frozenset({"special:all"})),) * 2
    assert directive.rules == {"r-1", "r-2"}
    assert rule.both == Nodes(frozenset({"n1", "n9"}))
    assert (gone.before.ids, gone.after) == ({"n3"}, Nodes())
    work.release()


def test_where_a_node_stands(fleet: Installation) -> None:
    work = fleet.work(as_account())

    standing = Fleet.of(work).node("n3")

    assert (standing.groups, standing.rules) == (("all-nodes", "g-1", "g-2"), ("r-1", "r-2"))
    (directive,) = standing.directives
    assert (directive.id, directive.priority, directive.rules) == ("d-1", 5, ("r-1", "r-2"))
    work.release()


def test_another_process_catches_up_by_the_numbers(fleet: Installation) -> None:
    work = fleet.work(Context.system(DEFAULT, "test"))
    assert Fleet.of(work).members("g-1") == ["n3"]
    work.release()

    with fleet.database.writing(DEFAULT) as connection:
        lock_tenant(connection, DEFAULT)
        gone = Node(id="n3", hostname="n3", status="deleted", created=1)
        put_node(connection, DEFAULT, gone, is_new=False, now_ms=2)

    assert Fleet.of(work).members("g-1") == []
    many = {f"m{number}": "Debian" for number in range(300)}
    add_nodes(fleet, **many)
    assert len(Fleet.of(work).members("all-nodes")) == 303
    work.release()


def test_reviews_see_whom_a_change_set_reaches(fleet: Installation) -> None:
    work = fleet.work(as_account())
    edit = Edit("group", "g-1", "modify", {"query": query("osName", "Debian")})
    (change,) = work.preview([edit]).changes
    (touched,) = FleetReach(fleet.database, fleet.followers).reached(DEFAULT, [change], {})
    work.release()

    before, after = touched.before, touched.after
    assert (before.ids, after.ids) == ({"n3"}, {"n1", "n2"})
    assert (before.are_in("g-2"), before.are_in("g-3"), before.are_in("g-none")) == (True, False, False)
    assert (after.are_in("g-2"), after.are_in("g-3")) == (True, True)
    free = ["special:all", "special:all_exceptPolicyServers", "group:all-nodes", "group:g-1", "group:g-2"]
    assert not before.are_supervised(free)
    assert after.are_supervised(free)
    assert before.are_supervised(free[:-1])
    assert Nodes(unseen=frozenset({"special:all"})).are_supervised(free)
    assert not Nodes().are_supervised([])


def test_what_was_accepted_before_in_the_same_batch_counts(fleet: Installation) -> None:
    work = fleet.work(as_account())
    (group,) = work.preview([Edit("group", "g-1", "modify", {"query": query("osName", "Debian")})]).changes
    (rule,) = work.preview([Edit("rule", "r-1", "modify", {"longDescription": "More"})]).changes
    work.release()

    (touched,) = FleetReach(fleet.database, fleet.followers).reached(DEFAULT, [rule], {("group", "g-1"): group.after})

    assert (touched.before.ids, touched.after.ids) == ({"n1", "n2"}, {"n1", "n2"})
