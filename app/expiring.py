"""Deleting what has expired: parameters that were made until a time."""

from typing import Final

from app.boot import Installation
from app.changes.change import Edit
from app.core.context import Context
from app.core.errors import SternpostError
from app.core.logs import LOG
from app.store.expired import list_expired

KINDS: Final = ("parameter",)


def delete_expired(opened: Installation, tenant: str, now_ms: int) -> None:
    """Delete what is past its time in a tenant, by a change like any other; what is refused is tried again later."""
    work = opened.work(Context.system(tenant, "It expired"))
    try:
        for kind in KINDS:
            edits = [Edit(kind, one, "delete") for one in list_expired(work.session, kind, now_ms)]
            if edits:
                work.submit(edits)
    except SternpostError as refusal:
        LOG.warning("expired documents stay", tenant=tenant, reason=refusal.message)
    finally:
        work.release()
