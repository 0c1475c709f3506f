"""Brings what documents can be found by up to date with what their kinds declare."""

import hashlib
from collections.abc import Callable, Iterable

from sqlalchemy import Connection

from app.changes.kinds import Kind
from app.store.db import Database
from app.store.declared import declared_digests, replace_values, tenants_with_documents, write_digest
from app.store.writes import lock_tenant, read_all

METHOD = "1"
"""Counts up when the same keys give other values."""

Progress = Callable[[str], None]


def bring_values_up_to_date(database: Database, kinds: Iterable[Kind], progress: Progress) -> None:
    """List the values of every document of the kinds whose keys have changed; does nothing when none has.

    Tenant by tenant under its lock, so that writers wait only for their own; when it is killed, the next start begins
    the kind again.
    """
    with database.connect() as connection:
        known = declared_digests(connection)
    changed = [(kind, digest) for kind in kinds if known.get(kind.name) != (digest := _digest(kind))]
    if not changed:
        return
    with database.everywhere("values of documents") as connection:
        holders = tenants_with_documents(connection, [kind.name for kind, _ in changed])
    held = {name for name, _ in holders}
    with database.writing() as connection:
        for kind, digest in changed:
            if kind.name not in held:
                write_digest(connection, kind.name, digest)
    for kind, digest in changed:
        if kind.name in held:
            _bring_up_to_date(database, kind, [tenant for name, tenant in holders if name == kind.name], progress)
            with database.writing() as connection:
                write_digest(connection, kind.name, digest)


def _bring_up_to_date(database: Database, kind: Kind, tenants: Iterable[str], progress: Progress) -> None:
    for tenant in tenants:
        with database.writing(tenant) as connection:
            if lock_tenant(connection, tenant) is not None and _list_again(connection, tenant, kind):
                progress(f"Listed what each {kind.label.lower()} of tenant '{tenant}' can be found by")


def _digest(kind: Kind) -> str:
    keys = "".join(f"\n{key.name} {key.type} {key.many} {key.stored} {key.derived}" for key in kind.keys)
    return hashlib.sha256((METHOD + keys).encode()).hexdigest()


def _list_again(connection: Connection, tenant: str, kind: Kind) -> bool:
    listed = ((stored.id, kind.values(stored.document)) for stored in read_all(connection, tenant, kind.name))
    return replace_values(connection, tenant, kind.name, listed)
