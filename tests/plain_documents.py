"""Documents of any kind without the rules of their resources, for tests of what lies below these."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import insert

from app.boot import Installation
from app.changes.change import Edit, Outcome
from app.changes.committer import Committer
from app.changes.kinds import Kind, laid_over
from app.changes.tenants import copy_tenant
from app.core.canonical import Document
from app.core.clock import now_ms
from app.core.context import Context
from app.store.documents import Stored
from app.store.format1 import FOLDERS
from app.store.log import NO_HASH
from app.store.tables import Tenant
from tests.installations import as_account


def _judge(present: Stored | None, edit: Edit, view: Any) -> Document:
    return laid_over({}, present, edit, view)


KINDS = tuple(
    Kind(name=name, label=name.capitalize(), judge=_judge, name_field="displayName", unknown=f"{name} {{id}} unknown")
    for name in FOLDERS
)


def plain_committer(opened: Installation, clock: Callable[[], int] = now_ms) -> Committer:
    return Committer(opened.database, KINDS, opened.committer.ring, clock=clock)


def commit(opened: Installation, *edits: Edit, ctx: Context | None = None) -> Outcome:
    return plain_committer(opened).submit(ctx or as_account(), edits)


def create(document_id: str, kind: str = "rule", **fields: Any) -> Edit:
    return Edit(kind, document_id, "create", {"displayName": document_id.upper(), **fields})


def modify(document_id: str, kind: str = "rule", **fields: Any) -> Edit:
    return Edit(kind, document_id, "modify", fields)


def delete(document_id: str, kind: str = "rule") -> Edit:
    return Edit(kind, document_id, "delete")


def copied_tenant(opened: Installation, tenant: str, edits: Sequence[Edit]) -> Context:
    """Put documents into the public catalogue and copy it into a new tenant."""
    plain_committer(opened).submit(Context.system("public", "catalogue"), edits)
    row = {"id": tenant, "name": tenant.upper(), "state": "ACTIVE", "read_only": False, "created": 0}
    with opened.database.writing_everywhere("test") as connection:
        connection.execute(insert(Tenant), [{**row, "seq": 0, "time": 0, "head": None, "hash": NO_HASH}])
    copy_tenant(opened.database, Context.system(tenant, "copy"), "public", now_ms)
    return as_account("ci2", tenant=tenant)
