"""Who asks, in which tenant, by what right and why: built at a trusted edge and passed down."""

from collections.abc import Callable
from dataclasses import field, replace
from typing import Literal

from app.core.values import dataclass

ActorKind = Literal["account", "user", "node", "system"]

READ, EDIT, WRITE = "read", "edit", "write"


@dataclass(frozen=True, slots=True)
class Actor:
    """An account, a person, a machine or the system itself.

    `id` and `handle` never change and are never reused; `name` is for display and is personal data.
    """

    id: str
    kind: ActorKind
    handle: str
    name: str = ""


SYSTEM = Actor(id="sternpost", kind="system", handle="sternpost", name="Sternpost")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a request came from; `ip` and `user_agent` are personal data."""

    ip: str | None = None
    user_agent: str | None = None
    request_id: str | None = None


def _holds_nothing(_right: str) -> bool:
    return False


def _opens_everything(_method: str, _path: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Context:
    """One caller at work in one tenant.

    `holds` tells whether the credential opens a right, `only_reads` that it is one for reading whatever its rights;
    `opens` tells of a method and a path without version whether the credential may be used there at all.
    """

    tenant: str
    actor: Actor
    credential: str | None = None
    on_behalf_of: Actor | None = None
    source: Source = field(default_factory=Source)
    reason: str = ""
    only_reads: bool = False
    holds: Callable[[str], bool] = field(default=_holds_nothing, compare=False, repr=False)
    opens: Callable[[str, str], bool] = field(default=_opens_everything, compare=False, repr=False)

    @classmethod
    def system(cls, tenant: str, why: str) -> "Context":
        """Act as the installation itself; `why` becomes the reason, and is what to search the code for."""
        return cls(tenant=tenant, actor=SYSTEM, reason=why, holds=lambda _right: True)

    def because(self, reason: str) -> "Context":
        """Give the same caller another reason."""
        return replace(self, reason=reason)
