"""Accounts as values: how one is shown, and what an edit makes of it."""

import calendar
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

from app.core.canonical import JSON, Document
from app.core.clock import rfc3339
from app.core.errors import InvalidError
from app.store.accounts import Account, Authorization

MAX_ID = 200
RESERVED = frozenset({"token", "search", "sternpost", "anonymous"})
"""Ids that a path of the API or an actor of our own has."""
SYSTEM_PREFIX = "system-"

_ID = re.compile(r"[a-zA-Z0-9_-]+")
_ZONES = ("*", "-")


def check_account_id(account_id: str) -> str:
    """Return the id if an account can have it.

    Raises:
        InvalidError: it has other characters.
    """
    if _ID.fullmatch(account_id) is None:
        text = f"'{account_id}' is not a valid API account ID, only [a-zA-Z0-9_-]+ is allowed"
        raise InvalidError(text, fields={"id": [text]})
    return account_id


def check_new_id(account_id: str) -> str:
    """Return the id if a new account may take it.

    Raises:
        InvalidError: it is too long, or somebody's already.
    """
    check_account_id(account_id)
    text = ""
    if len(account_id) > MAX_ID:
        text = f"An API account ID has at most {MAX_ID} characters, not {len(account_id)}; shorten it"
    if account_id in RESERVED or account_id.startswith(SYSTEM_PREFIX):
        text = f"API account ID '{account_id}' is reserved; choose another id"
    if text:
        raise InvalidError(text, fields={"id": [text]})
    return account_id


def account_json(account: Account, token: str | None = None) -> Document:
    """Show an account; `token` is given only where it was just made."""
    return {
        "id": account.id,
        "name": account.name,
        "description": account.description,
        "status": "enabled" if account.enabled else "disabled",
        "creationDate": rfc3339(account.created),
        "expirationPolicy": "never" if account.expires is None else "datetime",
        "expirationDate": _time(account.expires),
        "tokenState": _token_state(account),
        "tokenGenerationDate": _time(account.token_created),
        "lastAuthenticationDate": _time(account.last_used),
        "hasNoUsage": True if account.last_used is None else None,
        "token": token,
        "tenants": account.zones,
        "authorizationType": account.authorization,
        "acl": [dict(entry) for entry in account.acl] if account.authorization == "acl" else None,
        "owner": account.owner,
        "updatedAt": rfc3339(account.updated or account.created),
    }


def patched(account: Account, fields: Mapping[str, JSON], now: int) -> Account:
    """Lay the given fields over an account; the others keep their values.

    Raises:
        InvalidError: a value that needs another one, or names what does not exist.
    """
    authorization, acl = _rights(account, fields)
    return replace(
        account,
        name=str(fields.get("name", account.name)),
        description=str(fields.get("description", account.description)),
        enabled=fields["status"] == "enabled" if "status" in fields else account.enabled,
        expires=_expiry(account, fields, now),
        authorization=authorization,
        acl=acl,
        zones=_zones(fields.get("tenants", account.zones)),
    )


def one_month_after(now: int) -> int:
    """Add a month of the calendar; the 31st becomes the last day of a shorter one."""
    moment = datetime.fromtimestamp(now / 1000, UTC)
    year, month = (moment.year, moment.month + 1) if moment.month < 12 else (moment.year + 1, 1)  # noqa: PLR2004  December
    day = min(moment.day, calendar.monthrange(year, month)[1])
    return int(moment.replace(year=year, month=month, day=day).timestamp()) * 1000


def _expiry(account: Account, fields: Mapping[str, JSON], now: int) -> int | None:
    policy, date = fields.get("expirationPolicy"), fields.get("expirationDate")
    if policy == "never":
        return None
    if isinstance(date, int):
        return date
    if policy == "datetime" and account.expires is None:
        return one_month_after(now)
    return account.expires


def _rights(account: Account, fields: Mapping[str, JSON]) -> tuple[Authorization, tuple[Mapping[str, JSON], ...]]:
    authorization = cast("Authorization", str(fields.get("authorizationType", account.authorization)))
    given = fields.get("acl")
    if authorization == "acl":
        return authorization, merged_acl(given) if isinstance(given, list) else account.acl
    if given:
        text = f"'acl' is only read with authorizationType 'acl', and the account has '{authorization}'; send both"
        raise InvalidError(text, fields={"acl": [text]})
    return authorization, ()


def merged_acl(entries: Iterable[JSON]) -> tuple[Mapping[str, JSON], ...]:
    """Merge the entries of equal paths, verbs in lower case, sorted by path."""
    verbs: dict[str, set[str]] = {}
    for entry in entries:
        if isinstance(entry, dict) and isinstance(entry["actions"], list):
            actions = verbs.setdefault(str(entry["path"]).strip("/"), set())
            actions.update(str(action).lower() for action in entry["actions"])
    merged: list[Mapping[str, JSON]] = []
    for path in sorted(verbs):
        actions_json: list[JSON] = [*sorted(verbs[path])]
        merged.append({"path": path, "actions": actions_json})
    return tuple(merged)


def _zones(value: JSON) -> str:
    zones = str(value)
    if zones not in _ZONES:
        rudder = f"tenant(s) '{zones}' don't exist"
        text = f"{rudder}; use * for all or - for none"
        raise InvalidError(text, fields={"tenants": [text]}, rudder=rudder)
    return zones


def _token_state(account: Account) -> str:
    if account.token_hash is None:
        return "undef"
    return "generatedv2" if account.token_hash.startswith("v2:") else "generatedv1"


def _time(ms: int | None) -> str | None:
    return None if ms is None else rfc3339(ms)
