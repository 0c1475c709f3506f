"""The names of rights, `kind_action`, and what stands for several of them."""

from collections.abc import Iterable
from typing import Final

from app.core.errors import InvalidError

RUDDER_KINDS: Final = (
    *("administration", "compliance", "configuration", "deployer", "deployment", "directive", "group", "node"),
    *("parameter", "rule", "technique", "userAccount", "validator"),
)
OWN_KINDS: Final = (
    *("account", "event", "image", "instance", "reviewPolicy", "role", "secret", "team", "tenant", "user", "webhook"),
)
KINDS: Final = (*RUDDER_KINDS, *OWN_KINDS)
ACTIONS: Final = ("read", "edit", "write")
RIGHTS: Final = frozenset(f"{kind}_{action}" for kind in KINDS for action in ACTIONS)

ALL: Final = "all"
"""The action that stands for the three."""
ANY_RIGHTS: Final = "any_rights"
"""Every right there is, also those that come with a later version."""
NO_RIGHTS: Final = "no_rights"
"""Nothing, whatever else is given."""


def is_name(name: str) -> bool:
    """Say whether a name stands for rights."""
    return name in _MEANING


def expand(names: Iterable[str], *, field: str = "rights") -> frozenset[str]:
    """Give the rights that names stand for: `rule_all` is three of them, `any_rights` all, `no_rights` undoes the rest.

    Raises:
        InvalidError: naming each name that stands for nothing.
    """
    given = tuple(names)
    unknown = [name for name in given if name not in _MEANING]
    if unknown:
        text = (
            f"{_listed(unknown)} is no right; use a kind and an action such as rule_read. Kinds: {', '.join(KINDS)}. "
            f"Actions: {', '.join((*ACTIONS, ALL))}. {ANY_RIGHTS} and {NO_RIGHTS} are names too"
        )
        raise InvalidError(text, fields={field: [text]})
    if NO_RIGHTS in given:
        return frozenset()
    return frozenset().union(*(_MEANING[name] for name in given))


def contract(rights: Iterable[str]) -> tuple[str, ...]:
    """Name a set of rights by full names, sorted: all there are is `any_rights`, none is `no_rights`."""
    held = frozenset(rights)
    if held >= RIGHTS:
        return (ANY_RIGHTS,)
    return tuple(sorted(held)) or (NO_RIGHTS,)


def all_of(*kinds: str) -> frozenset[str]:
    """Give every right on these kinds."""
    return frozenset(f"{kind}_{action}" for kind in kinds for action in ACTIONS)


def read_of(*kinds: str) -> frozenset[str]:
    """Give the rights to read these kinds."""
    return frozenset(f"{kind}_read" for kind in kinds)


_MEANING: Final = {
    **{right: frozenset({right}) for right in RIGHTS},
    **{f"{kind}_{ALL}": all_of(kind) for kind in KINDS},
    ANY_RIGHTS: RIGHTS,
    NO_RIGHTS: frozenset[str](),
}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"'{name[:60]}'" for name in names)
