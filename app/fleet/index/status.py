"""What a rule comes to: its status and its policy mode, computed from what it names and never stored."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import field, replace
from typing import TypeVar

from app.changes.settings import setting
from app.core.canonical import JSON, Document
from app.core.targets import GROUP
from app.core.values import dataclass
from app.fleet.bundles.modes import mode_of
from app.fleet.index.groups import Group
from app.fleet.index.targets import included_in
from app.fleet.references import texts
from app.store.documents import Stored

T = TypeVar("T")

IN_APPLICATION, PARTIALLY_APPLIED, NOT_APPLIED, DISABLED = (
    "In application",
    "Partially applied",
    "Not applied",
    "Disabled",
)
GLOBAL_MODE = "global_policy_mode"
OVERRIDABLE = "global_policy_mode_overridable"


@dataclass(frozen=True, slots=True)
class DirectiveFacts:
    """What of a directive its rules depend on."""

    name: str
    enabled: bool
    mode: str
    technique: str
    priority: int


@dataclass(slots=True)
class Parts:
    """What the rules of a tenant are made of besides groups, by id."""

    directives: dict[str, DirectiveFacts] = field(default_factory=dict)
    disabled_techniques: set[str] = field(default_factory=set)
    global_mode: str = str(setting(GLOBAL_MODE, None))
    overridable: bool = setting(OVERRIDABLE, None) is True

    def put(self, kind: str, document_id: str, stored: Stored | None) -> None:
        """Take a directive, a technique or a setting as it is now; None when it is gone."""
        if kind == "directive":
            _put(self.directives, document_id, _directive(stored.document) if stored else None)
        elif kind == "technique":
            self.disabled_techniques.discard(document_id)
            if stored is not None and stored.document.get("enabled") is False:
                self.disabled_techniques.add(document_id)
        elif document_id == GLOBAL_MODE:
            self.global_mode = str(setting(GLOBAL_MODE, stored))
        elif document_id == OVERRIDABLE:
            self.overridable = setting(OVERRIDABLE, stored) is True

    def copy(self) -> "Parts":
        """Give the same parts, to be changed by themselves."""
        return replace(self, directives=dict(self.directives), disabled_techniques=set(self.disabled_techniques))

    def is_on(self, directive: str) -> bool:
        """Tell whether a directive is applied at all where a rule brings it."""
        facts = self.directives.get(directive)
        return facts is not None and facts.enabled and facts.technique not in self.disabled_techniques


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the status of a rule is judged by."""

    parts: Parts
    find_group: Callable[[str], Group | None]
    is_inhabited: Callable[[str], bool]
    node_modes: Callable[[Document], Collection[str]]
    """Names the modes of the nodes in a rule's targets."""


def rule_computed(rule: Document, around: Surroundings) -> dict[str, JSON]:
    """Give `policyMode` and `status` of a rule."""
    parts = around.parts
    directives = [parts.directives[name] for name in texts(rule["directives"]) if name in parts.directives]
    return {
        "policyMode": _mode(directives, around.node_modes(rule), parts),
        "status": _status(rule, directives, around),
    }


def is_applied(rule: Document, around: Surroundings) -> bool:
    """Tell whether a rule reaches nodes at all, as its status says."""
    return (
        rule["enabled"] is True
        and any(around.parts.is_on(one) for one in texts(rule["directives"]))
        and next(_target_faults(rule, around), None) is None
    )


def _mode(directives: Iterable[DirectiveFacts], node_modes: Collection[str], parts: Parts) -> str:
    """Give the mode in which all nodes run all directives; they may differ."""
    whole, overridable = parts.global_mode, parts.overridable
    said = {(one.mode, node) for one in directives for node in node_modes}
    modes = {mode_of(one, node, global_mode=whole, overridable=overridable) for one, node in said}
    if not modes:
        return whole
    return modes.pop() if len(modes) == 1 else "mixed"


def _status(rule: Document, directives: list[DirectiveFacts], around: Surroundings) -> Document:
    unapplied = list(_target_faults(rule, around))
    if not directives:
        unapplied.append("No policy defined")
    off = list(_directive_faults(directives, around.parts))
    if rule["enabled"] is not True:
        return {"value": DISABLED, "details": "This rule is disabled. " + ", ".join([*unapplied, *off])}
    if unapplied or len(off) >= len(directives):
        return {"value": NOT_APPLIED, "details": ", ".join([*unapplied, *off])}
    if off:
        return {"value": PARTIALLY_APPLIED, "details": ", ".join(off)}
    return {"value": IN_APPLICATION}


def _target_faults(rule: Document, around: Surroundings) -> Iterator[str]:
    included = included_in(rule["targets"])
    if not included:
        yield "Rule unapplied"
        return
    names = [text.removeprefix(GROUP) for text in included if text.startswith(GROUP)]
    groups = [around.find_group(name) for name in names]
    if any(group is not None and not group.enabled for group in groups):
        yield "Group disabled"
    if len(names) == len(included) and not any(around.is_inhabited(name) for name in names):
        yield "Empty groups"


def _directive_faults(directives: Iterable[DirectiveFacts], parts: Parts) -> Iterator[str]:
    for one in directives:
        if not one.enabled:
            yield f"Directive '{one.name}' disabled"
        elif one.technique in parts.disabled_techniques:
            yield f"Technique for '{one.name}' disabled"


def _put(known: dict[str, T], key: str, facts: T | None) -> None:
    if facts is None:
        known.pop(key, None)
    else:
        known[key] = facts


def _directive(document: Document) -> DirectiveFacts:
    return DirectiveFacts(
        name=str(document["displayName"]),
        enabled=document["enabled"] is True,
        mode=str(document["policyMode"]),
        technique=f"{document['techniqueName']}:{document['techniqueVersion']}",
        priority=document["priority"] if isinstance(document["priority"], int) else 5,
    )
