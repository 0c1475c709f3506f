"""Inventories: what a machine says of itself, in a documented form (docs/nodes.md) or as Ansible's facts."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from app.core.canonical import JSON, Document
from app.core.errors import InvalidError
from app.fleet.ansible_facts import find_facts, from_facts

MOST_PARTS: Final = 20_000
LONGEST_TEXT: Final = 10_000

TEXTS: Final = ("architectureDescription", "description", "instanceId")
NUMBERS: Final = ("ram", "swap")
TEXT_LISTS: Final = ("ipAddresses", "accounts")
OBJECTS: Final[Mapping[str, tuple[str, ...]]] = {
    "os": ("type", "name", "version", "fullName", "kernelVersion", "servicePack"),
    "machine": ("id", "type", "provider", "manufacturer", "serialNumber", "motherBoardUuid"),
    "timezone": ("name", "offset"),
}
SECTIONS: Final = (
    *("bios", "controllers", "fileSystems", "managementTechnology", "memories", "networkInterfaces", "ports"),
    *("processes", "processors", "slots", "software", "softwareUpdate", "sound", "storage", "videos"),
    "virtualMachines",
)
VARIABLES: Final = "environmentVariables"
MEMBERS: Final = ("hostname", *TEXTS, *NUMBERS, *TEXT_LISTS, *OBJECTS, VARIABLES, *SECTIONS)

Fault = tuple[str, str]


def read_inventory(given: JSON) -> tuple[str, Document]:
    """Read what a machine sent: its host name, and its inventory as it is stored.

    Raises:
        InvalidError: naming each member that is wrong.
    """
    if not isinstance(given, dict):
        raise _refusal([("inventory", 'is not an object such as {"hostname":"web1.example.org","os":{...}}')])
    facts = find_facts(given)
    sent: Document = given if facts is None else from_facts(facts)
    faults = list(_faults(sent))
    if faults:
        raise _refusal(faults)
    inventory: Document = {name: value for name, value in sent.items() if name != "hostname" and value is not None}
    return str(sent["hostname"]), inventory


def inventory_faults(given: Document) -> list[Fault]:
    """List what is wrong with the members of an inventory: (path, text)."""
    return list(_faults(given))


def _refusal(faults: list[Fault]) -> InvalidError:
    fields: dict[str, list[str]] = {}
    for path, text in faults:
        fields.setdefault(path, []).append(text)
    said = "; ".join(f"{path}: {text}" for path, text in faults[:20])
    return InvalidError(f"The inventory cannot be read: {said}", fields=fields)


def _faults(given: Document) -> Iterator[Fault]:
    host = given.get("hostname")
    if not isinstance(host, str) or not host.strip() or len(host) > 253:  # noqa: PLR2004  the longest name in DNS
        yield "hostname", "is required: the machine's full name, a text of at most 253 characters"
    for name, value in given.items():
        if value is None or name == "hostname":
            continue
        if name not in MEMBERS:
            yield name[:60], f"is no member of an inventory; allowed are: {', '.join(MEMBERS)}"
        else:
            yield from _CHECKS[name](name, value)


def _text(path: str, value: JSON) -> Iterator[Fault]:
    if not isinstance(value, str):
        yield path, "is not a text; put it in quotes"
    elif len(value) > LONGEST_TEXT:
        yield path, f"has {len(value)} characters; at most {LONGEST_TEXT} are taken"


def _number(path: str, value: JSON) -> Iterator[Fault]:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        yield path, "is not a number of MiB; use digits"


def _texts(path: str, value: JSON) -> Iterator[Fault]:
    if not isinstance(value, list):
        yield path, "is not a list of texts"
        return
    yield from _many(path, value)
    for place, one in enumerate(value):
        yield from _text(f"{path}[{place}]", one)


def _object(path: str, value: JSON) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield path, f"is not an object of texts: {', '.join(OBJECTS[path])}"
        return
    for name, held in value.items():
        if name not in OBJECTS[path]:
            yield f"{path}.{name[:60]}", f"is unknown; allowed are: {', '.join(OBJECTS[path])}"
        elif held is not None:
            yield from _text(f"{path}.{name}", held)


def _variables(path: str, value: JSON) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield path, 'is not an object of texts such as {"LANG":"C"}'
        return
    for name, held in value.items():
        yield from _text(f"{path}.{name[:60]}", held)


def _section(path: str, value: JSON) -> Iterator[Fault]:
    if not isinstance(value, list):
        yield path, 'is not a list of objects such as [{"name":"openssl","version":"3.0"}]'
        return
    yield from _many(path, value)
    for place, one in enumerate(value):
        if not isinstance(one, dict):
            yield f"{path}[{place}]", "is not an object"


def _many(path: str, value: list[JSON]) -> Iterator[Fault]:
    if len(value) > MOST_PARTS:
        yield path, f"has {len(value)} elements; at most {MOST_PARTS} are taken"


_CHECKS: Final[Mapping[str, Callable[[str, JSON], Iterator[Fault]]]] = {
    **dict.fromkeys(TEXTS, _text),
    **dict.fromkeys(NUMBERS, _number),
    **dict.fromkeys(TEXT_LISTS, _texts),
    **dict.fromkeys(OBJECTS, _object),
    VARIABLES: _variables,
    **dict.fromkeys(SECTIONS, _section),
}
