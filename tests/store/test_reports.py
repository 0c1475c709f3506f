"""How long runs are kept: a configured time, the newest of each node always, and none of nodes that are gone."""

from dataclasses import replace

from app.boot import Installation
from app.store.nodes import Node, put_node
from app.store.reports import Run, add_runs, drop_old_runs, last_runs, run_history
from app.store.session import TenantSession


def run(node: str, name: str, time: int) -> Run:
    return Run(id=name, node=node, started=time, ended=time, received=time, serial=1, bundle="b", counts={"error": 1})


def kept(opened: Installation, node: str) -> list[str]:
    session = TenantSession(opened.database, "default")
    try:
        return [one.id for one in run_history(session, node, before=2**62, most=99)]
    finally:
        session.release()


def test_old_runs_go_but_for_the_newest_of_each_node_that_is_there(installation: Installation) -> None:
    gone = Node(id="n-gone", hostname="g", created=1, accepted=1)
    with installation.database.writing("default") as connection:
        for name in ("n-1", "n-2"):
            put_node(connection, "default", Node(id=name, hostname=name, created=1, accepted=1), is_new=True, now_ms=1)
        put_node(connection, "default", gone, is_new=True, now_ms=1)
        add_runs(connection, "default", [run("n-1", "a", 10), run("n-1", "b", 20), run("n-1", "c", 30)])
        add_runs(connection, "default", [run("n-2", "d", 5)])
        add_runs(connection, "default", [run("n-gone", "e", 5)])
        put_node(connection, "default", replace(gone, status="deleted"), is_new=False, now_ms=2)

    with installation.database.writing_everywhere("test of chores") as connection:
        dropped = drop_old_runs(connection, received_before=25)

    assert dropped == 3
    assert (kept(installation, "n-1"), kept(installation, "n-2"), kept(installation, "n-gone")) == (["c"], ["d"], [])
    session = TenantSession(installation.database, "default")
    assert {node: one.id for node, one in last_runs(session, ["n-1", "n-2", "n-gone"]).items()} == {
        "n-1": "c",
        "n-2": "d",
    }
    session.release()
