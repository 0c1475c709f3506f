"""The JSON form of groups and of their tree."""

from app.fleet.queries import COMPOSITIONS, SELECTS, TRANSFORMS
from app.http.fields import Choice, Flag, Former, JsonValue, Record, Text, TextList
from app.http.schemas import ApiSchema, Branches

_SHORT_NAME = "'displayName' is mandatory and must be at least 3 char long"


class CriterionInput(ApiSchema):
    """One line of a query."""

    object_type = Text(data_key="objectType", attribute="objectType", required=True)
    attribute = Text(required=True)
    comparator = Text(required=True)
    value = Text(max_length=10_000)


class QueryInput(ApiSchema):
    """Which nodes belong to a group."""

    select = Choice(SELECTS, required=True)
    composition = Choice(COMPOSITIONS)
    transform = Choice(TRANSFORMS)
    where = Record(CriterionInput, many=True, required=True)


class PropertyInput(ApiSchema):
    """A property of a group."""

    name = Text(required=True, min_length=1)
    value = JsonValue(required=True)
    inherit_mode = Text(data_key="inheritMode", attribute="inheritMode", allow_none=True)
    provider = Text(allow_none=True)


class GroupInput(ApiSchema):
    """What a caller may send for a group."""

    id = Text(max_length=1000)
    name = Text(
        data_key="displayName",
        required=True,
        min_length=3,
        metadata={"rudder_missing": _SHORT_NAME, "rudder_invalid": _SHORT_NAME},
    )
    source = Text(max_length=200)
    description = Text(max_length=10_000)
    category = Text(data_key="categoryId", max_length=200, metadata={"formerly": Former("category", until=21)})
    query = Record(QueryInput)
    node_ids = TextList(data_key="nodeIds", is_set=True, metadata={"since": 25})
    dynamic = Flag()
    enabled = Flag()
    properties = Record(PropertyInput, many=True)
    security = JsonValue(plain_text=True, metadata={"since": 22})


class PropertySchema(ApiSchema):
    """A property as it is shown."""

    name = Text()
    value = JsonValue()
    inherit_mode = Text(data_key="inheritMode", metadata={"omit_empty": True})
    provider = Text(metadata={"omit_empty": True})


class GroupSchema(ApiSchema):
    """A group as it is shown; 25 adds its own members."""

    change_request = Text(data_key="changeRequestId", metadata={"omit_empty": True})
    id = Text()
    name = Text(data_key="displayName")
    description = Text()
    category = Text(data_key="categoryId", metadata={"formerly": Former("category", until=21)})
    query = JsonValue(shape="object", metadata={"omit_empty": True})
    node_ids = TextList(data_key="nodeIds")
    dynamic = Flag()
    enabled = Flag()
    group_class = TextList(data_key="groupClass", metadata={"since": 7})
    properties = Record(PropertySchema, many=True)
    target = Text()
    system = Flag()
    security = JsonValue(metadata={"omit_empty": True, "since": 22})


class GroupTreeSchema(ApiSchema):
    """A group category with all that is in it."""

    id = Text()
    name = Text()
    description = Text()
    parent = Text()
    categories = Branches()
    groups = Record(GroupSchema, many=True)
    targets = TextList()


class TreeQuery(ApiSchema):
    """What of the tree is asked for."""

    include_system = Flag(data_key="includeSystem")


class InheritedSchema(ApiSchema):
    """The properties of a group with where they come from."""

    id = Text()
    properties = JsonValue()
