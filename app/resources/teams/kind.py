"""Teams as documents, so that a change of one is reviewed, logged and in git; members are ids, which say nothing."""

from collections.abc import Mapping

from app.changes.change import Change, Edit
from app.changes.kinds import Kind, View, laid_over
from app.core.canonical import JSON, Document
from app.core.errors import InvalidError
from app.store.documents import Stored
from app.store.keys import Key

DEFAULTS: Mapping[str, JSON] = {"name": "", "description": "", "members": []}


def judge_team(present: Stored | None, edit: Edit, view: View) -> Document:
    """Merge an edit of a team; a member may be given by user name, and is kept by id, which nobody takes over."""
    document = laid_over(DEFAULTS, present, edit, view)
    if "members" in edit.fields:
        given = members_of(document)
        ids = view.people_named(sorted(set(given) - view.people(given)))
        document["members"] = [*sorted({ids.get(member, member) for member in given})]
    return document


def check_members(change: Change, view: View) -> None:
    """Refuse new members who are no people of the tenant; those who left since stay listed and have no effect.

    Raises:
        InvalidError: naming each of them.
    """
    if change.after is None:
        return
    before = set(members_of(change.before.document)) if change.before is not None else set()
    joining = [member for member in members_of(change.after.document) if member not in before]
    wrong = sorted(set(joining) - view.people(joining))
    if wrong:
        texts = [f"User '{user[:80]}' was not found; members are ids or user names of GET /users" for user in wrong]
        raise InvalidError("; ".join(texts), fields={"members": texts})


def members_of(team: Document) -> list[str]:
    """Give the ids of a team's members."""
    members = team.get("members")
    return [str(member) for member in members] if isinstance(members, list) else []


TEAM = Kind(
    name="team",
    label="Team",
    judge=judge_team,
    check=check_members,
    keys=(Key("name"), Key("members", many=True)),
    unknown="Team '{id}' was not found; GET /teams lists those that exist",
)
