"""The UUIDs under which root-level routes show what has another id here; derived, so nothing is stored."""

import hashlib
import uuid
from typing import Final

_SPACE: Final = uuid.UUID("5f3c1f0e-6c0b-4a4e-9d0a-7c9f2f6c5b11")
_SEQ_BITS: Final = 62
_HALF: Final = 8
_VARIANT: Final = 0b10


def is_uuid(text: str) -> bool:
    """Tell whether a text is a UUID as they are written here: with dashes, in any case."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def named_uuid(kind: str, name: str) -> str:
    """Give the UUID of something that has a name: the same for the same name."""
    return str(uuid.uuid5(_SPACE, f"{kind}:{name}"))


def role_uuid(role_id: str) -> str:
    """Give the UUID of a role: its own id where that is one."""
    return role_id.lower() if is_uuid(role_id) else named_uuid("role", role_id.casefold())


def event_uuid(tenant: str, seq: int) -> str:
    """Give the UUID of an event: the tenant's digest, and the number, which `seq_of` reads back."""
    made = bytearray(_digest(tenant) + seq.to_bytes(_HALF, "big"))
    made[_HALF] |= 0x80  # the variant of RFC 9562; the digest carries its version 8
    return str(uuid.UUID(bytes=bytes(made)))


def seq_of(tenant: str, text: str) -> int | None:
    """Read the number of an event of this tenant; None for every other UUID."""
    given = uuid.UUID(text).bytes
    if given[:_HALF] != _digest(tenant) or given[_HALF] >> 6 != _VARIANT:
        return None
    return int.from_bytes(given[_HALF:], "big") & ((1 << _SEQ_BITS) - 1)


def _digest(tenant: str) -> bytes:
    start = bytearray(hashlib.sha256(f"event:{tenant}".encode()).digest()[:_HALF])
    start[6] = 0x80 | (start[6] & 0x0F)
    return bytes(start)
