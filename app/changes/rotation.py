"""New keys for old ones: signing goes on under another id, and secrets are encrypted anew."""

from collections.abc import Callable

from app.changes.recording import Fact
from app.changes.tenants import log_act
from app.core.context import Context
from app.core.faults import fault_point
from app.core.tenancy import SYSTEM_TENANT
from app.core.values import dataclass
from app.store.db import Database
from app.store.resealing import seal_again
from app.store.secrets import KeyRing, rotate_key

ENCRYPTION = "encryption"


@dataclass(frozen=True, slots=True)
class Rotated:
    """The new key's id, and how many secrets were encrypted under it."""

    key_id: str
    sealed_again: int


def rotate(database: Database, ring: KeyRing, purpose: str, clock: Callable[[], int]) -> Rotated:
    """Make a new key active, log it, and for the encryption key encrypt every secret anew.

    The old key stays, for signatures made with it and for processes that still encrypt with it. Where this ends in the
    middle, the secrets left over are read with the old key, and the worker encrypts them anew.
    """
    ctx = Context.system(SYSTEM_TENANT, f"Rotation of the {purpose} key")
    with database.writing_everywhere("rotation of a key") as connection:
        now = clock()
        rotated = rotate_key(connection, ring, purpose, now_ms=now)
        fault_point("key.made")
        key_id = rotated.active[purpose]
        replaced = ring.active[purpose]
        fact = Fact(type="KeyRotated", kind="key", id=key_id, name=key_id, data={"purpose": purpose, "from": replaced})
        log_act(connection, ctx, fact, now)
    fault_point("key.active")
    return Rotated(key_id, seal_again(database, rotated) if purpose == ENCRYPTION else 0)
