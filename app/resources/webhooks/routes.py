"""Where webhooks are reached."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from app.changes.work import Work
from app.http.endpoint import Answer, Endpoint, Given, Item, Needed, Page, Paging, list_under
from app.http.resource import Resource
from app.http.search import Searchable
from app.http.versions import Lifespan
from app.resources.webhooks import service
from app.resources.webhooks.schema import DeliverySchema, WebhookChange, WebhookInput, WebhookSchema
from app.store.keys import Key

PATH: Final = "/webhooks/{id}"
DELIVERIES: Final = list_under("deliveries")
DEFAULT_LIMIT: Final = 100
NEWEST: Final = "~"
"""Sorts after every id of a delivery."""


def show_all(work: Work, given: Given) -> Answer:
    """List the webhooks."""
    webhooks = service.list_webhooks(work)
    if given.page is None:
        return Answer.many(webhooks)
    later: list[Item] = [one for one in webhooks if str(one["id"]) > given.page.after]
    return Answer.paged(later[: given.page.limit + 1], given.page)


def show(work: Work, given: Given) -> Answer:
    """Show one webhook."""
    return Answer.one(service.get_webhook(work, given.path["id"]))


def create(work: Work, given: Given) -> Answer:
    """Make a webhook."""
    return Answer.one(service.create_webhook(work, given.document))


def update(work: Work, given: Given) -> Answer:
    """Change a webhook."""
    return Answer.one(service.update_webhook(work, given.path["id"], given.document))


def delete(work: Work, given: Given) -> Answer:
    """Delete a webhook."""
    return Answer.one(service.delete_webhook(work, given.path["id"]))


def show_deliveries(work: Work, given: Given) -> Answer:
    """Show a page of what was sent."""
    page = given.page or Page(DEFAULT_LIMIT)
    before = page.after or NEWEST
    return Answer.paged(service.list_deliveries(work, given.path["id"], before=before, most=page.limit + 1), page)


def redeliver(work: Work, given: Given) -> Answer:
    """Send an event again."""
    return Answer.one(service.redeliver(work, given.path["id"], given.path["delivery"]))


_READING_EVENTS: Final = Needed(
    Endpoint(methods=("GET",), path="/events", action="", summary="", right="event_read", view=lambda *_: Answer()),
    ("events",),
)


def _reads_events(_work: Work, _given: Given) -> Iterable[Needed]:
    """Ask for the right to read what a webhook is sent: nobody has more told than they may see."""
    return (_READING_EVENTS,)


def _endpoint(
    method: str,
    path: str,
    action: str,
    summary: str,
    view: Callable[[Work, Given], Answer],
    **more: Any,  # noqa: ANN401
) -> Endpoint:
    right = "webhook_read" if method == "GET" else "webhook_write"
    declared = {"container": list_under("webhooks"), "output": WebhookSchema, "id_from": "result", **more}
    return Endpoint(
        methods=(method,),
        path=path,
        action=action,
        summary=summary,
        right=right,
        view=view,
        lifespan=Lifespan(25),
        **declared,
    )


ENDPOINTS = (
    _endpoint("GET", "/webhooks", "listWebhooks", "List all webhooks, by id", show_all, paging=Paging(), id_from=None),
    _endpoint(
        "PUT", "/webhooks", "createWebhook", "Make a webhook; its secret is shown this once", create,
        input=WebhookInput, creates=True, needs=_reads_events,
    ),
    _endpoint("GET", PATH, "webhookDetails", "Show one webhook", show),
    _endpoint(
        "POST", PATH, "updateWebhook", "Change a webhook, switch it on or off, or give it a new secret", update,
        input=WebhookChange, partial=True, needs=_reads_events,
    ),
    _endpoint("DELETE", PATH, "deleteWebhook", "Delete a webhook with the log of its deliveries", delete),
    _endpoint(
        "GET", f"{PATH}/deliveries", "listWebhookDeliveries", "List what a webhook was sent, newest first",
        show_deliveries, container=DELIVERIES, output=DeliverySchema, paging=Paging(default=DEFAULT_LIMIT),
        id_from=None,
    ),
    _endpoint(
        "POST", f"{PATH}/deliveries/{{delivery}}/redeliver", "redeliverWebhook",
        "Send the event of a delivery once more, now", redeliver,
        container=DELIVERIES, output=DeliverySchema, needs=_reads_events, errors=(409,),
    ),
)  # fmt: skip

_KEYS: Final = (
    *(Key(name) for name in ("id", "name", "state")),
    Key("types", many=True),
    Key("enabled", "flag"),
    Key("lastSeq", "number"),
    *(Key(name, "date") for name in ("failingSince", "nextAttemptAt", "createdAt", "updatedAt")),
)
SEARCH: Final = Searchable(
    name="webhooks",
    path="/webhooks",
    right="webhook_read",
    show=lambda _work, webhooks: [*webhooks],
    keys={key.name: key for key in _KEYS},
    listed=service.list_webhooks,
)
"""The URL is no key: it may hold a password of the target's."""

RESOURCE = Resource(name="webhooks", endpoints=ENDPOINTS, searchables=(SEARCH,))
