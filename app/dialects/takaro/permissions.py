"""The one table between permissions, as root-level routes call them, and our rights."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from app.core.canonical import JSON, Document
from app.core.rights import RIGHTS, all_of, read_of
from app.dialects.takaro.ids import named_uuid


class Permission(NamedTuple):
    """One permission: what it is called, and the rights that it is."""

    title: str
    description: str
    rights: frozenset[str]


_KINDS: Final[Mapping[str, str]] = {
    "USERS": "user",
    "ROLES": "role",
    "SETTINGS": "administration",
    "VARIABLES": "parameter",
    "EVENTS": "event",
    "RULES": "rule",
    "DIRECTIVES": "directive",
    "TECHNIQUES": "technique",
    "GROUPS": "group",
    "NODES": "node",
    "PARAMETERS": "parameter",
    "IMAGES": "image",
    "INSTANCES": "instance",
}
_REQUESTS: Final = ("validator", "deployer")


def _pairs() -> Iterable[tuple[str, Permission]]:
    for name, kind in _KINDS.items():
        word = name.lower()
        yield f"READ_{name}", Permission(f"Read {word}", f"Can see {word}", read_of(kind))
        yield f"MANAGE_{name}", Permission(f"Manage {word}", f"Can create, change and delete {word}", all_of(kind))


PERMISSIONS: Final[Mapping[str, Permission]] = {
    "ROOT": Permission("Root", "May do everything", RIGHTS),
    **dict(_pairs()),
    "READ_CHANGE_REQUESTS": Permission("Read change requests", "Can see change requests", read_of(*_REQUESTS)),
    "MANAGE_CHANGE_REQUESTS": Permission(
        "Manage change requests",
        "Can see and edit change requests",
        read_of(*_REQUESTS) | {f"{kind}_edit" for kind in _REQUESTS},
    ),
    "REVIEW_CHANGES": Permission("Review changes", "Can approve and decline change requests", all_of("validator")),
    "DEPLOY_CHANGES": Permission("Deploy changes", "Can deploy approved change requests", all_of("deployer")),
}
IDS: Final[Mapping[str, str]] = {name: named_uuid("permission", name) for name in PERMISSIONS}
BY_ID: Final[Mapping[str, str]] = {one: name for name, one in IDS.items()}


def permission_json(name: str) -> Document:
    """Show a permission."""
    one = PERMISSIONS[name]
    return {
        "id": IDS[name],
        "permission": name,
        "friendlyName": one.title,
        "description": one.description,
        "canHaveCount": False,
    }


def shown_permissions(rights: frozenset[str]) -> list[JSON]:
    """List what a set of rights amounts to: every permission of which nothing is missing; of everything, ROOT alone."""
    names = (
        ["ROOT"]
        if rights >= RIGHTS
        else [name for name, one in PERMISSIONS.items() if name != "ROOT" and one.rights <= rights]
    )
    return [{"permissionId": IDS[name], "count": 0, "permission": permission_json(name)} for name in names]


def rights_of_permissions(ids: Iterable[str]) -> frozenset[str]:
    """Give the rights that permissions are together; each id is in `BY_ID`."""
    return frozenset().union(*(PERMISSIONS[BY_ID[one]].rights for one in ids))
