"""Port mappings as hosting writes them: `25565`, `8080:80`, several separated by commas."""

import re
from typing import NamedTuple

from app.core.errors import InvalidError

MOST: int = 65_535
MOST_MAPPINGS: int = 100
_PORT = re.compile(r"[0-9]{1,5}")


class Mapping(NamedTuple):
    """A port of the node and the port of the instance behind it."""

    host: int
    inner: int


def read_ports(text: str, *, field: str = "ports") -> list[Mapping]:
    """Read mappings in their order; a lone port is mapped to itself.

    Raises:
        InvalidError: naming the part that cannot be read.
    """
    parts = [part.strip() for part in text.split(",")] if text.strip() else []
    if len(parts) > MOST_MAPPINGS:
        raise _wrong(field, f"{len(parts)} mappings are too many; at most {MOST_MAPPINGS} are taken")
    found = [_mapping(part, field) for part in parts]
    hosts = [one.host for one in found]
    twice = next((port for port in hosts if hosts.count(port) > 1), None)
    if twice is not None:
        raise _wrong(field, f"host port {twice} is mapped twice")
    return found


def _mapping(part: str, field: str) -> Mapping:
    host, colon, inner = part.partition(":")
    ports = (host, inner if colon else host)
    if not all(_PORT.fullmatch(port) and 1 <= int(port) <= MOST for port in ports):
        raise _wrong(field, f"'{part[:40]}' is no mapping; write host:container with ports from 1 to {MOST}")
    return Mapping(int(ports[0]), int(ports[1]))


def _wrong(field: str, text: str) -> InvalidError:
    return InvalidError(f"{field}: {text}", fields={field: [text]})
