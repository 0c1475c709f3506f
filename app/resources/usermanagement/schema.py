"""The JSON form of user management: people by name, and questions about roles."""

from typing import Any

from marshmallow import ValidationError

from app.http.fields import Flag, JsonValue, Text, TextList
from app.http.schemas import ApiSchema


def _check_empty(value: Any) -> None:  # noqa: ANN401  any JSON object
    if value:
        raise ValidationError("further information about people is not kept; leave it out")


class AddedInput(ApiSchema):
    """A new user; with `isPreHashed` the password is an argon2id hash."""

    username = Text(required=True)
    password = Text(required=True, max_length=1000)
    roles = TextList(data_key="permissions", required=True, is_set=True, metadata={"stored": "roles"})
    pre_hashed = Flag(data_key="isPreHashed", required=True)
    name = Text()
    email = Text()
    other = JsonValue(data_key="otherInfo", shape="object", validate=_check_empty)


class UpdatedInput(ApiSchema):
    """What may change; an empty password, and roles that are absent, stay. The name in the body must be that of now."""

    username = Text()
    password = Text(max_length=1000)
    roles = TextList(data_key="permissions", is_set=True, metadata={"stored": "roles"})
    pre_hashed = Flag(data_key="isPreHashed")


class InfoInput(ApiSchema):
    """What people are called and where they are reached."""

    name = Text()
    email = Text()
    other = JsonValue(data_key="otherInfo", shape="object", validate=_check_empty)


class CoverageInput(ApiSchema):
    """The roles that are looked at, and the rights that they are to amount to."""

    permissions = TextList(required=True, is_set=True, metadata={"description": "roles; rights among them are no role"})
    authz = TextList(required=True, is_set=True, metadata={"description": "rights, such as rule_read or node_all"})
