"""Targets: which nodes a rule is for, as texts and as compositions (conventions, section 6)."""

import re
from collections.abc import Iterable, Mapping, Sequence

from app.core.canonical import JSON
from app.core.errors import InvalidError
from app.core.targets import GROUP, SPECIAL

SYSTEM_CATEGORY = "SystemGroups"
"""The category of groups and targets that belong to the system."""

MAX_DEPTH = 16
_UNREADABLE = "can not be decoded as a simple rule target: Inconsistency: Invalid target string:"
_NAMED = re.compile(r"(group|policyServer):[A-Za-z0-9._:@{}+-]{1,200}")


def merge_targets(given: Sequence[JSON]) -> list[JSON]:
    """Merge what was given into the one form that is stored.

    Exactly one composed target stays as it is; simple ones become one composed target; several are united.

    Raises:
        InvalidError: a target that cannot be read, named with its place.
    """
    checked = [_check(target, f"targets[{number}]", 0) for number, target in enumerate(given)]
    if not checked:
        return []
    if len(checked) == 1 and isinstance(checked[0], dict):
        return checked
    include: list[JSON] = []
    exclude: list[JSON] = []
    for target in checked:
        if isinstance(target, dict):
            include.extend(_alternatives(target["include"]))
            exclude.extend(_alternatives(target["exclude"]))
        else:
            include.append(target)
    return [{"include": {"or": _unique(include)}, "exclude": {"or": _unique(exclude)}}]


def groups_in(targets: Iterable[JSON]) -> set[str]:
    """Name the groups that stand anywhere in the targets."""
    return {text.removeprefix(GROUP) for text in simple_targets(targets) if text.startswith(GROUP)}


def simple_targets(targets: Iterable[JSON]) -> list[str]:
    """List every simple target, included and excluded ones alike."""
    found: list[str] = []
    waiting = [targets]
    while waiting:
        for target in waiting.pop(0):
            if isinstance(target, str):
                found.append(target)
            elif isinstance(target, dict):
                waiting.extend(part if isinstance(part, list) else [part] for part in target.values())
    return found


def without_group(targets: Iterable[JSON], group: str) -> list[JSON]:
    """Take a group out of the targets, wherever it stands; what demanded to be in it too reaches nothing any more."""
    return [_prune(target, GROUP + group) for target in targets if target != GROUP + group]


def _prune(target: JSON, gone: str) -> JSON:
    if isinstance(target, dict):
        if gone in _parts(target.get("and")):
            # No node is in a group that does not exist; without it the rest would reach further than before.
            return {"or": []}
        return {name: {"or": []} if part == gone else _prune(part, gone) for name, part in target.items()}
    if isinstance(target, list):
        return [_prune(part, gone) for part in target if part != gone]
    return target


def _parts(value: JSON) -> list[JSON]:
    return value if isinstance(value, list) else []


def targets_in_category(category: str) -> Mapping[str, JSON]:
    """List the targets that a category of groups shows beside its groups."""
    special: list[JSON] = []
    special.extend(sorted(set(SPECIAL.values())) if category == SYSTEM_CATEGORY else ())
    return {"targets": special}


def _check(target: JSON, path: str, depth: int) -> JSON:
    if isinstance(target, str):
        return _check_simple(target, path)
    if isinstance(target, dict) and target.keys() == {"include", "exclude"}:
        return {side: _check_composition(target[side], f"{path}.{side}", depth + 1) for side in ("include", "exclude")}
    raise _refusal(path, 'is neither a text nor {"include":...,"exclude":...}; use e.g. "special:all" or "group:ID"')


def _check_composition(value: JSON, path: str, depth: int) -> JSON:
    if depth > MAX_DEPTH:
        raise _refusal(path, f"is nested over {MAX_DEPTH} levels deep")
    if isinstance(value, str):
        return _check_simple(value, path)
    if isinstance(value, dict) and len(value) == 1:
        ((name, parts),) = value.items()
        if name in ("or", "and") and isinstance(parts, list):
            return {
                name: [_check_composition(part, f"{path}.{name}[{at}]", depth + 1) for at, part in enumerate(parts)]
            }
        if name == "include":
            return _check(value, path, depth)
    if isinstance(value, dict) and value.keys() == {"include", "exclude"}:
        return _check(value, path, depth)
    raise _refusal(path, 'is not a composition; use {"or":[...]} or {"and":[...]} of targets')


def _check_simple(text: str, path: str) -> str:
    if text in SPECIAL:
        return SPECIAL[text]
    if _NAMED.fullmatch(text):
        return text
    if text.startswith("node:"):
        raise InvalidError(
            f"{path}: '{text}' is not a target; put the node into a group and name that as group:ID",
            fields={path: [f"'{text}' is not a target; put the node into a group and name that as group:ID"]},
            rudder=f"'{text}' {_UNREADABLE} '{text}'",
        )
    allowed = ", ".join(sorted(set(SPECIAL.values())))
    raise _refusal(
        path,
        f"'{text[:60]}' is not a target; use group:ID, policyServer:ID or one of {allowed}",
        rudder=f"'{text[:60]}' {_UNREADABLE} '{text[:60]}'",
    )


def _refusal(path: str, text: str, *, rudder: str | None = None) -> InvalidError:
    return InvalidError(f"{path}: {text}", fields={path: [text]}, rudder=rudder)


def _alternatives(composition: JSON) -> list[JSON]:
    parts = composition.get("or") if isinstance(composition, dict) else None
    return list(parts) if isinstance(parts, list) else [composition]


def _unique(parts: Iterable[JSON]) -> list[JSON]:
    seen: list[JSON] = []
    for part in parts:
        if part not in seen:
            seen.append(part)
    return seen
