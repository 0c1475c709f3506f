"""What may be asked of compliance."""

from app.fleet.compliance.statuses import MOST_DIGITS
from app.fleet.compliance.trees import MOST_LEVELS
from app.http.fields import Choice, CommaList, Number
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
