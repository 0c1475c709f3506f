"""The JSON form of directives."""

from app.http.fields import Choice, Flag, JsonValue, Number, Tags, Text
from app.http.schemas import ApiSchema
from app.resources.directives.kind import KEEP

POLICY_MODES = ("default", "audit", "enforce", KEEP)
_NAME = "'displayName' is mandatory and must be at least 3 char long"


class DirectiveInput(ApiSchema):
    """What a caller may send for a directive."""

    id = Text(max_length=1000)
    name = Text(
        data_key="displayName",
        required=True,
        min_length=3,
        metadata={"rudder_missing": _NAME, "rudder_invalid": _NAME},
    )
    source = Text(max_length=200)
    short = Text(data_key="shortDescription", max_length=10_000)
    long = Text(data_key="longDescription", max_length=100_000)
    technique_name = Text(data_key="techniqueName")
    technique_version = Text(data_key="techniqueVersion")
    parameters = JsonValue(shape="object")
    priority = Number()
    enabled = Flag()
    mode = Choice(POLICY_MODES, data_key="policyMode")
    tags = Tags()
    security = JsonValue()


class DirectiveSchema(ApiSchema):
    """A directive as it is shown; 25 adds its own members."""

    change_request = Text(data_key="changeRequestId", metadata={"omit_empty": True})
    id = Text()
    name = Text(data_key="displayName")
    short = Text(data_key="shortDescription")
    long = Text(data_key="longDescription")
    technique_name = Text(data_key="techniqueName")
    technique_version = Text(data_key="techniqueVersion")
    parameters = JsonValue(shape="object")
    priority = Number()
    enabled = Flag()
    system = Flag()
    mode = Text(data_key="policyMode")
    tags = Tags()
    security = JsonValue(metadata={"omit_empty": True})


class TreeQuery(ApiSchema):
    """What of the tree is shown."""

    include_system = Flag(data_key="includeSystem")
