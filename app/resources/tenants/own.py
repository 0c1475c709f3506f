"""What people do about their own tenant: register one, look at it, renew its key, end it."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from app.changes.operating import Deed
from app.changes.recording import Fact
from app.changes.tenants import Tenants, Wanted, get_tenant, log_act, new_key, read_key
from app.changes.work import Work
from app.core.canonical import Document
from app.core.clock import rfc3339
from app.core.context import SYSTEM, Context
from app.core.errors import ForbiddenError, InvalidError, UnauthenticatedError
from app.core.tenancy import SYSTEM_TENANT, tenant_id
from app.people.callers import grant_of_caller
from app.people.logins import begin_login
from app.people.members import check_email, found
from app.people.passwords import check_password, hash_password
from app.store.logins import end_logins_in
from app.store.tenants import Purpose, TenantRecord, find_key

CLOSED = "Registration is closed on this server; ask its operator for a tenant"


def refuse_closed(work: Work) -> None:
    """Refuse to register anybody where the operator does not want it.

    Raises:
        ForbiddenError: registration is closed.
    """
    if not work.terms.registration:
        raise ForbiddenError(CLOSED)


def register(work: Work, email: str, password: str) -> Document:
    """Make a tenant for somebody who is nobody's yet: usable, with key and tokens, when this returns.

    Raises:
        InvalidError: naming the fields that are wrong, both of them at once.
    """
    _check(email, password)
    hashed, tokens = hash_password(password), Document()
    tenants = _tenants(work)
    local = email.rpartition("@")[0]

    def settle(connection: Connection, tenant: str, now: int) -> Sequence[Fact]:
        user, fact = found(connection, tenant, email=email, password_hash=hashed, now_ms=now)
        _, pair = begin_login(connection, tenants.ring, user, now)
        tokens.update(pair)
        return (fact,)

    wanted = Wanted(
        id=lambda suffix: tenant_id(local, suffix),
        name=lambda suffix: f"{local}_{suffix}",
        record=TenantRecord(id="", name=""),
        settle=settle,
    )
    ctx = Context(SYSTEM_TENANT, SYSTEM, source=work.ctx.source, reason="Registration")
    made = tenants.create(ctx, wanted)
    return {
        "client": _short(made.record),
        "apiKey": made.api_key,
        "access": tokens["access"],
        "refresh": tokens["refresh"],
    }


def show(work: Work) -> Document:
    """Show the caller's tenant; its secrets only to whoever may do everything in it."""
    tenant, ring = work.ctx.tenant, work.committer.ring
    with work.committer.database.connect(work.ctx.tenant) as connection:
        record = get_tenant(connection, tenant)
        full = _is_administrator(connection, work)
        keys = {purpose: find_key(connection, tenant, purpose) for purpose in _PURPOSES} if full else {}
    shown = {purpose: read_key(ring, key) for purpose, key in keys.items() if key is not None}
    return {
        **_short(record),
        "apiKey": shown.get("api"),
        "serverRegistrationToken": shown.get("registration"),
        **{name: record.limit(name) for name in ("maxUsers", "maxVariables", "maxModules")},
        "createdAt": rfc3339(record.created),
        "updatedAt": rfc3339(record.updated),
    }


def rotate_key(work: Work) -> Document:
    """Renew the tenant's key; the one before, and every login of its people, end with this."""
    tenants = _tenants(work)

    def act(connection: Connection, now: int) -> Deed:
        tenant = work.ctx.tenant
        key = new_key(connection, tenants.ring, tenant, "api", now)
        end_logins_in(connection, tenant)
        record = get_tenant(connection, tenant)
        fact = Fact(type="KeyRotated", kind="tenant", id=tenant, name=record.name)
        log_act(connection, replace(work.ctx, actor=SYSTEM, credential=None), fact, now)
        return Deed(facts=(fact,), answer={"apiKey": key}, id=tenant, once=True)

    return work.operate(act)


def end(work: Work) -> Document:
    """Delete the caller's tenant for good, with everything in it.

    Raises:
        UnauthenticatedError, ForbiddenError: the caller is no person, or not one who may do everything in it.
    """
    if work.ctx.actor.kind != "user":
        raise UnauthenticatedError("Only a person ends a tenant; send your token as Authorization: Bearer")
    with work.committer.database.connect(work.ctx.tenant) as connection:
        if not _is_administrator(connection, work):
            raise ForbiddenError("Only who may do everything in a tenant may end it; ask one of its administrators")
    work.session.release()
    ctx = Context(SYSTEM_TENANT, SYSTEM, source=work.ctx.source, reason="Ended by its own people")
    _tenants(work).delete(ctx, work.ctx.tenant)
    work.terms.removed(work.ctx.tenant)
    return {}


_PURPOSES: tuple[Purpose, ...] = ("api", "registration")


def _tenants(work: Work) -> Tenants:
    return Tenants(work.committer.database, work.committer.ring, work.committer.clock, work.terms.suffix)


def _check(email: str, password: str) -> None:
    fields: dict[str, list[str]] = {}
    for check, given in ((check_email, (email,)), (check_password, (password, email))):
        try:
            check(*given)
        except InvalidError as fault:
            fields.update(fault.fields)
    if fields:
        raise InvalidError("; ".join(text for texts in fields.values() for text in texts), fields=fields)


def _is_administrator(connection: Connection, work: Work) -> bool:
    return grant_of_caller(connection, work.ctx, work.committer.clock()).holds_everything


def _short(record: TenantRecord) -> Document:
    return {"id": record.id, "name": record.name, "schema": record.id, "state": record.state}
