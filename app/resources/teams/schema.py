"""The JSON form of teams."""

from app.http.fields import Text, TextList
from app.http.schemas import ApiSchema


class TeamInput(ApiSchema):
    """What a caller may send for a team; `members` are users, each by id or user name."""

    id = Text(max_length=1000)
    name = Text(required=True, min_length=1)
    description = Text(max_length=10_000)
    members = TextList(is_set=True)


class TeamSchema(ApiSchema):
    """A team as it is shown."""

    change_request = Text(data_key="changeRequestId", metadata={"omit_empty": True})
    id = Text()
    name = Text()
    description = Text()
    members = TextList()
