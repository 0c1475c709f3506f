"""Reports of nodes: taken from the node itself, listed for others."""

from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.clock import rfc3339
from app.core.errors import ForbiddenError, NotFoundError
from app.fleet.compliance.taking import read_runs
from app.fleet.fleet import missing_node
from app.store.nodes import find_node, touch_node
from app.store.reports import Run, add_runs, find_run, run_history


def take_reports(work: Work, node_id: str, body: JSON) -> Document:
    """Keep the runs that a node reports; a run that came before is kept once.

    Raises:
        ForbiddenError: it is not the node itself that reports.
        InvalidError: naming every fault; nothing was kept.
    """
    if work.ctx.actor.kind != "node" or work.ctx.actor.id != node_id:
        raise ForbiddenError(f"Only node '{node_id}' itself reports; send its own token (POST /nodes/{node_id}/token)")
    tenant = work.ctx.tenant
    runs = read_runs(body, node_id, now_ms=work.committer.clock())
    work.session.release()
    with work.session.database.writing(tenant) as connection:
        added = add_runs(connection, tenant, runs)
        if runs:
            touch_node(connection, tenant, node_id, max(run.ended for run in runs))
    return {"received": len(runs), "added": added}


def list_runs(work: Work, node_id: str, *, before: int, most: int) -> list[Document]:
    """List the runs of a node, newest first.

    Raises:
        NotFoundError: there is no such node.
    """
    if find_node(work.session, node_id) is None:
        raise missing_node(node_id)
    return [_shape(run) for run in run_history(work.session, node_id, before=before, most=most)]


def get_run(work: Work, node_id: str, run_id: str) -> Document:
    """Show one run with its results.

    Raises:
        NotFoundError: there is no such node or run.
    """
    if find_node(work.session, node_id) is None:
        raise missing_node(node_id)
    run = find_run(work.session, node_id, run_id)
    if run is None:
        text = f"Node '{node_id}' has no run '{run_id[:100]}'"
        raise NotFoundError(f"{text}; GET /nodes/{node_id}/reports lists those that are kept")
    results: list[JSON] = [{**one._asdict(), "rules": list(one.rules)} for one in run.results]
    return {**_shape(run), "results": results}


def _shape(run: Run) -> Document:
    counts: Document = dict(sorted(run.counts.items()))
    return {
        "id": run.id,
        "serial": run.serial,
        "bundle": run.bundle,
        "startedAt": rfc3339(run.started),
        "endedAt": rfc3339(run.ended),
        "receivedAt": rfc3339(run.received),
        "counts": counts,
    }
