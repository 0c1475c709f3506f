"""Instances as documents: merged and checked against image, node and owner under the lock."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from app.changes.change import Change, Edit
from app.changes.kinds import Kind, View, laid_over
from app.core.canonical import JSON, Document
from app.core.errors import ConflictError, InvalidError
from app.fleet.hosting.ports import read_ports
from app.fleet.hosting.variables import check_given, secrets_of, wrong
from app.resources.instances.placing import check_limits, check_place
from app.store.documents import Stored
from app.store.keys import Key

DEFAULTS: Mapping[str, JSON] = {
    "name": "",
    "nodeId": "",
    "imageId": "",
    "owner": "",
    "access": [],
    "memory": 0,
    "cpu": 0,
    "disk": 0,
    "ports": "",
    "primary": "",
    "variables": {},
    "suspended": False,
}
MOST_MEMORY: Final = 2**31 - 1
MOST_CPU: Final = 4096
_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_FIXED: Final = ("nodeId", "imageId")


def guard_instance(present: Stored, edit: Edit, _view: View) -> None:
    """Leave a suspended instance as it is until it is unsuspended; it may be deleted, or put back as a whole.

    Raises:
        ConflictError: it is suspended.
    """
    if edit.action == "delete" or edit.cascaded or edit.whole or present.document["suspended"] is not True:
        return
    kept = {name: value for name, value in edit.fields.items() if present.document.get(name) != value}
    if kept and edit.fields.get("suspended") is not False:
        raise ConflictError(
            f"Instance '{present.id}' is suspended and stays as it is; send suspended=false first, or with the change"
        )


def judge_instance(present: Stored | None, edit: Edit, view: View) -> Document:
    """Merge an edit of an instance and check it against its image.

    Raises:
        InvalidError: naming the member and what is wrong with it.
    """
    if present is None and _ID.fullmatch(edit.id) is None:
        raise wrong("id", f"'{edit.id[:80]}' cannot name a unit of a node; use 1 to 64 of a-z, 0-9 and -")
    instance = laid_over(DEFAULTS, present, edit, view)
    if present is not None and not edit.whole:
        moved = next((name for name in _FIXED if instance[name] != present.document[name]), None)
        if moved is not None:
            raise wrong(moved, f"of instance '{edit.id}' stays '{present.document[moved]}'; deploy another instance")
    _check_numbers(instance)
    _check_ports(instance)
    image = view.find("image", str(instance["imageId"]))
    if image is None:
        raise wrong("imageId", f"Image '{str(instance['imageId'])[:80]}' was not found; GET /images lists them")
    instance["variables"] = check_given(image.document, instance["variables"])
    return instance


def _check_numbers(instance: Document) -> None:
    memory, cpu, disk = instance["memory"], instance["cpu"], instance["disk"]
    if not isinstance(memory, int) or isinstance(memory, bool) or not 1 <= memory <= MOST_MEMORY:
        raise wrong("memory", f"must be a whole number of MiB from 1 to {MOST_MEMORY}")
    if not isinstance(cpu, int | float) or isinstance(cpu, bool) or not 0 < cpu <= MOST_CPU:
        raise wrong("cpu", f"must be a number of cores above 0, at most {MOST_CPU}")
    if not isinstance(disk, int | float) or isinstance(disk, bool) or not 0 <= disk <= MOST_MEMORY:
        raise wrong("disk", "must be a number of MiB from 0 on; 0 means unknown")


def _check_ports(instance: Document) -> None:
    ports, primary = str(instance["ports"]), str(instance["primary"])
    mappings = read_ports(ports)
    if not primary.strip():
        return
    wanted = read_ports(primary, field="primary")
    if len(wanted) != 1 or not any(
        one == wanted[0] if ":" in primary else wanted[0].host == one.host for one in mappings
    ):
        raise wrong("primary", f"'{primary[:40]}' is not one of the ports '{ports[:200]}'")


def secret_paths(instance: Document, view: View) -> Iterable[tuple[str | int, ...]]:
    """Name the values of secret variables."""
    image = view.find("image", str(instance["imageId"]))
    values = instance["variables"]
    if image is not None and isinstance(values, dict):
        for name in sorted(secrets_of(image.document) & values.keys()):
            yield ("variables", name)


def check_instance(change: Change, view: View) -> None:
    """Demand that node, owner and those with access are of the tenant, and that it fits where that is demanded.

    Raises:
        InvalidError: naming what is not there, or does not fit.
    """
    if change.after is None:
        return
    after = change.after.document
    before: Document = {} if change.before is None else change.before.document
    people = {str(after["owner"]), *_texts(after["access"])} - {
        str(before.get("owner", "")),
        *_texts(before.get("access")),
    }
    unknown = sorted(people - view.people(sorted(people)))
    if unknown:
        text = f"User '{unknown[0][:80]}' was not found; GET /users lists those that exist"
        field = "owner" if unknown[0] == after["owner"] else "access"
        raise InvalidError(f"{field}: {text}", fields={field: [text]})
    if change.before is None:
        node = view.node(str(after["nodeId"]))
        if node is None or node.status != "accepted" or node.is_policy_server:
            text = f"Node '{str(after['nodeId'])[:80]}' was not found among the accepted ones; GET /nodes lists them"
            raise InvalidError(f"nodeId: {text}", fields={"nodeId": [text]})
    if any(after[name] != before.get(name) for name in ("memory", "cpu", "ports", "owner")):
        check_limits(change.id, after, view)
        check_place(change.id, after, view)


def _texts(value: JSON) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def needs(edit: Edit) -> Iterable[tuple[str, str]]:
    """Name the image."""
    image = edit.fields.get("imageId")
    return (("image", image),) if isinstance(image, str) else ()


INSTANCE = Kind(
    name="instance",
    label="Instance",
    judge=judge_instance,
    guard=guard_instance,
    check=check_instance,
    needs=needs,
    secret_paths=secret_paths,
    keys=(
        Key("name"),
        Key("nodeId"),
        Key("imageId"),
        Key("owner"),
        Key("access", many=True),
        Key("memory", "number"),
        Key("cpu", "number"),
        Key("suspended", "flag"),
    ),
    unknown="Instance '{id}' was not found; GET /instances lists those that exist",
)
