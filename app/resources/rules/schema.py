"""The JSON form of rules."""

from app.http.fields import Flag, JsonValue, Record, Tags, Text, TextList
from app.http.schemas import ApiSchema, Branches


class RuleInput(ApiSchema):
    """What a caller may send for a rule."""

    id = Text(max_length=1000)
    name = Text(
        data_key="displayName",
        required=True,
        min_length=3,
        metadata={
            "rudder_missing": (
                "Error when creating new rule; cause was: Inconsistency: Missing manadatory parameter 'displayName'"
            )
        },
    )
    source = Text(max_length=200)
    category = Text(data_key="categoryId", max_length=200, metadata={"aliases": ("category",)})
    short = Text(data_key="shortDescription", max_length=10_000)
    long = Text(data_key="longDescription", max_length=100_000)
    directives = TextList(is_set=True)
    targets = TextList(objects=True)
    enabled = Flag()
    tags = Tags()
    security = JsonValue(plain_text=True)


class RuleSchema(ApiSchema):
    """A rule as it is shown; 25 adds its own members."""

    change_request = Text(data_key="changeRequestId", metadata={"omit_empty": True})
    id = Text()
    name = Text(data_key="displayName")
    category = Text(data_key="categoryId")
    short = Text(data_key="shortDescription")
    long = Text(data_key="longDescription")
    directives = TextList(is_set=True)
    targets = TextList(objects=True)
    enabled = Flag()
    system = Flag()
    tags = Tags()
    mode = Text(data_key="policyMode", metadata={"omit_empty": True})
    status = JsonValue(shape="object", metadata={"omit_empty": True})
    security = JsonValue(metadata={"omit_empty": True})


class RuleTreeSchema(ApiSchema):
    """A rule category with all that is in it."""

    id = Text()
    name = Text()
    description = Text()
    parent = Text()
    categories = Branches()
    rules = Record(RuleSchema, many=True)
