"""Review policies: what they match, what they ask for, and the built-in one that Rudder's settings make."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from app.changes.review.durations import duration_ms
from app.changes.review.freezing import Freeze, read_freezes
from app.changes.review.reach import State
from app.changes.settings import setting
from app.core.canonical import JSON, Document
from app.core.errors import InvalidError
from app.core.values import dataclass
from app.store.documents import Stored
from app.store.format1 import FOLDERS

KIND = "reviewPolicy"
TEAM = "team"
BUILT_IN = "built-in"
"""The id under which the gate names the policy that the settings make; no document can have it."""

SWITCH = "enable_change_request"
SELF_VALIDATION, SELF_DEPLOYMENT, VALIDATE_ALL = (
    "enable_self_validation",
    "enable_self_deployment",
    "enable_validate_all",
)
VALIDATED, SUPERVISED = "validated_users", "supervised_targets"
REVIEW_SETTINGS = frozenset({SWITCH, SELF_VALIDATION, SELF_DEPLOYMENT, VALIDATE_ALL, VALIDATED, SUPERVISED})
"""The settings by which protection is lowered."""
OTHER_KEYS = tuple(("setting", key) for key in sorted(REVIEW_SETTINGS - {SWITCH}))
SWITCH_KEY = ("setting", SWITCH)
FIRST_KEYS = (SWITCH_KEY, ("setting", SELF_DEPLOYMENT))
"""What is read with every change: where the switch is off, these alone say that the settings protect nothing."""

DEFAULTS: Mapping[str, JSON] = {
    "name": "",
    "description": "",
    "enabled": True,
    "priority": 0,
    "match": {},
    "require": [],
    "independent": True,
    "expiresAfter": None,
    "freeze": [],
    "confirmWithin": None,
}

_MATCH = frozenset({"kinds", "groupsAny", "nodesAffectedGte", "paths"})
_NEED = frozenset({"team", "min"})
_MOST_NEEDED = 20
_LONGEST_CONFIRM_MS = 7 * 86_400_000


@dataclass(frozen=True, slots=True)
class Match:
    """What a policy applies to; what is empty does not narrow it."""

    kinds: frozenset[str] = frozenset()
    groups: tuple[str, ...] = ()
    at_least: int = 0
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Need:
    """So many approvals of people of a team, or (None) of anybody who may validate."""

    team: str | None
    least: int

    @property
    def text(self) -> str:
        """Say it as the gate does."""
        return f"{self.least} of {self.team}" if self.team is not None else f"{self.least} of those who may validate"


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy in force; `revision` 0 is the built-in one. `independent` lets no contributor's approval count."""

    id: str
    revision: int
    match: Match
    needs: tuple[Need, ...]
    independent: bool = True
    expires_ms: int | None = None
    freezes: tuple[Freeze, ...] = ()
    confirm_ms: int | None = None
    priority: int = 0

    @property
    def name(self) -> str:
        """The policy and its revision, as an approval remembers it."""
        return f"{self.id}@{self.revision}"

    @property
    def teams(self) -> frozenset[str]:
        """The teams whose people it counts."""
        return frozenset(need.team for need in self.needs if need.team is not None)


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """Rudder's settings; `validated` are the handles of those whose changes need no validation."""

    is_on: bool
    validates_all: bool
    self_validation: bool
    self_deployment: bool
    validated: frozenset[str]
    unsupervised: frozenset[str]

    @property
    def policy(self) -> Policy:
        """What it asks for where it applies."""
        return Policy(BUILT_IN, 0, Match(), (Need(None, 1),), independent=not self.self_validation)


@dataclass(frozen=True, slots=True)
class Policies:
    """What protects a tenant at one moment."""

    built_in: BuiltIn
    own: tuple[Policy, ...]

    @property
    def is_idle(self) -> bool:
        """Tell whether no change can need a review."""
        return not self.built_in.is_on and not self.own


OFF = BuiltIn(
    is_on=False, validates_all=False, self_validation=False, self_deployment=True,
    validated=frozenset(), unsupervised=frozenset(),
)  # fmt: skip


def policies_of(state: State) -> Policies:
    """Read what is in force."""
    own = [read_policy(stored) for stored in state.all(KIND) if stored.document["enabled"] is True]
    own.sort(key=lambda one: (-one.priority, one.id))
    return Policies(built_in_of(state), tuple(own))


def built_in_of(state: State) -> BuiltIn:
    """Read the settings; one that cannot be read protects."""

    def value(key: str) -> JSON:
        return setting(key, state.find("setting", key))

    if value(SWITCH) is False:
        return OFF if value(SELF_DEPLOYMENT) is True else _switched(value, is_on=False)
    return _switched(value, is_on=True)


def _switched(value: Any, *, is_on: bool) -> BuiltIn:  # noqa: ANN401  a function from key to value
    return BuiltIn(
        is_on=is_on,
        validates_all=value(VALIDATE_ALL) is not False,
        self_validation=value(SELF_VALIDATION) is True,
        self_deployment=value(SELF_DEPLOYMENT) is True,
        validated=frozenset(map(str, _items(value(VALIDATED)))),
        unsupervised=frozenset(map(str, _items(_all_but(value(SUPERVISED))))),
    )


def _all_but(value: JSON) -> JSON:
    return value.get("allBut") if isinstance(value, dict) else None


def read_policy(stored: Stored) -> Policy:
    """Read a stored policy; it was checked when it was written."""
    return _read(stored.id, stored.revision, stored.body)


@cache
def _read(policy_id: str, revision: int, body: str) -> Policy:
    stored = Stored(KIND, policy_id, "", body, "", revision, "", 0, 0)
    return parse_policy(policy_id, revision, stored.document)


def parse_policy(policy_id: str, revision: int, document: Document) -> Policy:
    """Read the members of a policy.

    Raises:
        InvalidError: naming the first member that is wrong, and what is allowed.
    """
    confirm, expires = document["confirmWithin"], document["expiresAfter"]
    return Policy(
        id=policy_id,
        revision=revision,
        match=_match(document["match"]),
        needs=_needs(document["require"]),
        independent=document["independent"] is not False,
        expires_ms=None if expires is None else duration_ms(str(expires), "expiresAfter"),
        freezes=read_freezes(document["freeze"]),
        confirm_ms=None
        if confirm is None
        else duration_ms(str(confirm), "confirmWithin", longest_ms=_LONGEST_CONFIRM_MS),
        priority=int(str(document["priority"])),
    )


def _match(value: JSON) -> Match:
    if not isinstance(value, dict) or not value.keys() <= _MATCH:
        raise _fault("match", f"takes only: {', '.join(sorted(_MATCH))}")
    kinds = _texts(value, "kinds")
    wrong = sorted(set(kinds) - FOLDERS.keys())
    if wrong:
        raise _fault("match.kinds", f"'{wrong[0][:60]}' is not one of: {', '.join(FOLDERS)}")
    least = value.get("nodesAffectedGte", 0)
    if isinstance(least, bool) or not isinstance(least, int) or least < 0:
        raise _fault("match.nodesAffectedGte", "must be a whole number, 0 or more")
    paths = _texts(value, "paths")
    bad = next((path for path in paths if not path.startswith("/")), None)
    if bad is not None:
        raise _fault("match.paths", f"'{bad[:60]}' does not begin with /; write paths as /parameters/**")
    return Match(frozenset(kinds), _texts(value, "groupsAny"), least, paths)


def _needs(value: JSON) -> tuple[Need, ...]:
    found: list[Need] = []
    for place, item in enumerate(_items(value)):
        path = f"require[{place}]"
        if not isinstance(item, dict) or not item.keys() <= _NEED:
            raise _fault(path, 'must be {"team":"security","min":1}')
        team, least = item.get("team"), item.get("min", 1)
        if team is not None and (not isinstance(team, str) or not team):
            raise _fault(f"{path}.team", "must be the id of a team; leave it out for anybody who may validate")
        if isinstance(least, bool) or not isinstance(least, int) or not 1 <= least <= _MOST_NEEDED:
            raise _fault(f"{path}.min", f"must be a whole number from 1 to {_MOST_NEEDED}")
        found.append(Need(team, least))
    return tuple(found)


def strictest(policies: Iterable[Policy]) -> dict[str | None, tuple[Need, list[Policy]]]:
    """Add up what policies ask for: of each team the largest number, with every policy that asks for this team."""
    found: dict[str | None, tuple[Need, list[Policy]]] = {}
    for policy in policies:
        for need in policy.needs:
            known, asking = found.get(need.team, (need, []))
            found[need.team] = (known if known.least >= need.least else need, [*asking, policy])
    return found


def path_matches(pattern: str, path: str) -> bool:
    """Match a field's path: `*` stands for one step, `**` for any number, also none."""
    return _glob(pattern).fullmatch(path) is not None


@cache
def _glob(pattern: str) -> re.Pattern[str]:
    steps = pattern.split("/")[1:]
    return re.compile("".join("(?:/[^/]*)*" if step == "**" else "/" + _step(step) for step in steps))


def _step(step: str) -> str:
    return "[^/]*".join(re.escape(part) for part in step.split("*"))


def _texts(value: Document, name: str) -> tuple[str, ...]:
    listed = value.get(name, [])
    if not isinstance(listed, list) or not all(isinstance(text, str) for text in listed):
        raise _fault(f"match.{name}", "must be a list of texts")
    return tuple(str(text) for text in listed)


def _items(value: JSON) -> list[JSON]:
    return value if isinstance(value, list) else []


def _fault(path: str, text: str) -> InvalidError:
    return InvalidError(f"{path}: {text}", fields={path: [text]})
