"""Trees of categories: one mechanism for every kind of document that other documents are sorted into."""

from collections.abc import Iterable, Mapping

from app.changes.change import Action, Change, Edit
from app.changes.kinds import Kind, View, laid_over
from app.core.canonical import JSON, Document
from app.core.errors import ConflictError, InvalidError
from app.core.values import dataclass
from app.store.documents import Stored
from app.store.keys import Key

SHORTEST_NAME = 3
MAX_LEVELS = 30
"""A tree is shown nested; readers of JSON end at some depth, and people long before."""

NAMED_CONTENTS = 5  # of a category that cannot be deleted


@dataclass(frozen=True, slots=True, kw_only=True)
class Categories:
    """One tree: its kind, its root (which is its own parent), and the kind of document that its categories hold.

    Members name their category in `categoryId`. With `has_system` a category may belong to the system.
    """

    kind: str
    label: str
    root: str
    member: str
    member_label: str
    list_path: str
    has_system: bool = False

    @property
    def defaults(self) -> Mapping[str, JSON]:
        """What a category is where nothing was said."""
        shared: Document = {"name": "", "description": "", "parent": self.root}
        return {**shared, "system": False} if self.has_system else shared

    def judge(self, present: Stored | None, edit: Edit, view: View) -> Document:
        """Merge an edit of a category.

        Raises:
            InvalidError: the name is too short, or the root would get a parent.
        """
        category = laid_over(self.defaults, present, edit, view)
        name = category["name"]
        if not isinstance(name, str) or len(name) < SHORTEST_NAME:
            cause = f"Unexpected: ({self.label} name '{name}' must at least have a {SHORTEST_NAME} character size)"
            text = f"'{name}' must have at least {SHORTEST_NAME} characters"
            raise self._invalid(edit.action, edit.id, "name", text, cause)
        if edit.id == self.root and category["parent"] != self.root:
            text = f"the root '{self.root}' has no parent but itself; leave 'parent' out"
            raise self._invalid(edit.action, edit.id, "parent", text)
        return category

    def guard(self, present: Stored, edit: Edit, view: View) -> None:
        """Refuse to delete the root, and to change what belongs to the system.

        Raises:
            ConflictError: saying which of them it is.
        """
        system = present.document.get("system") is True and view.ctx.actor.kind != "system"
        if edit.action == "delete" and (system or edit.id == self.root):
            why = "system categories" if system else "the root category"
            verb = "cannot be deleted"
            raise ConflictError(
                f"{self.label} '{edit.id}' cannot be deleted: {why} {'stay' if system else 'stays'}; "
                "delete a category of your own",
                rudder=self._undeleted(edit.id, f"{why} {verb}."),
            )
        if system:
            text = f"{self.label} '{edit.id}' belongs to the system and stays as it is; make a category of your own"
            raise ConflictError(text, rudder=self._rudder(edit.action, edit.id, f"Inconsistency: {text}"))

    def check(self, change: Change, view: View) -> None:
        """Demand that a parent exists and is no descendant, and that a deleted category was empty.

        Raises:
            InvalidError: the parent is missing, inside the category itself, or too deep.
            ConflictError: something is still in the deleted category.
        """
        if change.after is None:
            self._check_empty(change.id, view)
            return
        parent = change.after.document["parent"]
        if change.id == self.root or (change.before is not None and change.before.document["parent"] == parent):
            return
        above = self._levels_above(change, view)
        below = self._levels_below(change.id, view) if change.before is not None else 0
        if above + 1 + below > MAX_LEVELS:
            text = (
                f"'{parent}' is so deep that the tree would have over {MAX_LEVELS} levels; choose one nearer the root"
            )
            raise self._invalid(change.action, change.id, "parent", text)

    def parent_of(self, category: Document) -> Iterable[tuple[str, str]]:
        """Name what a category is in; the root is in nothing."""
        if category["id"] != category["parent"]:
            yield "parent", str(category["parent"])

    def needs(self, edit: Edit) -> Iterable[tuple[str, str]]:
        """Name what judging an edit of a category reads."""
        if edit.action != "delete":
            yield self.kind, str(edit.fields.get("parent", self.root))

    def _levels_above(self, change: Change, view: View) -> int:
        seen = [change.id]
        while seen[-1] != self.root:
            here = view.get(self.kind, seen[-1])
            parent = str(here.document["parent"])
            if view.find(self.kind, parent) is None:
                text = f"{self.label} '{parent}' not found; create it first"
                cause = f"Inconsistency: {self.label} '{parent}' not found"
                raise self._invalid(change.action, change.id, "parent", text, cause)
            if parent in seen:
                inside = change.id if len(seen) == 1 else str(view.get(self.kind, change.id).document["parent"])
                text = f"'{inside}' is inside '{change.id}' itself; choose a parent outside it"
                raise self._invalid(change.action, change.id, "parent", text)
            seen.append(parent)
        return len(seen) - 1

    def _levels_below(self, document_id: str, view: View) -> int:
        levels, here = 0, [document_id]
        while levels < MAX_LEVELS:
            here = [one.id for inside in here for one in view.holders(self.kind, "parent", inside)]
            if not here:
                break
            levels += 1
        return levels

    def _check_empty(self, document_id: str, view: View) -> None:
        inside = [f"{self.label.lower()} '{one.id}'" for one in view.holders(self.kind, "parent", document_id)]
        inside += [f"{self.member_label} '{one.id}'" for one in view.holders(self.member, "categoryId", document_id)]
        if inside:
            more = f" and {len(inside) - NAMED_CONTENTS} more" if len(inside) > NAMED_CONTENTS else ""
            named = ", ".join(inside[:NAMED_CONTENTS]) + more
            raise ConflictError(
                f"{self.label} '{document_id}' cannot be deleted, because it holds {named}; move or delete that first",
                rudder=self._undeleted(document_id, f"it is not empty: it holds {named}."),
            )

    def _invalid(
        self, action: Action, document_id: str, name: str, text: str, cause: str | None = None
    ) -> InvalidError:
        rudder = self._rudder(action, document_id, cause or f"Inconsistency: {name}: {text}")
        return InvalidError(f"{self.label} '{document_id}': {name}: {text}", fields={name: [text]}, rudder=rudder)

    def _rudder(self, action: Action, document_id: str, cause: str) -> str:
        what = self.label.lower() if action == "create" else f"{self.label} '{document_id}'"
        return f"Could not {'update' if action == 'modify' else action} {what}; cause was: {cause}"

    def _undeleted(self, document_id: str, why: str) -> str:
        cause = f"Inconsistency: Could not delete {self.label.lower()} '{document_id}', cause is: {why}"
        return self._rudder("delete", document_id, cause)


def category_kind(tree: Categories) -> Kind:
    """Make the kind of document that a tree of categories consists of."""
    return Kind(
        name=tree.kind,
        label=tree.label,
        judge=tree.judge,
        guard=tree.guard,
        check=tree.check,
        keys=(Key("name"), Key("parent", derived=True), *((Key("system", "flag"),) if tree.has_system else ())),
        derived=tree.parent_of,
        derived_from=("parent",),
        needs=tree.needs,
        unknown=f"{tree.label} '{{id}}' was not found; GET {tree.list_path} lists those that exist",
        rudder_unknown=f"{tree.label} with id '{{id}}' was not found",
        rudder_exists=f"Cannot create a new {tree.label} with id '{{id}}' already exists",
    )
