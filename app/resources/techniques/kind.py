"""Techniques as documents: one per version, and what a change of one means for its directives."""

from collections.abc import Iterable

from app.changes.change import Action, Change, Edit
from app.changes.kinds import Kind, View, refuse_system
from app.core.canonical import Document
from app.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from app.core.values import dataclass
from app.fleet.techniques.definition import read_technique
from app.fleet.techniques.parameters import complete_parameters
from app.fleet.techniques.stored import technique_of
from app.store.documents import Stored
from app.store.keys import Key

SHOWN = 10
"""Directives that a refusal names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TechniqueKind(Kind):
    """The kind of techniques, whose document ids are `<name>:<version>`."""

    def segment(self, document_id: str) -> str:
        """Give the technique's name, which is the first segment of its paths."""
        return document_id.partition(":")[0]

    def missing(self, document_id: str, action: Action | None = None) -> NotFoundError:  # noqa: ARG002  one text for all
        """Build the error for a version that is not there."""
        name, _, version = document_id.rpartition(":")
        text = f"Version '{version}' of Technique '{name}' does not exist"
        return NotFoundError(f"{text}; GET /techniques/{name} lists those that do", rudder=text)


def judge_technique(present: Stored | None, edit: Edit, view: View) -> Document:
    """Merge an edit of a technique and check the definition.

    Raises:
        InvalidError: the definition has faults, all of them named.
        ForbiddenError: the parameters of a technique that the agent carries out were to be changed.
    """
    name, _, version = edit.id.rpartition(":")
    base = present.document if present is not None else {}
    kept = {} if edit.whole else base
    document = read_technique({**kept, **edit.fields, "id": name, "version": version}).to_document()
    _refuse_other_parameters(base, document, edit, view)
    return document


def _refuse_other_parameters(before: Document, after: Document, edit: Edit, view: View) -> None:
    """Keep what the agent acts on: with other parameters it would be handed values that nothing has checked."""
    if before.get("applicable") is not True or view.ctx.actor.kind == "system":
        return
    if after["parameters"] != before["parameters"]:
        raise ForbiddenError(
            f"The parameters of technique '{edit.id}' belong to the starter library and stay as they are; "
            "create a technique of your own"
        )


def check_technique(change: Change, view: View) -> None:
    """Demand that no directive uses a deleted technique, and that those of a changed one fit it.

    Raises:
        ConflictError: naming the directives of a deleted technique.
        InvalidError: naming a directive whose parameters do not fit.
    """
    if change.before is None:
        return
    directives = view.holders("directive", "technique", change.id)
    if change.after is None:
        if directives:
            raise _in_use(change.id, directives)
        return
    if not _has_new_parameters(change):
        return
    technique = technique_of(change.after.body)
    for directive in directives:
        try:
            complete_parameters(technique, directive.document["parameters"])
        except InvalidError as error:
            text = f"Directive '{directive.id}' would not fit the changed technique '{change.id}': {error.message}"
            raise InvalidError(text, fields={"parameters": [text]}) from error


def _in_use(technique: str, directives: list[Stored]) -> ConflictError:
    names = ", ".join(f"'{one.id}' ({one.name})" for one in directives[:SHOWN])
    more = f" and {len(directives) - SHOWN} more" if len(directives) > SHOWN else ""
    used = f"Technique '{technique}' is used by the directives {names}{more}"
    return ConflictError(f"{used}; delete them first, or send force=true, which deletes them too")


def bring_directives_along(change: Change, view: View) -> Iterable[Edit]:
    """Delete the directives of a technique that is deleted by force; complete those of a changed one again."""
    if change.after is None:
        action = "delete" if change.force else None
    else:
        action = "modify" if _has_new_parameters(change) else None
    if action is not None:
        for directive in view.holders("directive", "technique", change.id):
            yield Edit("directive", directive.id, "delete" if action == "delete" else "modify")


def _has_new_parameters(change: Change) -> bool:
    if change.before is None or change.after is None:
        return False
    return change.before.document["parameters"] != change.after.document["parameters"]


KEYS = (
    Key("id"),  # the name in URLs and directives, which all versions share
    Key("name"),
    Key("version"),
    Key("category"),
    Key("source"),
    Key("enabled", "flag"),
    Key("system", "flag"),
    Key("applicable", "flag"),
)

TECHNIQUE = TechniqueKind(
    name="technique",
    label="Technique",
    judge=judge_technique,
    guard=refuse_system,
    check=check_technique,
    keys=KEYS,
    cascade=bring_directives_along,
    unknown="Technique '{id}' was not found; GET /techniques lists those that exist",
)
