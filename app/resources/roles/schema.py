"""The JSON form of roles."""

from app.http.fields import Flag, Text, TextList
from app.http.schemas import ApiSchema


class RoleInput(ApiSchema):
    """What a caller may send for a role; `rights` are names such as rule_read or rule_all."""

    id = Text(max_length=64, pattern="[A-Za-z0-9][A-Za-z0-9_-]*")
    name = Text(required=True, min_length=3, max_length=20)
    description = Text(max_length=10_000)
    rights = TextList(is_set=True)


class RoleSchema(ApiSchema):
    """A role as it is shown; those of the system have no times."""

    id = Text()
    name = Text()
    description = Text()
    rights = TextList()
    system = Flag()
    created = Text(data_key="createdAt")
    updated = Text(data_key="updatedAt")
