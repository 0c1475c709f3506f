"""A small resource of the tests: what the HTTP layer does is shown on it, without a database."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from app.core.canonical import JSON, canonical
from app.core.context import Context
from app.core.errors import AlreadyExistsError, NotFoundError, StaleError, UnavailableError
from app.http.endpoint import (
    ARRAY,
    BARE,
    NOTHING,
    PUBLIC,
    TEXT,
    Answer,
    Endpoint,
    Given,
    Paging,
    Shown,
    list_under,
    object_under,
)
from app.http.seams import Intent
from app.http.versions import Lifespan
from app.store.session import Seen
from tests.http.sample_schema import LampInput, LampQuery, LampSchema

T0 = 1_767_323_045_678


@dataclass(frozen=True)
class Document:
    id: str
    body: str
    revision: int = 1
    created: int = T0
    updated: int = T0


def document(**members: JSON) -> Document:
    return Document(str(members["id"]), canonical(members).decode())


@dataclass
class Shelf:
    """What the sample resource keeps."""

    lamps: dict[str, Document] = field(default_factory=dict)
    opened: list[Context] = field(default_factory=list)
    released: int = 0
    intents: list[Intent] = field(default_factory=list)
    seen: list[Given] = field(default_factory=list)
    head: str = "head-1"
    closed: bool = False

    def open_work(self, context: Context, intent: Intent) -> "Work":
        if self.closed:
            raise UnavailableError("The database is away", retry_after_s=3)
        self.opened.append(context)
        self.intents.append(intent)
        return Work(self)


@dataclass
class Work:
    shelf: Shelf
    waiting: None = None
    foreseen: None = None

    def foresee(self, _seen: Seen) -> None:
        raise AssertionError("no lamp is read along with a credential")

    def release(self) -> None:
        self.shelf.released += 1


def seen(view: Callable[[Work, Given], Answer]) -> Callable[[Work, Given], Answer]:
    def noting(work: Work, given: Given) -> Answer:
        work.shelf.seen.append(given)
        return view(work, given)

    return noting


def get_lamp(work: Work, lamp_id: str) -> Document:
    if lamp_id not in work.shelf.lamps:
        raise NotFoundError(f"Lamp '{lamp_id}' was not found", rudder=f"Lamp with id '{lamp_id}' was not found")
    return work.shelf.lamps[lamp_id]


def list_lamps(work: Work, given: Given) -> Answer:
    ids = sorted(work.shelf.lamps)
    shown = [work.shelf.lamps[each] for each in ids if given.page is None or each > given.page.after]
    return Answer.many(iter(shown)) if given.page is None else Answer.paged(shown, given.page)


def show_lamp(work: Work, given: Given) -> Answer:
    lamp = get_lamp(work, given.path["id"])
    return Answer.one(Shown(lamp, {"status": {"value": "on"}}))


def create_lamp(work: Work, given: Given) -> Answer:
    lamp_id = str(given.fields.get("id", "made"))
    if lamp_id in work.shelf.lamps:
        raise AlreadyExistsError(f"Lamp '{lamp_id}' exists already; update it or choose another id")
    members = {key: value for key, value in given.document.items() if key != "source"}
    lamp = document(**{**members, "id": lamp_id})
    work.shelf.lamps[lamp_id] = lamp
    return Answer.one(Shown(lamp), action="cloneLamp" if "source" in given.fields else None)


def update_lamp(work: Work, given: Given) -> Answer:
    lamp = get_lamp(work, given.path["id"])
    if given.if_match not in (None, lamp.revision):
        raise StaleError(f"Lamp '{lamp.id}' was changed since it was read (revision {lamp.revision}); read it again")
    body = canonical({**json.loads(lamp.body), **given.document}).decode()
    lamp = replace(lamp, body=body, revision=lamp.revision + 1)
    if not given.dry_run:
        work.shelf.lamps[lamp.id] = lamp
    return Answer.one(Shown(lamp, {"changeRequestId": "7"} if given.change_request_name else {}))


def lamp_tree(_work: Work, _given: Given) -> Answer:
    return Answer.one({"id": "root", "displayName": "All lamps"})


def break_down(_work: Work, _given: Given) -> Answer:
    raise RuntimeError("the secret of the cellar")


def head(work: Work, _given: Given) -> str:
    return work.shelf.head


def words(text: str) -> Callable[[Work, Given], Answer]:
    return lambda _work, _given: Answer.plain(text)


LAMPS = list_under("lamps")

ENDPOINTS = (
    Endpoint(
        methods=("GET",),
        path="/lamps",
        action="listLamps",
        summary="List lamps",
        right="rule_read",
        view=seen(list_lamps),
        container=LAMPS,
        query=LampQuery,
        output=LampSchema,
        paging=Paging(),
        state=head,
    ),
    Endpoint(
        methods=("PUT",),
        path="/lamps",
        action="createLamp",
        summary="Create a lamp",
        right="rule_write",
        view=seen(create_lamp),
        container=LAMPS,
        input=LampInput,
        output=LampSchema,
        id_from="result",
        unreadable="Could not extract lamp parameters from request",
    ),
    Endpoint(
        methods=("GET",),
        path="/lamps/{id}",
        action="lampDetails",
        summary="Show a lamp",
        right="rule_read",
        view=seen(show_lamp),
        container=LAMPS,
        output=LampSchema,
        id_from="result",
    ),
    Endpoint(
        methods=("POST",),
        path="/lamps/{id}",
        action="updateLamp",
        summary="Update a lamp",
        right="rule_write",
        view=seen(update_lamp),
        container=LAMPS,
        input=LampInput,
        partial=True,
        output=LampSchema,
        id_from="result",
        dry_run=True,
    ),
    Endpoint(
        methods=("GET",),
        path="/lamps/tree",
        action="getLampTree",
        summary="Show all lamps as a tree",
        right="rule_read",
        view=seen(lamp_tree),
        container=object_under("lampTree"),
        lifespan=Lifespan(6),
    ),
    Endpoint(
        methods=("GET", "POST"),
        path="/lamps/{id}/reload",
        action="reloadLamp",
        summary="Load a lamp again",
        right="rule_write",
        write=True,
        view=words("reloaded"),
        container=BARE,
        id_from="path",
    ),
    Endpoint(
        methods=("GET",),
        path="/lamps/categories/{id}",
        action="lampCategory",
        summary="Show a category",
        right="rule_read",
        view=seen(show_lamp),
        container=list_under("lampsCategories", wrap="lampCategories"),
        id_from="path",
        lifespan=Lifespan(6),
    ),
    Endpoint(
        methods=("GET",),
        path="/people",
        action="listPeople",
        summary="List people as Rudder does",
        right="administration_read",
        view=lambda _work, _given: Answer.many([{"username": "ann"}]),
        container=ARRAY,
        lifespan=Lifespan(2, 24),
    ),
    Endpoint(
        methods=("GET",),
        path="/people",
        action="listOurPeople",
        summary="List people",
        right="user_read",
        view=lambda _work, _given: Answer.many([{"id": "ann"}]),
        container=list_under("people"),
        lifespan=Lifespan(25),
    ),
    Endpoint(
        methods=("POST",),
        path="/people",
        action="savePeople",
        summary="Replace the people",
        right="administration_write",
        view=lambda _work, given: Answer.plain(given.body),
        container=BARE,
        json_only=True,
    ),
    Endpoint(
        methods=("POST",),
        path="/reload",
        action="reload",
        summary="Reload all",
        right="administration_write",
        view=lambda _work, _given: Answer(),
        container=NOTHING,
    ),
    Endpoint(
        methods=("GET",),
        path="/table",
        action="table",
        summary="A table as text",
        right="compliance_read",
        view=words('"a","b"\n'),
        container=TEXT,
    ),
    Endpoint(
        methods=("GET",),
        path="/motd",
        action="motd",
        summary="A public word",
        right=PUBLIC,
        view=words("hello"),
        container=BARE,
    ),
    Endpoint(
        methods=("GET",),
        path="/broken",
        action="broken",
        summary="Fails",
        right="rule_read",
        view=break_down,
        container=BARE,
    ),
)
