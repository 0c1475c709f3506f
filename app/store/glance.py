"""One look at the database for a whole request: whom its token names, and the document that its path names."""

from sqlalchemy import Connection, and_, bindparam, select

from app.core.values import dataclass
from app.store.accounts import HOLDER_COLUMNS, OF_TOKEN, Holder, find_by_hash
from app.store.documents import Stored
from app.store.prepared import Prepared
from app.store.rows import is_guarded
from app.store.session import Seen
from app.store.tables import AccountRow, DocumentRow, Tenant

# The tenant is that of the token, for the document too.
_BOTH = Prepared(
    select(
        *HOLDER_COLUMNS,
        Tenant.seq,
        Tenant.fleet_epoch,
        DocumentRow.name,
        DocumentRow.body,
        DocumentRow.blob,
        DocumentRow.revision,
        DocumentRow.commit_id,
        DocumentRow.created,
        DocumentRow.updated,
    )
    .join_from(AccountRow, Tenant, Tenant.id == AccountRow.tenant)
    .outerjoin(
        DocumentRow,
        and_(
            DocumentRow.tenant == AccountRow.tenant,
            DocumentRow.kind == bindparam("kind"),
            DocumentRow.id == bindparam("id"),
        ),
    )
    .where(*OF_TOKEN)
)
_HELD = len(HOLDER_COLUMNS)


@dataclass(slots=True)
class Glance:
    """The document that a request asks for; `seen` is what was found, if it was looked for at all."""

    kind: str
    id: str
    seen: Seen | None = None


def find_at_a_glance(connection: Connection, hashed: str, glance: Glance | None) -> Holder | None:
    """Look up the account of a token's hash as `find_by_hash` does, and the document along with it.

    Where the database guards the rows of each tenant by itself, the document is left to who may see only that tenant's.
    """
    if glance is None or is_guarded(connection):
        return find_by_hash(connection, hashed)
    rows = _BOTH.rows(connection, {"hash": hashed, "kind": glance.kind, "id": glance.id})
    if not rows:
        return None
    row = rows[0]
    seq, epoch, name, *rest = row[_HELD:]
    if name is not None:
        glance.seen = Seen(glance.kind, glance.id, Stored(glance.kind, glance.id, name, *rest), seq, epoch)
    return Holder(*row[:_HELD])
