"""The machines of the demonstration: what each is for, where it stands, and what it says of itself."""

import uuid
from collections.abc import Iterator
from typing import Final

from app.core.canonical import JSON, Document
from app.core.values import dataclass

_NAMESPACE: Final = uuid.UUID("6f0c3c52-7a3b-4b43-9d0e-0f2d5c1d7f10")
_SITES: Final = ("north", "south")
_RAM_MB: Final = {"web": 4096, "app": 8192, "db": 32768, "cache": 16384, "proxy": 2048, "backup": 4096}

ROLES: Final = ("web", "app", "db", "cache", "proxy", "backup")
SHARES: Final = (12, 10, 6, 4, 4, 4)
"""How many machines of each role there are in a fleet of 40."""
STRANGER: Final = "printer-07"
"""A machine that asked to be let in and was not answered yet."""


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine; `arrived_day` counts from the first day of the story."""

    name: str
    role: str
    site: str
    environment: str
    arrived_day: int

    @property
    def id(self) -> str:
        """Give the node's id, the same in every demonstration."""
        return str(uuid.uuid5(_NAMESPACE, self.name))

    @property
    def properties(self) -> list[JSON]:
        """Give the properties by which groups find it."""
        values = {"environment": self.environment, "role": self.role, "site": self.site}
        return [{"name": name, "value": value} for name, value in values.items()]

    def inventory(self) -> Document:
        """Say what the machine says of itself."""
        number = int(self.name.rpartition("-")[2])
        return {
            "id": self.id,
            "hostname": f"{self.name}.{self.site}.demo.example",
            "description": f"{self.role} machine of the {self.environment} environment",
            "os": {
                "type": "Linux",
                "name": "Debian",
                "version": "12" if number % 3 else "11",
                "fullName": "Debian GNU/Linux 12 (bookworm)" if number % 3 else "Debian GNU/Linux 11 (bullseye)",
                "kernelVersion": "6.1.0-28-amd64" if number % 3 else "5.10.0-33-amd64",
            },
            "ram": _RAM_MB.get(self.role, 1024),
            "ipAddresses": [
                f"192.0.2.{number + 20 * (list(_RAM_MB).index(self.role) if self.role in _RAM_MB else 10)}"
            ],
            "machine": {"type": "Virtual", "provider": "qemu"},
        }


def machines(count: int) -> list[Machine]:
    """List so many machines, every role among them where there are enough."""
    return sorted(_all(), key=lambda one: (int(one.name[-2:]), ROLES.index(one.role)))[:count]


def _all() -> Iterator[Machine]:
    for role, share in zip(ROLES, SHARES, strict=True):
        for number in range(1, share + 1):
            environment = "staging" if number % 4 == 0 else "production"
            # Most came with the first waves; the last of each role joined later.
            yield Machine(f"{role}-{number:02}", role, _SITES[number % 2], environment, 2 + 7 * (number - 1))
