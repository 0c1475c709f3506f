"""The JSON form of webhooks and of their deliveries."""

from app.http.fields import Flag, Number, Text, TextList
from app.http.schemas import ApiSchema


class WebhookInput(ApiSchema):
    """What a caller may send; `types` are event types as `GET /events` shows them, none means all.

    What else is shown may be posted back.
    """

    ignored = ("state", "failingSince", "fault", "nextAttemptAt", "lastSeq")

    id = Text(max_length=64, pattern="[A-Za-z0-9][A-Za-z0-9_-]*")
    name = Text(required=True, min_length=1)
    url = Text(required=True, max_length=2000)
    types = TextList(is_set=True)
    enabled = Flag()


class WebhookChange(WebhookInput):
    """What a caller may send for a webhook that exists; with `rotateSecret` a new secret is made and shown."""

    rotate_secret = Flag(data_key="rotateSecret")


class WebhookSchema(ApiSchema):
    """A webhook as it is shown; `secret` only when it was made, `lastSeq` is the last event that is done with."""

    id = Text()
    name = Text()
    url = Text()
    types = TextList()
    enabled = Flag()
    state = Text()
    failing_since = Text(data_key="failingSince", metadata={"nullable": True})
    fault = Text(metadata={"nullable": True})
    next_attempt = Text(data_key="nextAttemptAt", metadata={"nullable": True})
    last_seq = Number(data_key="lastSeq")
    secret = Text()
    created = Text(data_key="createdAt")
    updated = Text(data_key="updatedAt")


class DeliverySchema(ApiSchema):
    """One event on its way to a webhook, or how that ended; `status` is the target's answer."""

    id = Text()
    seq = Number()
    type = Text()
    state = Text()
    by_hand = Flag(data_key="byHand")
    attempts = Number()
    status = Number(metadata={"nullable": True})
    fault = Text(metadata={"nullable": True})
    took_ms = Number(data_key="tookMs", metadata={"nullable": True})
    created = Text(data_key="createdAt")
    updated = Text(data_key="updatedAt")
