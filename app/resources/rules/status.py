"""What a rule comes to: its status and its policy mode, computed from what it names and never stored."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from app.changes.following import Derivation
from app.changes.settings import setting
from app.core.canonical import JSON, Document
from app.fleet.targets import GROUP, simple_targets
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


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """What of a group its rules depend on; a dynamic group may hold nodes until it can be evaluated."""

    enabled: bool
    may_hold_nodes: bool


@dataclass(slots=True)
class Parts:
    """What the rules of a tenant are made of, by id; `texts` are those written since any of it changed last."""

    directives: dict[str, DirectiveFacts] = field(default_factory=dict)
    groups: dict[str, GroupFacts] = field(default_factory=dict)
    disabled_techniques: set[str] = field(default_factory=set)
    global_mode: str = str(setting(GLOBAL_MODE, None))
    overridable: bool = setting(OVERRIDABLE, None) is True
    texts: dict[str, tuple[str, bytes]] = field(default_factory=dict)


def rule_computed(rule: Document, parts: Parts) -> dict[str, JSON]:
    """Give `policyMode` and `status` of a rule."""
    directives = [parts.directives[name] for name in _names(rule["directives"]) if name in parts.directives]
    return {"policyMode": _mode(directives, parts), "status": _status(rule, directives, parts)}


def _mode(directives: Iterable[DirectiveFacts], parts: Parts) -> str:
    modes = {parts.global_mode if one.mode == "default" else one.mode for one in directives}
    if not modes or not parts.overridable:
        return parts.global_mode
    return modes.pop() if len(modes) == 1 else "mixed"


def _status(rule: Document, directives: list[DirectiveFacts], parts: Parts) -> Document:
    unapplied = list(_target_faults(rule, parts))
    if not directives:
        unapplied.append("No policy defined")
    off = list(_directive_faults(directives, parts))
    if rule["enabled"] is not True:
        return {"value": DISABLED, "details": "This rule is disabled. " + ", ".join([*unapplied, *off])}
    if unapplied or len(off) >= len(directives):
        return {"value": NOT_APPLIED, "details": ", ".join([*unapplied, *off])}
    if off:
        return {"value": PARTIALLY_APPLIED, "details": ", ".join(off)}
    return {"value": IN_APPLICATION}


def _target_faults(rule: Document, parts: Parts) -> Iterator[str]:
    included = list(_included(rule["targets"]))
    if not included:
        yield "Rule unapplied"
        return
    groups = [parts.groups.get(text.removeprefix(GROUP)) for text in included if text.startswith(GROUP)]
    if any(group is not None and not group.enabled for group in groups):
        yield "Group disabled"
    if len(groups) == len(included) and not any(group is not None and group.may_hold_nodes for group in groups):
        yield "Empty groups"


def _directive_faults(directives: Iterable[DirectiveFacts], parts: Parts) -> Iterator[str]:
    for one in directives:
        if not one.enabled:
            yield f"Directive '{one.name}' disabled"
        elif one.technique in parts.disabled_techniques:
            yield f"Technique for '{one.name}' disabled"


def _included(targets: JSON) -> Iterator[str]:
    for target in targets if isinstance(targets, list) else ():
        yield from simple_targets([target["include"] if isinstance(target, dict) else target])


def _names(value: JSON) -> Iterator[str]:
    return (item for item in value if isinstance(item, str)) if isinstance(value, list) else iter(())


def _apply(parts: Parts, kind: str, document_id: str, stored: Stored | None) -> None:
    document: Document = {} if stored is None else stored.document
    if kind == "directive":
        _put(parts.directives, document_id, _directive(document) if stored else None)
    elif kind == "group":
        _put(parts.groups, document_id, _group(document) if stored else None)
    elif kind == "technique":
        parts.disabled_techniques.discard(document_id)
        if document.get("enabled") is False:
            parts.disabled_techniques.add(document_id)
    elif document_id == GLOBAL_MODE:
        parts.global_mode = str(setting(GLOBAL_MODE, stored))
    elif document_id == OVERRIDABLE:
        parts.overridable = setting(OVERRIDABLE, stored) is True
    # After the change: whoever still writes into the old mapping may have seen what was before.
    parts.texts = {}


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
    )


def _group(document: Document) -> GroupFacts:
    nodes = document.get("nodeIds")
    holds = document["dynamic"] is True or (isinstance(nodes, list) and bool(nodes))
    return GroupFacts(enabled=document["enabled"] is True, may_hold_nodes=holds)


PARTS = Derivation("rule parts", ("directive", "group", "technique", "setting"), Parts, _apply)
