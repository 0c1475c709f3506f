"""The endpoints that every tree of categories has, and the tree itself with all that is in it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from app.changes.change import Change, Edit
from app.changes.history import find_at
from app.changes.kinds import Kind
from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.clock import rfc3339
from app.core.errors import NotFoundError
from app.core.values import dataclass
from app.http.collection import STRICT, creation_of, head_of
from app.http.computed import Computed, answer_one
from app.http.endpoint import Answer, Container, Endpoint, Given, Shown
from app.http.history import AtQuery, history_endpoint
from app.http.schemas import ApiSchema
from app.http.versions import Lifespan
from app.http.why import why_endpoint
from app.http.writing import Writing, writing_of
from app.store.documents import Stored, find_document, holders, list_documents

SINCE = Lifespan(6)
SHAPED = Lifespan(6, 24)

MoreComputed = Callable[[str], Mapping[str, JSON]]


def _nothing_more(_category: str) -> Mapping[str, JSON]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryCollection:
    """How a kind of category is reached.

    `name` is the end of the action names (`createRuleCategory`). `deleted` is the container of a deletion. `members` is
    the computed list of what a category holds, documents of the kind `member`; `more` computes what else it shows.
    `id_on_errors` says that the envelope carries the path's id, `id_of_new` that it carries that of a new category.
    """

    kind: Kind
    path: str
    name: str
    right: str
    container: Container
    deleted: Container
    input: type[ApiSchema]
    output: type[ApiSchema]
    member: str
    members: str
    more: MoreComputed = _nothing_more
    id_on_errors: bool = False
    id_of_new: bool = True


def category_endpoints(one: CategoryCollection) -> tuple[Endpoint, ...]:
    """Declare details, creation, change, deletion and history of a kind of category."""
    noun, singular = one.kind.label.lower(), one.name[:1].lower() + one.name[1:]
    details = Endpoint(
        methods=("GET",),
        path=f"{one.path}/{{id}}",
        action=f"get{one.name}Details",
        summary=f"Show one {noun} and the ids of what is in it",
        right=f"{one.right}_read",
        view=_shower(one),
        container=one.container,
        query=AtQuery,
        output=one.output,
        lifespan=SINCE,
        id_from="path" if one.id_on_errors else "result",
    )
    writes = replace(details, right=f"{one.right}_write", query=None, input=one.input, dry_run=True)
    return (
        details,
        replace(
            writes,
            methods=("PUT",),
            creates=True,
            path=one.path,
            action=f"create{one.name}",
            summary=f"Create a {noun}",
            view=_creator(one),
            id_from="result" if one.id_of_new else None,
        ),
        replace(
            writes,
            methods=("POST",),
            action=f"update{one.name}",
            summary=f"Change or move a {noun}",
            view=_updater(one),
            partial=True,
        ),
        replace(
            writes,
            methods=("DELETE",),
            action=f"delete{one.name}",
            summary=f"Delete a {noun} that is empty",
            view=_deleter(one),
            container=one.deleted,
            input=None,
        ),
        history_endpoint(one.kind, f"{one.path}/{{id}}", singular, f"{one.right}_read"),
        why_endpoint(one.kind, f"{one.path}/{{id}}", singular, f"{one.right}_read"),
    )


def _computed(one: CategoryCollection, work: Work) -> Computed:
    def computed(stored: Stored) -> Mapping[str, JSON]:
        inside: list[JSON] = []
        inside.extend(held.id for held in holders(work.session, one.kind.name, "parent", stored.id))
        members: list[JSON] = []
        members.extend(held.id for held in holders(work.session, one.member, "categoryId", stored.id))
        return {"categories": inside, one.members: members, **one.more(stored.id)}

    return computed


def _shower(one: CategoryCollection) -> Callable[[Work, Given], Answer]:
    def view(work: Work, given: Given) -> Answer:
        document_id, at = given.path["id"], given.query.get("at")
        if at is not None:
            return Answer.one(Shown(find_at(work.session, one.kind, document_id, str(at)), bare=True))
        stored = find_document(work.session, one.kind.name, document_id)
        if stored is None:
            raise one.kind.missing(document_id)
        return answer_one(stored, _computed(one, work)(stored))

    return view


def _creator(one: CategoryCollection) -> Callable[[Work, Given], Answer]:
    def view(work: Work, given: Given) -> Answer:
        return _shown(one, work, replace(creation_of(given), kind=one.kind.name))

    return view


def _updater(one: CategoryCollection) -> Callable[[Work, Given], Answer]:
    def view(work: Work, given: Given) -> Answer:
        fields = {name: value for name, value in given.document.items() if name != "id"}
        edit = Edit(one.kind.name, given.path["id"], "modify", fields, expected_revision=given.if_match)
        return _shown(one, work, edit)

    return view


def _deleter(one: CategoryCollection) -> Callable[[Work, Given], Answer]:
    def view(work: Work, given: Given) -> Answer:
        return _shown(one, work, Edit(one.kind.name, given.path["id"], "delete", expected_revision=given.if_match))

    return view


def _shown(one: CategoryCollection, work: Work, edit: Edit) -> Answer:
    return _answer(one, work, work.submit([edit]).asked[0])


def _answer(one: CategoryCollection, work: Work, change: Change) -> Answer:
    return answer_one(change.shown, _computed(one, work)(change.shown))


def category_writing(one: CategoryCollection, endpoints: Iterable[Endpoint]) -> Writing:
    """Say how categories of the kind are written."""
    return writing_of(endpoints, one.path, f"{one.path}/{{id}}", lambda work, change: _answer(one, work, change))


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeOf:
    """A tree of categories shown whole, with whole members; `named_root` puts the root's id into the envelope.

    `shows` chooses the documents of a request; the root is always shown. `output` has the members under `members`.
    """

    path: str
    action: str
    right: str
    container: Container
    output: type[ApiSchema]
    category: str
    member: str
    members: str
    root: str
    computed: Callable[[Work], Computed]
    more: MoreComputed = _nothing_more
    query: type[ApiSchema] | None = None
    shows: Callable[[Stored, Given], bool] = lambda _stored, _given: True
    named_root: bool = False
    state: Callable[[Work, Given], str] = head_of


def tree_endpoints(one: TreeOf) -> tuple[Endpoint, ...]:
    """Declare the endpoint of a tree: re-shaped by schema up to version 24, whole stored bodies from 25 on."""
    shaped = Endpoint(
        methods=("GET",),
        path=one.path,
        action=one.action,
        summary=f"Show the tree of categories with its {one.members}",
        right=f"{one.right}_read",
        view=lambda work, given: Answer.one(_grown(one, work, given)),
        container=one.container,
        query=one.query,
        output=one.output,
        lifespan=SHAPED,
        id_from="result" if one.named_root else None,
        state=one.state,
    )
    return (
        shaped,
        replace(shaped, view=lambda work, given: Answer.plain(_grown(one, work, given), id=one.root), lifespan=STRICT),
    )


def _grown(one: TreeOf, work: Work, given: Given) -> Document:
    computed = one.computed(work)
    children = _by(list_documents(work.session, one.category), "parent")
    members = _by(list_documents(work.session, one.member), "categoryId")

    def grow(category: Stored) -> Document:
        branches = (inner for inner in children.get(category.id, ()) if inner.id != one.root)
        inside: list[JSON] = [grow(inner) for inner in branches if one.shows(inner, given)]
        held: list[JSON] = [
            whole(each, computed(each)) for each in members.get(category.id, ()) if one.shows(each, given)
        ]
        return whole(category, {"categories": inside, one.members: held, **one.more(category.id)})

    root = next((each for each in children.get(one.root, ()) if each.id == one.root), None)
    if root is None:
        raise NotFoundError(f"This tenant has no category '{one.root}', which is the root of the tree; restore it")
    return grow(root)


def _by(stored: Iterable[Stored], name: str) -> dict[str, list[Stored]]:
    found: dict[str, list[Stored]] = {}
    for one in stored:
        found.setdefault(str(one.document[name]), []).append(one)
    return found


def whole(stored: Stored, computed: Mapping[str, JSON]) -> Document:
    """Give a stored document as version 25 shows it, to stand inside another object."""
    return {**stored.document, **dict(_ours(stored)), **computed}


def _ours(stored: Stored) -> Iterator[tuple[str, JSON]]:
    yield "revision", stored.revision
    yield "createdAt", rfc3339(stored.created)
    yield "updatedAt", rfc3339(stored.updated)
