"""The JSON form of review policies."""

from app.http.fields import Flag, JsonValue, Number, Text
from app.http.schemas import ApiSchema


class ReviewPolicyInput(ApiSchema):
    """What a caller may send for a policy; `app.changes.review.policy` says what the members hold."""

    ignored = ("unsatisfiable",)

    id = Text(max_length=1000)
    name = Text(max_length=255)
    description = Text(max_length=10_000)
    enabled = Flag()
    priority = Number()
    match = JsonValue(shape="object")
    require = JsonValue(shape="list")
    independent = Flag()
    expires_after = Text(data_key="expiresAfter", max_length=40)
    freeze = JsonValue(shape="list")
    confirm_within = Text(data_key="confirmWithin", max_length=40)


class ReviewPolicySchema(ApiSchema):
    """A policy as it is shown; `unsatisfiable` says for which of its teams there are too few people."""

    change_request = Text(data_key="changeRequestId", metadata={"omit_empty": True})
    id = Text()
    name = Text()
    description = Text()
    enabled = Flag()
    priority = Number()
    match = JsonValue(shape="object")
    require = JsonValue(shape="list")
    independent = Flag()
    expires_after = Text(data_key="expiresAfter")
    freeze = JsonValue(shape="list")
    confirm_within = Text(data_key="confirmWithin")
    unsatisfiable = JsonValue(metadata={"omit_empty": True})
