"""The JSON form of change requests' input."""

from app.http.fields import Choice, Flag, JsonValue, Text, TextList
from app.http.schemas import ApiSchema


class ListQuery(ApiSchema):
    """Which change requests are listed; the names of objects are Rudder's, the others ours."""

    status = Text(max_length=60)
    rule_id = Text(data_key="ruleId", max_length=200)
    directive_id = Text(data_key="directiveId", max_length=200)
    group_id = Text(data_key="nodeGroupId", max_length=200)
    waiting_on = Text(data_key="waitingOn", max_length=10, metadata={"since": 25})
    author = Text(max_length=200, metadata={"since": 25})
    kind = Text(max_length=40, metadata={"since": 25})
    object = Text(max_length=200, metadata={"since": 25})
    sort = Text(max_length=10, metadata={"since": 25})


class DetailsQuery(ApiSchema):
    """How long to wait for something to change, as `PT30S`."""

    wait = Text(max_length=20, metadata={"since": 25})


class DiffQuery(ApiSchema):
    """From where a difference is shown."""

    since = Text(max_length=40)


class RenameInput(ApiSchema):
    """Name and description."""

    name = Text(max_length=255)
    description = Text(max_length=10_000)


class NewInput(ApiSchema):
    """A change request with any number of changes, or the way back from one, from an event or to a moment."""

    name = Text(max_length=255)
    description = Text(max_length=10_000)
    changes = JsonValue(shape="list")
    draft = Flag()
    editors = TextList(is_set=True, max_items=100)
    undo = JsonValue()
    restore = JsonValue(shape="object")


class EditInput(ApiSchema):
    """What an editor changes."""

    name = Text(max_length=255)
    description = Text(max_length=10_000)
    changes = JsonValue(shape="list")
    editors = TextList(is_set=True, max_items=100)


class AcceptInput(ApiSchema):
    """The state to go to, in Rudder's words."""

    status = Text(max_length=60)
    diff_hash = Text(data_key="diffHash", max_length=64, metadata={"since": 25})


class ReviewInput(ApiSchema):
    """What a reviewer says."""

    verdict = Choice(("approve", "requestChanges", "comment"), required=True)
    comment = Text(max_length=10_000)
    path = Text(max_length=1000)
    diff_hash = Text(data_key="diffHash", max_length=64)


class DeployInput(ApiSchema):
    """How it is deployed."""

    diff_hash = Text(data_key="diffHash", max_length=64)
    confirm_within = Text(data_key="confirmWithin", max_length=40)
    schedule_at = Text(data_key="scheduleAt", max_length=40)
    break_glass = JsonValue(data_key="breakGlass", shape="object")


class RebaseInput(ApiSchema):
    """Which side wins where others changed the same."""

    conflicts = Choice(("mine", "now"))


class NoInput(ApiSchema):
    """Nothing: what is sent with a step that takes nothing is refused."""
