"""Allowed networks: from which addresses the nodes of each policy server may come; one setting for all servers."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network

from app.core.canonical import JSON, Document, parse
from app.core.errors import InvalidError
from app.core.values import dataclass
from app.store.nodes import root_first

ALLOWED_NETWORKS = "allowed_networks"
DEFAULT_NETWORKS = ("0.0.0.0/0", "::/0")
"""Everywhere: a node proves who it is by its own key, and addresses are a second lock that an operator may add."""

REMEDY = "use a network such as 10.0.0.0/8 or 2001:db8::/32"
SERVER_EDIT = "server"
"""The field of an edit that holds a `ServerEdit`."""

MOST = 10_000
_SHOWN = 60  # characters of a refused network that a message repeats
_WRITTEN = re.compile(r"[0-9A-Fa-f:.]{2,45}(?:/[0-9]{1,3})?")


def find_network(text: JSON) -> IPv4Network | IPv6Network | None:
    """Read an address with the length of its prefix, or an address alone; None for anything else."""
    if not isinstance(text, str) or _WRITTEN.fullmatch(text) is None:
        return None
    try:
        return ip_network(text, strict=False)  # scripts write 10.0.0.7/8 too
    except ValueError:
        return None


def fault_of(text: JSON) -> str:
    """Say why a network cannot be taken."""
    said = str(text)
    return f"'{said if len(said) <= _SHOWN else said[:_SHOWN] + '...'}' is no network; {REMEDY}"


def unique(texts: Iterable[str]) -> list[str]:
    """Keep each network once, as it was written first."""
    found: dict[object, str] = {}
    for text in texts:
        found.setdefault(find_network(text), text)
    return list(found.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Networks:
    """A list of `{"id", "allowed_networks"}`, one for each policy server; JSON text of it is taken too."""

    allowed: str = 'a list of objects such as {"id":"root","allowed_networks":["10.0.0.0/8"]}, each server once'

    def read(self, value: JSON) -> JSON:
        """Give the list, `root` first; None for anything else."""
        entries = _entries(value)
        if entries is None or self.faults(value):
            return None
        return stored_form({name: unique(map(str, networks)) for name, networks in entries})

    def faults(self, value: JSON) -> list[str]:
        """Name every entry that is no network; nothing when the value is no such list at all."""
        return [
            f"Policy server '{name}': {fault_of(text)}"
            for name, networks in _entries(value) or ()
            for text in networks
            if find_network(text) is None
        ]


def _entries(value: JSON) -> list[tuple[str, list[JSON]]] | None:
    if isinstance(value, str):
        try:
            value = parse(value)
        except InvalidError:
            return None
    if not isinstance(value, list):
        return None
    found = [_entry(item) for item in value]
    read = [entry for entry in found if entry is not None]
    names = {name for name, _ in read}
    return read if len(read) == len(found) == len(names) else None


def _entry(item: JSON) -> tuple[str, list[JSON]] | None:
    if not isinstance(item, dict) or set(item) != {"id", ALLOWED_NETWORKS}:
        return None
    name, networks = item["id"], item[ALLOWED_NETWORKS]
    return (name, networks) if isinstance(name, str) and isinstance(networks, list) and len(networks) <= MOST else None


def by_server(value: JSON) -> dict[str, list[str]]:
    """Read the stored value by policy server."""
    return {name: [str(text) for text in networks] for name, networks in _entries(value) or ()}


def stored_form(networks: Mapping[str, Sequence[str]]) -> list[JSON]:
    """Write networks by policy server as they are stored and shown: `root` first."""
    names = sorted(networks, key=root_first)
    return [{"id": name, ALLOWED_NETWORKS: list(networks[name])} for name in names]


@dataclass(frozen=True, slots=True)
class ServerEdit:
    """What is to become of one policy server's networks: all of them set, or some added and taken away."""

    server: str
    networks: Sequence[str] | None = None
    add: Sequence[str] = ()
    delete: Sequence[str] = ()

    def fields(self) -> Document:
        """Write it as the fields of an edit of the setting; it is applied under the lock, by `applied`."""
        if self.networks is not None:
            return {SERVER_EDIT: {"id": self.server, "networks": list(self.networks)}}
        return {SERVER_EDIT: {"id": self.server, "add": list(self.add), "delete": list(self.delete)}}


def applied(value: JSON, edit: JSON) -> list[JSON]:
    """Lay the fields of a `ServerEdit` over the stored value."""
    if not isinstance(edit, dict):
        raise TypeError("a ServerEdit writes an object")
    networks, server = by_server(value), str(edit["id"])
    if "networks" in edit:
        networks[server] = unique(_texts(edit["networks"]))
    else:
        gone = {find_network(text) for text in _texts(edit["delete"])}
        kept = [text for text in networks.get(server, DEFAULT_NETWORKS) if find_network(text) not in gone]
        networks[server] = sorted(unique([*kept, *_texts(edit["add"])]))
    return stored_form(networks)


def _texts(value: JSON) -> Iterator[str]:
    return (text for text in value if isinstance(text, str)) if isinstance(value, list) else iter(())
