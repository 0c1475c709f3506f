"""Encrypting what lies in the database under the key that is active now."""

from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import select, update

from app.core.faults import fault_point
from app.store.db import Database
from app.store.notice_tables import WebhookRow
from app.store.secrets import KeyRing
from app.store.tables import SecretRow, TenantKeyRow
from app.store.webhooks import secret_tag

PART = 200


class Sealed(NamedTuple):
    """Ciphertexts in a column of a table with `tenant`: beside which id, under which key, and to what each is bound."""

    table: Any
    id: str
    bound: Callable[[str], str]
    ciphertext: str = "ciphertext"
    key: str = "key_id"


SEALED = (
    Sealed(SecretRow, "tag", lambda tag: tag),
    Sealed(TenantKeyRow, "purpose", lambda purpose: f"key:{purpose}"),
    Sealed(WebhookRow, "id", secret_tag, "secret", "secret_key"),
    Sealed(WebhookRow, "id", secret_tag, "former", "former_key"),
)
"""Everything that the key ring encrypted."""


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
    named, text, key = (getattr(table, name) for name in (sealed.id, sealed.ciphertext, sealed.key))
    with database.writing_everywhere("secrets under a new key") as connection:
        stale = select(table.tenant, named, text, key).where(key != active, text.is_not(None)).limit(PART)
        rows = connection.execute(stale).fetchall()
        for tenant, name, ciphertext, key_id in rows:
            bound = sealed.bound(name)
            fresh, fresh_id = ring.seal(tenant, bound, ring.unseal(tenant, bound, ciphertext, key_id))
            # Whoever wrote another one meanwhile wins.
            same = (table.tenant == tenant, named == name, text == ciphertext)
            connection.execute(update(table).where(*same).values({sealed.ciphertext: fresh, sealed.key: fresh_id}))
        if rows:
            fault_point("secrets.sealed")
    if rows:
        fault_point("secrets.kept")
    return len(rows)
