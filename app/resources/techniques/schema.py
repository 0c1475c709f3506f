"""The JSON form of techniques."""

from app.http.fields import Flag, JsonValue, Record, Text
from app.http.schemas import ApiSchema

FORCED = ("source", "system", "applicable", "applicableReason")
"""Members that are the server's to say, whatever a client sends."""


class TechniqueInput(ApiSchema):
    """What a caller may send for a technique; `docs/techniques.md` says what each member means."""

    ignored = FORCED

    id = Text()
    name = Text(required=True)
    version = Text(required=True)
    category = Text(max_length=1100)
    description = Text(max_length=10_000)
    documentation = Text(max_length=100_000)
    enabled = Flag()
    parameters = JsonValue()
    resources = JsonValue(shape="list")
    calls = JsonValue(shape="list")
    tags = JsonValue()
    internal_id = Text(data_key="internalId", max_length=1000)


class ResourceSchema(ApiSchema):
    """A file of a technique, without its content."""

    name = Text()
    state = Text()


class TechniqueSchema(ApiSchema):
    """A technique as it is shown; 25 shows the stored document."""

    change_request = Text(data_key="changeRequestId", metadata={"omit_empty": True})
    id = Text()
    name = Text()
    version = Text()
    category = Text()
    description = Text()
    source = Text()
    parameters = JsonValue(shape="object")
    resources = Record(ResourceSchema, many=True)
    calls = JsonValue(shape="list")


class ForceQuery(ApiSchema):
    """How a technique is deleted."""

    force = Flag()
