"""What can be done to roles: those of the system stay, but what everybody may do is the tenant's to say."""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection

from app.changes.operating import Deed
from app.changes.recording import Fact
from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.errors import AlreadyExistsError, ConflictError, InvalidError, NotFoundError
from app.core.ids import new_id
from app.core.rights import contract, expand
from app.people import role_shapes as shapes
from app.people.guards import check_may_give_rights
from app.people.role_shapes import SYSTEM_ROLES, role_json
from app.store import roles as store
from app.store.people import lock_users
from app.store.roles import EVERYONE, Role

KIND = "role"
RESERVED = "search"
"""An id that a path of the API has."""


def list_roles(work: Work) -> list[Document]:
    """Show every role, by id."""
    work.session.head()
    return shapes.list_roles(work.session)


def get_role(work: Work, role_id: str) -> Document:
    """Show a role; ids are found in any case.

    Raises:
        NotFoundError: there is none.
    """
    for role in list_roles(work):
        if str(role["id"]).casefold() == role_id.casefold():
            return role
    raise _missing(role_id)


def create_role(work: Work, fields: Mapping[str, JSON]) -> Document:
    """Make a role.

    Raises:
        AlreadyExistsError: the id or the name is another role's, in any case.
        InvalidError: a right that does not exist.
        ForbiddenError: it would hold rights that the caller lacks.
    """

    def act(connection: Connection, now: int) -> Deed:
        role_id = str(fields.get("id") or new_id())
        if role_id.casefold() == RESERVED:
            text = f"Role id '{role_id}' is reserved; choose another id"
            raise InvalidError(text, fields={"id": [text]})
        blank = Role(tenant=work.ctx.tenant, id=role_id, name="", created=now, updated=now)
        role = _edited(connection, work, blank, fields, now)
        own = store.own_roles(connection, work.ctx.tenant)
        if role_id.casefold() in {*own, *SYSTEM_ROLES}:
            raise AlreadyExistsError(f"Role '{role_id}' already exists; choose another id, or change it with POST")
        store.insert_role(connection, role)
        return _deed("RoleAdded", role, {"rights": [*role.rights]})

    return work.operate(act)


def update_role(work: Work, role_id: str, fields: Mapping[str, JSON]) -> Document:
    """Change a role; whoever has it may do so from their next request on.

    Raises:
        NotFoundError: there is none.
        ConflictError: it belongs to the system, or the name is another role's.
        InvalidError: a right that does not exist.
        ForbiddenError: it would hold rights that the caller lacks.
    """

    def act(connection: Connection, now: int) -> Deed:
        before = _locked(connection, work, role_id, now)
        wanted = {name: value for name, value in fields.items() if name != "id"}
        if before.id == EVERYONE:
            wanted = {name: value for name, value in wanted.items() if name in ("rights", "description")}
        after = _edited(connection, work, before, wanted, now)
        if replace(after, updated=before.updated) == before:
            return Deed(facts=(), answer=role_json(before), id=before.id)
        known = before.id.casefold() in store.own_roles(connection, work.ctx.tenant)
        (store.update_role if known else store.insert_role)(connection, after)
        return _deed("RoleModified", after, {"rights": [*after.rights]})

    return work.operate(act)


def delete_role(work: Work, role_id: str) -> Document:
    """Drop a role that nobody has, and show it a last time.

    Raises:
        NotFoundError: there is none.
        ConflictError: it belongs to the system, or people have it.
    """

    def act(connection: Connection, now: int) -> Deed:
        role = _locked(connection, work, role_id, now)
        if role.id == EVERYONE:
            raise ConflictError(f"Role '{EVERYONE}' belongs to the system and cannot be deleted; take its rights away")
        holders = [user.username for user in lock_users(connection, work.ctx.tenant) if role.id in user.roles]
        if holders:
            shown = ", ".join(holders[:5])
            raise ConflictError(f"Role '{role.id}' is held by {len(holders)} people ({shown}); take it from them first")
        store.delete_role(connection, work.ctx.tenant, role.id)
        return _deed("RoleDeleted", role, None)

    return work.operate(act)


def _locked(connection: Connection, work: Work, role_id: str, now: int) -> Role:
    folded = role_id.casefold()
    own = store.own_roles(connection, work.ctx.tenant).get(folded)
    if own is not None:
        return own
    if folded == EVERYONE:
        return Role(tenant=work.ctx.tenant, id=EVERYONE, name=EVERYONE, created=now, updated=now)
    if folded in SYSTEM_ROLES:
        raise ConflictError(f"Role '{role_id}' belongs to the system and stays as it is; make one of your own instead")
    raise _missing(role_id)


def _edited(connection: Connection, work: Work, role: Role, fields: Mapping[str, JSON], now: int) -> Role:
    given = fields.get("rights")
    rights = expand(map(str, given)) if isinstance(given, list) else expand(role.rights)
    check_may_give_rights(connection, work, rights - expand(role.rights), now)
    name = str(fields.get("name", role.name))
    own = store.own_roles(connection, work.ctx.tenant).values()
    names = {*SYSTEM_ROLES, *(one.name.casefold() for one in own if one.id != role.id)} - {role.id.casefold()}
    if name.casefold() in names:
        raise AlreadyExistsError(f"Another role is called '{name}'; choose another name")
    description = str(fields.get("description", role.description))
    return replace(role, name=name, description=description, rights=contract(rights) if rights else (), updated=now)


def _missing(role_id: str) -> NotFoundError:
    return NotFoundError(f"Role '{role_id[:80]}' was not found; GET /roles lists those that exist")


def _deed(happening: str, role: Role, data: Document | None) -> Deed:
    facts = (Fact(type=happening, kind=KIND, id=role.id, name=role.name, data=data),)
    return Deed(facts=facts, answer=role_json(role), id=role.id)
