"""What a search of events puts into them: who did it, and what it was about as it is now."""

from collections.abc import Mapping, Sequence
from typing import Final

from app.changes.review.model import KIND as CHANGE_REQUEST
from app.changes.work import Work
from app.core.canonical import Document
from app.http.review_search import requests_with
from app.http.search import Related
from app.people.role_shapes import roles_held
from app.people.searching import users_with
from app.resources.events.rows import actor_of
from app.store.documents import some_documents
from app.store.log import Event
from app.store.session import TenantSession

SEARCHED_KINDS: Final[Mapping[str, str]] = {
    "rule": "rules",
    "directive": "directives",
    "technique": "techniques",
    "group": "groups",
    "parameter": "parameters",
    "ruleCategory": "ruleCategories",
    "groupCategory": "groupCategories",
    "team": "teams",
}
"""The kinds of documents that an event's object is shown of, and whoever lists all of them may see it."""

_USERS: Final = users_with(lambda one: [one.actor.id] if one.actor.kind == "user" else [])


def _number_of(one: Event) -> int | None:
    """Give the change request that brought an event, or that the event is a step of."""
    if one.change_request is not None:
        return one.change_request.id
    return int(one.object_id) if one.object_kind == CHANGE_REQUEST and one.object_id else None


find_change_requests: Final = requests_with(_number_of)


def show_actors(_work: Work, events: Sequence[Event]) -> list[Document]:
    """Show who did each event; no address, whoever asks."""
    return [actor_of(one) for one in events]


def find_roles_of_actors(session: TenantSession, events: Sequence[Event]) -> Related:
    """Find the roles of those who did each event and are people."""
    return roles_held(session, [found[0] if found else None for found in _USERS(session, events)])


def find_objects(session: TenantSession, events: Sequence[Event]) -> Related:
    """Find what each event is about, as it is now."""
    keys = {(one.object_kind, one.object_id) for one in events if one.object_kind in SEARCHED_KINDS and one.object_id}
    found = some_documents(session, {(str(kind), str(name)) for kind, name in keys})
    return [[found[key]] if (key := (str(one.object_kind), str(one.object_id))) in found else [] for one in events]
