"""API accounts and their tokens; a token is kept as its hash only."""

import hashlib
import secrets
import string
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import orjson
from sqlalchemy import Connection, bindparam, insert, or_, select, update

from app.core.canonical import JSON, canonical
from app.core.values import dataclass
from app.store.prepared import Prepared
from app.store.session import TenantSession, scoped
from app.store.tables import AccountRow, Tenant

Authorization = Literal["none", "ro", "rw", "acl"]

TOKEN_PREFIX = "stp"  # noqa: S105  what every token begins with is no secret
TOKEN_LENGTH = 32
_ALPHABET = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An API account; times are milliseconds, `acl` is `[{"path", "actions"}]`.

    `updated` is 0 until the first change after it was made.
    """

    tenant: str
    id: str
    kind: Literal["public", "system"] = "public"
    name: str
    description: str = ""
    enabled: bool = True
    created: int
    expires: int | None = None
    token_hash: str | None = None
    token_created: int | None = None
    last_used: int | None = None
    authorization: Authorization = "none"
    acl: tuple[Mapping[str, JSON], ...] = ()
    zones: str = "*"
    owner: str | None = None
    updated: int = 0


ACCOUNT_COLUMNS = tuple(column for column in AccountRow.__table__.c if column.name != "deleted")
_NAMES = tuple(column.name for column in ACCOUNT_COLUMNS)
# The one look-up that cannot know its tenant: the token is what names it. It selects no more than it must, because what
# lies around a statement costs by the column.
OF_TOKEN = (AccountRow.token_hash == bindparam("hash"), AccountRow.deleted.is_(None))
HOLDER_COLUMNS = (
    AccountRow.tenant,
    AccountRow.id,
    AccountRow.name,
    AccountRow.owner,
    AccountRow.enabled,
    AccountRow.expires,
    AccountRow.authorization,
    AccountRow.acl,
    Tenant.state,
    Tenant.read_only,
)
_BY_TOKEN = Prepared(select(*HOLDER_COLUMNS).join(Tenant, Tenant.id == AccountRow.tenant).where(*OF_TOKEN))
_ONE = select(*ACCOUNT_COLUMNS).where(AccountRow.id == bindparam("id"), AccountRow.deleted.is_(None))
_ALL = select(*ACCOUNT_COLUMNS).where(AccountRow.deleted.is_(None)).order_by(AccountRow.id)
_USED = select(AccountRow.id).where(AccountRow.id == bindparam("id"))
_TOUCH = (
    update(AccountRow)
    .where(
        AccountRow.tenant == bindparam("b_tenant"),
        AccountRow.id == bindparam("b_id"),
        or_(AccountRow.last_used.is_(None), AccountRow.last_used < bindparam("b_time")),
    )
    .values(last_used=bindparam("b_time"))
)


def new_token() -> str:
    """Make a token: 32 letters and digits, the first ones a prefix that secret scanners recognise."""
    rest = TOKEN_LENGTH - len(TOKEN_PREFIX)
    return TOKEN_PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(rest))


def token_hash(token: str) -> str:
    """Hash a token as it is stored and looked up: `v2:` and the SHA-512 in hex; odd bytes count as they were sent."""
    return "v2:" + hashlib.sha512(token.encode("utf-8", "surrogateescape")).hexdigest()


class Holder(NamedTuple):
    """What a token says of its account, and how its tenant stands; `acl` is JSON, flags may be 0 and 1."""

    tenant: str
    id: str
    name: str
    owner: str | None
    enabled: bool
    expires: int | None
    authorization: Authorization
    acl: str
    state: str
    read_only: bool

    @property
    def entries(self) -> list[Mapping[str, JSON]]:
        """Read the ACL: `[{"path", "actions"}]`."""
        found: list[Mapping[str, JSON]] = orjson.loads(self.acl)
        return found


def find_by_hash(connection: Connection, hashed: str) -> Holder | None:
    """Look up the account of a token's hash, whatever its tenant; expired and disabled ones too."""
    rows = _BY_TOKEN.rows(connection, {"hash": hashed})
    return Holder(*rows[0]) if rows else None


def find_account(session: TenantSession, account_id: str) -> Account | None:
    """Read one account."""
    row = session.find(_ONE, {"id": account_id})
    return None if row is None else read_account(row)


def list_accounts(session: TenantSession) -> list[Account]:
    """Read every account, by id."""
    return [read_account(row) for row in session.rows(_ALL)]


def lock_account(connection: Connection, tenant: str, account_id: str) -> Account | None:
    """Read an account inside a writing transaction that holds the tenant's lock."""
    row = connection.execute(scoped(_ONE), {"tenant": tenant, "id": account_id}).fetchone()
    return None if row is None else read_account(row)


def is_used(connection: Connection, tenant: str, account_id: str) -> bool:
    """Tell whether the id was ever given to an account; ids are never reused."""
    return connection.execute(scoped(_USED), {"tenant": tenant, "id": account_id}).fetchone() is not None


def insert_account(connection: Connection, account: Account) -> None:
    """Add an account."""
    connection.execute(insert(AccountRow), [{**_row(account), "deleted": None}])


def update_account(connection: Connection, account: Account) -> None:
    """Replace an account's row, but for `last_used`, which is noted beside all locks."""
    values = {name: value for name, value in _row(account).items() if name != "last_used"}
    connection.execute(
        update(AccountRow).where(AccountRow.tenant == account.tenant, AccountRow.id == account.id).values(values)
    )


def delete_account(connection: Connection, tenant: str, account_id: str, *, now_ms: int) -> None:
    """End an account for good; its row stays so that its id is never used again, its token's hash does not."""
    connection.execute(
        update(AccountRow)
        .where(AccountRow.tenant == tenant, AccountRow.id == account_id)
        .values(deleted=now_ms, token_hash=None)
    )


def touch_accounts(connection: Connection, used: Mapping[tuple[str, str], int]) -> None:
    """Note when accounts were last used: `{(tenant, id): milliseconds}`."""
    rows = [
        {"b_tenant": tenant, "b_id": account_id, "b_time": time} for (tenant, account_id), time in sorted(used.items())
    ]
    if rows:
        connection.execute(_TOUCH, rows)


def read_account(row: Sequence[Any]) -> Account:
    """Read a row selected by `ACCOUNT_COLUMNS`."""
    return _read(tuple(row))


@lru_cache(maxsize=1024)
def _read(row: tuple[Any, ...]) -> Account:
    """Read the columns of an account; the same columns, read again, are the same value."""
    values = dict(zip(_NAMES, row, strict=True))
    values["acl"] = tuple(orjson.loads(values["acl"]))
    values["enabled"] = bool(values["enabled"])
    return Account(**values)


def _row(account: Account) -> dict[str, object]:
    acl: list[JSON] = [dict(entry) for entry in account.acl]
    return {**{name: getattr(account, name) for name in _NAMES}, "acl": canonical(acl).decode()}
