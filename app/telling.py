"""Wires what leaves the server to one installation."""

from collections.abc import Callable

from app.boot import Installation
from app.config import Config
from app.core.context import Context
from app.core.outbound import Reach
from app.http.endpoint import Given
from app.http.envelope import dump
from app.http.versions import LATEST, era_of
from app.notify.deliveries import Deliverer, EventBody
from app.notify.posting import Poster
from app.resources.events.routes import show_event


def deliverer_of(config: Config, opened: Installation, is_stopping: Callable[[], bool] = lambda: False) -> Deliverer:
    """Make what tells the webhooks of an installation."""
    return Deliverer(
        database=opened.database,
        ring=opened.committer.ring,
        committer=opened.committer,
        event_body=event_body_of(opened),
        poster=Poster(Reach(config.webhook_networks), config.webhook_timeout_s),
        is_stopping=is_stopping,
    )


def event_body_of(opened: Installation) -> EventBody:
    """Make what reads an event as the newest version of `GET /events/{seq}` shows it."""

    def event_body(tenant: str, seq: int) -> bytes:
        work = opened.work(Context.system(tenant, "Tell a webhook of an event"))
        try:
            (event,) = show_event(work, Given(path={"seq": str(seq)}, era=era_of(LATEST))).items
            return dump(event).encode()  # type: ignore[arg-type]  # the view answers documents
        finally:
            work.release()

    return event_body
