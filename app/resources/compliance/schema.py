"""What may be asked of compliance."""

from marshmallow import fields

from app.fleet.compliance.statuses import MOST_DIGITS, STATUSES
from app.fleet.compliance.trees import MOST_LEVELS
from app.http.fields import Choice, CommaList, JsonValue, Number, Record, Text
from app.http.schemas import ApiSchema
from app.store.compliance_days import MOST_DAYS


class PrecisionQuery(ApiSchema):
    """How many digits."""

    precision = Number(least=0, most=MOST_DIGITS)


class HistoryQuery(PrecisionQuery):
    """How far back."""

    days = Number(least=1, most=MOST_DAYS, metadata={"description": f"days up to today, 1 to {MOST_DAYS}; 30"})


class TreeQuery(PrecisionQuery):
    """How deep, and how many digits."""

    level = Number(least=1, most=MOST_LEVELS)


class FormatQuery(TreeQuery):
    """As a tree or as a table."""

    format = Choice(("json", "csv"))


class GroupsQuery(PrecisionQuery):
    """Which groups; all when none is named."""

    groups = CommaList()


DetailsSchema = ApiSchema.from_dict({status: fields.Float() for status in STATUSES}, name="ComplianceDetailsSchema")
"""The share of each status in percent; those that do not occur are left out."""


class GlobalSchema(ApiSchema):
    """The compliance of everything, in percent."""

    compliance = fields.Float()
    details = Record(DetailsSchema, data_key="complianceDetails")


class ComplianceSchema(ApiSchema):
    """The compliance of one object in percent, and what is below it, down to each report."""

    id = Text()
    name = Text()
    compliance = fields.Float()
    reporting = Text(data_key="mode")
    policy_mode = Text(data_key="policyMode")
    details = Record(DetailsSchema, data_key="complianceDetails")
    rules = JsonValue(shape="list")
    directives = JsonValue(shape="list")
    nodes = JsonValue(shape="list")
    components = JsonValue(shape="list")
    values = JsonValue(shape="list")


class GroupComplianceSchema(ApiSchema):
    """The compliance of a group's nodes: by the rules that name the group, and by all."""

    id = Text()
    targeted = Record(ComplianceSchema)
    whole = Record(ComplianceSchema, data_key="global")
