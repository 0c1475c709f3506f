"""What the event log can be filtered by, and the two sides of an event."""

from app.http.fields import Choice, Number, Text
from app.http.schemas import ApiSchema

MOST_BARS = 120
COMMIT = "[0-9a-f]{40}"


class PlainFilter(ApiSchema):
    """What an event can be picked by; all that are given must hold."""

    actor = Text(metadata={"description": "handle or id of who acted"})
    credential = Text(metadata={"description": "id of the credential that was used"})
    type = Text(metadata={"description": "name of the event, such as RuleModified"})
    kind = Text(metadata={"description": "kind of the object, such as rule"})
    object = Text(metadata={"description": "id of the object; <name>:<version> for a technique"})
    change_request = Number(data_key="changeRequest", least=1, metadata={"description": "id of a change request"})
    commit = Text(pattern=COMMIT, metadata={"description": "a commit, 40 hex digits"})
    outcome = Choice(("success", "denied", "failed"))


class SpanFilter(PlainFilter):
    """The filters that an index answers, and a span of time."""

    since = Text(data_key="from", max_length=64, metadata={"description": "first moment, RFC 3339 with a zone"})
    until = Text(data_key="to", max_length=64, metadata={"description": "last moment, RFC 3339 with a zone"})


class EventFilter(SpanFilter):
    """The filters of `GET /events`."""

    text = Text(min_length=1, max_length=200, metadata={"description": "part of a reason, an object's name or its id"})


class HistogramQuery(SpanFilter):
    """What is counted, and in how many bars at most."""

    bars = Number(least=1, most=MOST_BARS, metadata={"description": f"at most so many bars, 1 to {MOST_BARS}; 30"})


class ExportQuery(EventFilter):
    """What is exported, and how; the filters are those of `GET /events`."""

    format = Choice(("ndjson", "csv"), required=True, metadata={"description": "ndjson: whole events; csv: fields"})


class StreamQuery(PlainFilter):
    """The filters of the stream, and where it begins."""

    after = Number(least=0, metadata={"description": "seq after which to begin; now if not given"})


class RollbackInput(ApiSchema):
    """To which side of an event its document goes back."""

    to = Choice(
        ("before", "after"),
        required=True,
        metadata={"description": "before: as it was when the event happened; after: as the event left it"},
    )
