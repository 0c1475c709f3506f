"""Compares the present documents and the tenant's row with what the log leaves behind."""

import hashlib

from sqlalchemy import Connection

from app.verify.events import Row
from app.verify.fault import LOST, Fault
from app.verify.log import Known, Walk
from app.verify.rows import DOCUMENTS, rows


def check_documents(connection: Connection, walk: Walk) -> int:
    """Check each row of `documents`, and that none is missing; answers how many there are.

    Raises:
        Fault: names the first document that differs.
    """
    left = dict(walk.documents)
    count = 0
    with rows(connection, DOCUMENTS, tenant=walk.tenant) as found:
        for row in found:
            name = f"{row['kind']} '{row['id']}'"
            known = left.pop((row["kind"], row["id"]), None)
            if known is None:
                raise Fault(f"Document {name} of tenant '{walk.tenant}' exists, but the log has none there; {LOST}")
            for said in _differences(row, known):
                left_by = f"is not as event {known.seq} left it"
                raise Fault(f"Document {name} of tenant '{walk.tenant}' {left_by}: {said} differs; {LOST}")
            count += 1
    for (kind, document_id), known in sorted(left.items()):
        raise Fault(
            f"Document {kind} '{document_id}' of tenant '{walk.tenant}' is missing, but event {known.seq} wrote it; "
            f"{LOST}"
        )
    return count


def check_tenant(row: Row, walk: Walk) -> None:
    """Check that the tenant's row names the last event.

    Raises:
        Fault: it names another.
    """
    tenant = walk.tenant
    if row["seq"] != walk.seq:
        raise Fault(
            f"The log of tenant '{tenant}' ends at event {walk.seq}, but its last event is {row['seq']} by the "
            f"tenant's row; {LOST}"
        )
    for name, said in (("hash", walk.hash), ("head", walk.head), ("time", walk.time)):
        if row[name] != said:
            raise Fault(f"The row of tenant '{tenant}' names {name} {row[name]}, but its log ends in {said}; {LOST}")


def _differences(row: Row, known: Known) -> list[str]:
    checks = {
        "its body": hashlib.sha256(row["body"].encode()).digest() == known.body,
        "its blob": row["blob"] == known.blob,
        "its revision": row["revision"] == known.revision,
        "its commit": row["commit_id"] == known.commit,
        "its name": row["name"] == known.name,
        "the time of its change": row["updated"] == known.time,
    }
    return [name for name, holds in checks.items() if not holds]
