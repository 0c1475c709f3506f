"""Rules as documents: defaults, judgement, references."""

from collections.abc import Iterable, Mapping

from app.changes.change import Change, Edit
from app.changes.kinds import Kind, View, laid_over, refuse_system
from app.core.canonical import JSON, Document
from app.core.errors import InvalidError
from app.fleet.references import groups_of, items, texts
from app.fleet.targets import merge_targets
from app.fleet.zones import check_security
from app.store.documents import Stored
from app.store.keys import Key

ROOT_CATEGORY = "rootRuleCategory"

DEFAULTS: Mapping[str, JSON] = {
    "displayName": "",
    "categoryId": ROOT_CATEGORY,
    "shortDescription": "",
    "longDescription": "",
    "directives": [],
    "targets": [],
    "enabled": True,
    "system": False,
    "tags": [],
    "security": None,
}

KEYS = (
    Key("displayName"),
    Key("categoryId"),
    Key("enabled", "flag"),
    Key("system", "flag"),
    Key("directives", many=True),
    Key("tags", many=True),
)


def judge_rule(present: Stored | None, edit: Edit, view: View) -> Document:
    """Merge an edit of a rule; targets take their one stored form."""
    rule = laid_over(DEFAULTS, present, edit, view)
    if "targets" in edit.fields:
        rule["targets"] = merge_targets(items(edit.fields["targets"]))
    if "security" in edit.fields:
        check_security(rule["security"])
    directives: list[JSON] = []
    directives.extend(sorted(set(texts(rule["directives"]))))
    rule["directives"] = directives
    return rule


def check_rule(change: Change, view: View) -> None:
    """Demand that a rule's category and the directives it newly names exist.

    Raises:
        InvalidError: naming each one that does not.
    """
    if change.after is None:
        return
    after = change.after.document
    before: Document = change.before.document if change.before else {}
    faults: dict[str, list[str]] = {}
    for directive in sorted(set(texts(after["directives"])) - set(texts(before.get("directives")))):
        if view.find("directive", directive) is None:
            text = f"Directive '{directive}' not found; create it first, or take it out of the rule"
            faults.setdefault("directives", []).append(text)
    category = str(after["categoryId"])
    if category != before.get("categoryId") and view.find("ruleCategory", category) is None:
        faults["categoryId"] = [f"Rule category '{category}' not found; create it first"]
    if faults:
        missing = [text for texts in faults.values() for text in texts]
        rudder = "; ".join(text.partition(";")[0] for text in missing)
        raise InvalidError(f"Rule '{change.id}': {'. '.join(missing)}", fields=faults, rudder=rudder)


def looked_up(rule: Document) -> Iterable[tuple[str, str]]:
    """List the groups that a rule can be looked up by."""
    return (("groups", group) for group in groups_of(rule))


def needed_for_rule(edit: Edit) -> Iterable[tuple[str, str]]:
    """Name what judging an edit of a rule reads."""
    for directive in texts(edit.fields.get("directives")):
        yield "directive", directive
    if edit.action == "create" or "categoryId" in edit.fields:
        yield "ruleCategory", str(edit.fields.get("categoryId", ROOT_CATEGORY))


RULE = Kind(
    name="rule",
    label="Rule",
    name_field="displayName",
    judge=judge_rule,
    guard=refuse_system,
    check=check_rule,
    keys=KEYS,
    derived=looked_up,
    derived_from=("targets",),
    needs=needed_for_rule,
    unknown="Rule '{id}' was not found; GET /rules lists those that exist",
    rudder_unknown="Rule with id '{id}' was not found",
    rudder_exists="Cannot create a new Rule with id '{id}' already exists",
    rudder_no_source="Can not find rule to clone: {id}",
)
