"""What auditors' questions are asked with."""

from app.http.fields import Text
from app.http.schemas import ApiSchema

_MOMENT = "a time with a zone, a commit, seq:N or cr:N"


class CompareQuery(ApiSchema):
    """Two moments, and the kind that is looked at."""

    before = Text(data_key="from", required=True, max_length=64, metadata={"description": _MOMENT})
    after = Text(data_key="to", max_length=64, metadata={"description": f"{_MOMENT}; now if not given"})
    kind = Text(max_length=64, metadata={"description": "kind of document, such as rule; all if not given"})


class SpanQuery(ApiSchema):
    """A span of time."""

    since = Text(data_key="from", max_length=64, metadata={"description": "first moment, RFC 3339 with a zone"})
    until = Text(data_key="to", max_length=64, metadata={"description": "last moment, RFC 3339 with a zone"})
