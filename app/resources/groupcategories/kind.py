"""Group categories as documents, and those that every tenant starts with."""

from collections.abc import Iterable

from app.changes.categories import Categories, category_kind
from app.fleet.targets import SYSTEM_CATEGORY
from app.http.resource import Starter

TREE = Categories(
    kind="groupCategory",
    label="Group category",
    root="GroupRoot",
    member="group",
    member_label="group",
    list_path="/groups/tree",
    has_system=True,
)
GROUP_CATEGORY = category_kind(TREE)


def starter() -> Iterable[Starter]:
    """Make the root of the tree, and the category of what belongs to the system."""
    yield Starter(TREE.kind, TREE.root, lambda: {"name": "Root of the group categories", "system": True})
    about = "Groups and targets that belong to the system"
    yield Starter(TREE.kind, SYSTEM_CATEGORY, lambda: {"name": "System groups", "description": about, "system": True})
