"""What can be done to API accounts; each write is one row and one event in one transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from sqlalchemy import Connection

from app.changes.operating import Deed
from app.changes.recording import Fact
from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.clock import now_ms
from app.core.diff import field_diff
from app.core.errors import AlreadyExistsError, ForbiddenError, InvalidError, NotFoundError
from app.core.ids import new_id
from app.http.rights import covers, grant_of
from app.people.callers import grant_of_caller, is_active_user
from app.resources.accounts.shape import account_json, check_account_id, check_new_id, one_month_after, patched
from app.store import accounts as store
from app.store.accounts import Account, new_token, token_hash
from app.store.people import is_username_used

KIND = "account"
Edited = Callable[[Connection, Account, int], Account]


def list_accounts(work: Work) -> list[Account]:
    """Read the accounts of the tenant, by id; those of the system are not shown.

    Raises:
        NotFoundError: there is no such tenant.
    """
    work.session.head()
    return [account for account in store.list_accounts(work.session) if _is_shown(account)]


def get_account(work: Work, account_id: str) -> Document:
    """Show an account.

    Raises:
        InvalidError: no account can have this id.
        NotFoundError: there is none.
    """
    account = store.find_account(work.session, check_account_id(account_id))
    if account is None or not _is_shown(account):
        raise _missing(account_id)
    return account_json(account)


def get_caller(work: Work) -> Document:
    """Show the account whose token was sent, the system's too.

    Raises:
        NotFoundError: the caller is no account.
    """
    account = store.find_account(work.session, work.ctx.actor.id) if work.ctx.actor.kind == "account" else None
    if account is None:
        raise _missing(work.ctx.actor.id)
    return account_json(account)


def create_account(work: Work, fields: Mapping[str, JSON]) -> Document:
    """Make an account; the answer shows its token, this once.

    Raises:
        AlreadyExistsError: the id is, or was, another account's.
        ForbiddenError: the account would have rights that the caller lacks.
    """
    given = fields.get("id")
    account_id = check_new_id(str(given)) if given not in (None, "") else new_id()
    token = new_token() if fields.get("generateToken", True) else None

    def act(connection: Connection, now: int) -> Deed:
        tenant = work.ctx.tenant
        if store.is_used(connection, tenant, account_id) or is_username_used(connection, tenant, account_id):
            raise _taken(connection, tenant, account_id)
        expires = one_month_after(now)
        blank = Account(tenant=tenant, id=account_id, name="", created=now, expires=expires)
        account = replace(patched(blank, fields, now), owner=_owner(connection, work, fields))
        if token is not None:
            account = _with_token(account, token, now)
        _check_may_give(connection, work, account)
        store.insert_account(connection, account)
        data = _shown_data(account)
        return _deed("CreateAPIAccount", account, data, account_json(account, token), once=token is not None)

    return work.operate(act)


def update_account(work: Work, account_id: str, fields: Mapping[str, JSON]) -> Document:
    """Change what was given.

    Raises:
        NotFoundError: there is no such account.
        ForbiddenError: the account would have rights that the caller lacks.
    """

    def edited(connection: Connection, account: Account, now: int) -> Account:
        after = patched(account, fields, now)
        if fields.get("owner") is None:
            return after
        return replace(after, owner=_checked_owner(connection, work, str(fields["owner"])))

    return _modify(work, account_id, edited)


def drop_token(work: Work, account_id: str) -> Document:
    """Take an account's token away; it can be given another."""
    return _modify(
        work, account_id, lambda _on, account, _now: replace(account, token_hash=None, token_created=None), gives=False
    )


def renew_token(work: Work, account_id: str) -> Document:
    """Give an account a new token, shown this once; the one before opens nothing any more.

    Raises:
        NotFoundError: there is no such account.
        ForbiddenError: the account has rights that the caller lacks.
    """
    check_account_id(account_id)
    token = new_token()

    def act(connection: Connection, now: int) -> Deed:
        account = _with_token(_locked(connection, work, account_id), token, now)
        _check_may_give(connection, work, account)
        store.update_account(connection, account)
        return _deed("TokenCreated", account, None, account_json(account, token), once=True)

    return work.operate(act)


def delete_account(work: Work, account_id: str) -> Document:
    """End an account for good and show it a last time; its id is never given again.

    Raises:
        NotFoundError: there is no such account.
    """
    check_account_id(account_id)

    def act(connection: Connection, now: int) -> Deed:
        account = _locked(connection, work, account_id)
        store.delete_account(connection, work.ctx.tenant, account_id, now_ms=now)
        return _deed("DeleteAPIAccount", account, None, account_json(account))

    return work.operate(act)


def _modify(work: Work, account_id: str, edited: Edited, *, gives: bool = True) -> Document:
    check_account_id(account_id)

    def act(connection: Connection, now: int) -> Deed:
        before = _locked(connection, work, account_id)
        after = edited(connection, before, now)
        changes = field_diff(_shown_data(before), _shown_data(after))
        if not changes:
            return Deed(facts=(), answer=account_json(before), id=account_id)
        if gives:
            _check_may_give(connection, work, after)
        store.update_account(connection, after)
        listed: list[JSON] = [{"path": one.path, "old": one.old, "new": one.new} for one in changes]
        return _deed("ModifyAPIAccount", after, {"changes": listed}, account_json(after))

    return work.operate(act)


def _check_may_give(connection: Connection, work: Work, account: Account) -> None:
    """Refuse to hand out what the caller does not have: its own token would be a way to more rights."""
    mine = grant_of_caller(connection, work.ctx, now_ms())
    if not covers(mine, grant_of(account.authorization, account.acl)):
        raise ForbiddenError(
            f"API account '{account.id}' would have rights that '{work.ctx.actor.handle}' does not have itself; "
            "give it no more than your own, or ask an account with authorizationType 'rw'"
        )


def _owner(connection: Connection, work: Work, fields: Mapping[str, JSON]) -> str | None:
    """Give the owner that was named, or else the caller's person."""
    if fields.get("owner") is not None:
        return _checked_owner(connection, work, str(fields["owner"]))
    if work.ctx.actor.kind == "user":
        return work.ctx.actor.id
    caller = store.lock_account(connection, work.ctx.tenant, work.ctx.actor.id)
    return None if caller is None else caller.owner


def _checked_owner(connection: Connection, work: Work, owner: str) -> str:
    """Return the id of a person who can answer for an account.

    Raises:
        InvalidError: there is no such person, or they are shut out.
    """
    if is_active_user(connection, work.ctx.tenant, owner):
        return owner
    text = f"User '{owner[:80]}' was not found among the active users of this tenant; send an id of GET /users"
    raise InvalidError(text, fields={"owner": [text]})


def _locked(connection: Connection, work: Work, account_id: str) -> Account:
    account = store.lock_account(connection, work.ctx.tenant, account_id)
    if account is None or not _is_shown(account):
        raise _missing(account_id)
    return account


def _with_token(account: Account, token: str, now: int) -> Account:
    return replace(account, token_hash=token_hash(token), token_created=now)


def _is_shown(account: Account) -> bool:
    return account.kind == "public"


def _missing(account_id: str) -> NotFoundError:
    return NotFoundError(
        f"API account '{account_id}' was not found; GET /apiaccounts lists those that exist",
        rudder=f"API account with ID '{account_id}' was not found",
    )


def _taken(connection: Connection, tenant: str, account_id: str) -> AlreadyExistsError:
    if is_username_used(connection, tenant, account_id):
        return AlreadyExistsError(f"'{account_id}' is, or was, the name of a person; choose another id")
    if store.lock_account(connection, tenant, account_id) is None:
        return AlreadyExistsError(
            f"API account ID '{account_id}' was that of an account which is deleted, and an id is never given again; "
            "choose another id"
        )
    rudder = f"Error: an account with id {account_id} already exists"
    text = f"API account '{account_id}' already exists; choose another id, or change it with POST"
    return AlreadyExistsError(text, rudder=rudder)


def _shown_data(account: Account) -> Document:
    return {name: value for name, value in account_json(account).items() if value is not None}


Happening = Literal["CreateAPIAccount", "ModifyAPIAccount", "DeleteAPIAccount", "TokenCreated"]


def _deed(
    happening: Happening, account: Account, data: Document | None, answer: Document, *, once: bool = False
) -> Deed:
    facts: Sequence[Fact] = (Fact(type=happening, kind=KIND, id=account.id, name=account.name, data=data),)
    return Deed(facts=facts, answer=answer, id=account.id, once=once)
