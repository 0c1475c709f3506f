"""Where API accounts are searched, and by what; nothing of their tokens but the times is a key."""

from dataclasses import replace
from typing import Final

from sqlalchemy import case

from app.core.context import Actor
from app.store.accounts import ACCOUNT_COLUMNS, read_account
from app.store.keys import Key
from app.store.sources import Table
from app.store.tables import AccountRow

_TEXTS: Final = ("id", "name", "description", "status", "authorizationType", "tenants", "owner")
_DATES: Final = (
    *("createdAt", "updatedAt", "creationDate", "expirationDate", "tokenGenerationDate"),
    "lastAuthenticationDate",
)
SEARCH_KEYS: Final = (*(Key(name) for name in _TEXTS), *(Key(name, "date") for name in _DATES))

ACCOUNTS_TABLE: Final = Table(
    id=AccountRow.id.expression,
    columns={
        "id": AccountRow.id.expression,
        "name": AccountRow.name.expression,
        "description": AccountRow.description.expression,
        "status": case((AccountRow.enabled.is_(True), "enabled"), else_="disabled"),
        "authorizationType": AccountRow.authorization.expression,
        "tenants": AccountRow.zones.expression,
        "owner": AccountRow.owner.expression,
        "createdAt": AccountRow.created.expression,
        "updatedAt": case((AccountRow.updated == 0, AccountRow.created), else_=AccountRow.updated),
        "creationDate": AccountRow.created.expression,
        "expirationDate": AccountRow.expires.expression,
        "tokenGenerationDate": AccountRow.token_created.expression,
        "lastAuthenticationDate": AccountRow.last_used.expression,
    },
    selected=ACCOUNT_COLUMNS,
    read=lambda row: read_account(row[1:]),
    conditions=(AccountRow.deleted.is_(None), AccountRow.kind == "public"),
)


def accounts_of(actor: Actor) -> Table:
    """Give where somebody finds the accounts of their own: those whose owner they are."""
    owner = actor.id if actor.kind == "user" else ""
    return replace(ACCOUNTS_TABLE, conditions=(*ACCOUNTS_TABLE.conditions, AccountRow.owner == owner))
