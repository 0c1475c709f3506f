"""Rule categories as documents, and the one that every tenant starts with."""

from collections.abc import Iterable

from app.changes.categories import Categories, category_kind
from app.changes.change import Edit

TREE = Categories(
    kind="ruleCategory",
    label="Rule category",
    root="rootRuleCategory",
    member="rule",
    member_label="rule",
    list_path="/rules/tree",
)
RULE_CATEGORY = category_kind(TREE)


def starter() -> Iterable[Edit]:
    """Make the root of the tree, which is its own parent."""
    about = {"name": "Rules", "description": "This is the main category of Rules", "parent": TREE.root}
    yield Edit(TREE.kind, TREE.root, "create", about)
