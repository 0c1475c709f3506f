"""Change requests as they are searched: their keys, and what can be put into them."""

from collections.abc import Mapping, Sequence
from typing import Final

from app.changes.review.model import ChangeRequest, Contributor
from app.changes.work import Work
from app.core.canonical import Document
from app.http.review_search import AUTHOR, REQUESTS_TABLE, person_json
from app.http.search import Extension, Related, Searchable
from app.http.writing import Writing
from app.people.role_shapes import roles_held
from app.people.searching import users_with
from app.resources.changerequests.finding import acceptable_of
from app.resources.changerequests.shape import rudder_json
from app.resources.changerequests.showing import change_json, own_json, review_json
from app.store.keys import Key
from app.store.session import TenantSession

READ: Final = ("validator_read", "deployer_read", "configuration_read")
"""The rights of which any opens change requests."""

_KEYS: Final = (
    Key("id", "number"),
    *(Key(name) for name in ("name", "displayName", "description", "state", "status", "author")),
    Key("revision", "number"),
    Key("kind", many=True, whole=True),
    Key("object", many=True, whole=True),
    *(Key(name, "date") for name in ("createdAt", "updatedAt")),
)
_USERS: Final = users_with(lambda one: [one.id] if one.kind == "user" else [])


def _roles(session: TenantSession, people: Sequence[Contributor]) -> Related:
    return roles_held(session, [found[0] if found else None for found in _USERS(session, people)])


_EXTENSIONS: Final = {
    "author": AUTHOR,
    "author.roles": Extension(find=_roles, target="roles", many=True),
    "changes": Extension(
        find=lambda _session, requests: [one.wanted for one in requests],
        show=lambda _work, wanted: [change_json(one) for one in wanted],
        many=True,
    ),
    "reviews": Extension(
        find=lambda _session, requests: [one.reviews for one in requests],
        show=lambda _work, reviews: [review_json(one) for one in reviews],
        many=True,
    ),
    "reviews.author": Extension(
        find=lambda _session, reviews: [[one.reviewer] for one in reviews],
        show=lambda _work, people: [person_json(one) for one in people],
    ),
}


def search_of(writings: Mapping[str, Writing]) -> Searchable:
    """Declare the search; `writings` says, by kind, how the documents that are changed are shown."""

    def show(work: Work, rows: Sequence[ChangeRequest]) -> list[Document]:
        acceptable = acceptable_of(work, rows)
        return [{**rudder_json(one, work, writings, acceptable=acceptable[one.id]), **own_json(one)} for one in rows]

    return Searchable(
        name="changeRequests",
        path="/changeRequests",
        right=READ,
        show=show,
        keys={key.name: key for key in _KEYS},
        source=lambda _work: REQUESTS_TABLE,
        extensions=_EXTENSIONS,
    )
