"""Rule categories as documents, and the one that every tenant starts with."""

from collections.abc import Iterable

from app.changes.categories import Categories, category_kind
from app.http.resource import Starter

TREE = Categories(
    kind="ruleCategory",
    label="Rule category",
    root="rootRuleCategory",
    member="rule",
    member_label="rule",
    list_path="/rules/tree",
)
RULE_CATEGORY = category_kind(TREE)


def starter() -> Iterable[Starter]:
    """Make the root of the tree, which is its own parent."""
    about = "This is the main category of Rules"
    yield Starter(TREE.kind, TREE.root, lambda: {"name": "Rules", "description": about, "parent": TREE.root})
