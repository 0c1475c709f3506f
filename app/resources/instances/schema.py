"""The JSON form of instances."""

from app.http.fields import Flag, JsonValue, Number, Text, TextList
from app.http.schemas import ApiSchema


class InstanceInput(ApiSchema):
    """What a caller may send for an instance; `memory` and `disk` are MiB, `cpu` cores."""

    ignored = ("state", "stateAt")

    id = Text(max_length=64)
    name = Text(required=True, min_length=1, max_length=255)
    node = Text(data_key="nodeId", required=True, max_length=200)
    image = Text(data_key="imageId", required=True, max_length=200)
    owner = Text(required=True, max_length=200)
    access = TextList(is_set=True)
    memory = Number(least=1)
    cpu = JsonValue()
    disk = JsonValue()
    ports = Text(max_length=2000)
    primary = Text(max_length=40)
    variables = JsonValue(shape="object")
    suspended = Flag()


class InstanceSchema(ApiSchema):
    """An instance as it is shown; `state` is what its node reported last, `stateAt` when that came."""

    change_request = Text(data_key="changeRequestId", metadata={"omit_empty": True})
    id = Text()
    name = Text()
    node = Text(data_key="nodeId")
    image = Text(data_key="imageId")
    owner = Text()
    access = TextList()
    memory = Number()
    cpu = JsonValue()
    disk = JsonValue()
    ports = Text()
    primary = Text()
    variables = JsonValue(shape="object")
    suspended = Flag()
    state = Text()
    state_at = Text(data_key="stateAt")
