"""Review policies as documents, so that lowering one is itself reviewed."""

from app.changes.change import Change, Edit
from app.changes.kinds import Kind, View, laid_over
from app.changes.review.policy import BUILT_IN, DEFAULTS, KIND, TEAM, parse_policy
from app.core.canonical import JSON, Document
from app.core.errors import InvalidError
from app.store.documents import Stored
from app.store.keys import Key


def judge_policy(present: Stored | None, edit: Edit, view: View) -> Document:
    """Merge an edit of a policy.

    Raises:
        InvalidError: a member is wrong, or the policy would ask for nothing.
    """
    policy = laid_over(DEFAULTS, present, edit, view)
    parsed = parse_policy(edit.id, 1, policy)
    if edit.id == BUILT_IN:
        text = f"Review policy id '{BUILT_IN}' stands for the settings; choose another"
        raise InvalidError(text, fields={"id": [text]})
    if not parsed.needs and not parsed.freezes:
        text = 'must ask for somebody, as [{"team":"security","min":1}] or [{"min":1}]; only a freeze may stand alone'
        raise InvalidError(f"require: {text}", fields={"require": [text]})
    return policy


def check_policy(change: Change, view: View) -> None:
    """Demand that the teams and groups that a policy newly names exist.

    Raises:
        InvalidError: naming each one that does not.
    """
    if change.after is None:
        return
    faults: dict[str, list[str]] = {}
    known = set() if change.before is None else {*_teams(change.before.document), *_groups(change.before.document)}
    for kind, names, place in ((TEAM, _teams, "require"), ("group", _groups, "match.groupsAny")):
        for name in sorted(set(names(change.after.document)) - known):
            if view.find(kind, name) is None:
                faults.setdefault(place, []).append(f"{view.label(kind)} '{name[:60]}' was not found; make it first")
    if faults:
        said = "; ".join(text for texts in faults.values() for text in texts)
        raise InvalidError(f"Review policy '{change.id}': {said}", fields=faults)


def _teams(policy: Document) -> list[str]:
    listed = [item.get("team") for item in _items(policy["require"]) if isinstance(item, dict)]
    return [team for team in listed if isinstance(team, str)]


def _groups(policy: Document) -> list[str]:
    match = policy["match"]
    return [str(group) for group in _items(match.get("groupsAny") if isinstance(match, dict) else None)]


def _items(value: JSON) -> list[JSON]:
    return value if isinstance(value, list) else []


REVIEW_POLICY = Kind(
    name=KIND,
    label="Review policy",
    judge=judge_policy,
    check=check_policy,
    keys=(Key("name"), Key("enabled", "flag"), Key("priority", "number")),
    unknown="Review policy '{id}' was not found; GET /reviewPolicies lists those that exist",
)
