"""Encrypting what lies in the database under the key that is active now."""

from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import select, update

from app.store.db import Database
from app.store.secrets import KeyRing
from app.store.tables import SecretRow, TenantKeyRow

PART = 200


class Sealed(NamedTuple):
    """A table with `tenant`, `ciphertext` and `key_id`, the rest of its key, and what each value is bound to."""

    table: Any
    column: str
    bound: Callable[[str], str]


SEALED = (
    Sealed(SecretRow, "tag", lambda tag: tag),
    Sealed(TenantKeyRow, "purpose", lambda purpose: f"key:{purpose}"),
)
"""Every table that holds ciphertexts of the key ring."""


def seal_again(database: Database, ring: KeyRing) -> int:
    """Encrypt anew what lies under another key than the active one, a part at a time; answers how many.

    It may end anywhere and run twice: a value is replaced by the same value.
    """
    count = 0
    for sealed in SEALED:
        while done := _part(database, ring, sealed):
            count += done
    return count


def _part(database: Database, ring: KeyRing, sealed: Sealed) -> int:
    table, active = sealed.table, ring.active["encryption"]
    column = getattr(table, sealed.column)
    with database.writing_everywhere("secrets under a new key") as connection:
        stale = select(table.tenant, column, table.ciphertext, table.key_id).where(table.key_id != active).limit(PART)
        rows = connection.execute(stale).fetchall()
        for tenant, name, ciphertext, key_id in rows:
            bound = sealed.bound(name)
            fresh, fresh_id = ring.seal(tenant, bound, ring.unseal(tenant, bound, ciphertext, key_id))
            same = (table.tenant == tenant, column == name, table.key_id == key_id)
            connection.execute(update(table).where(*same).values(ciphertext=fresh, key_id=fresh_id))
    return len(rows)
