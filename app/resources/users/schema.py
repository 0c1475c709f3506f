"""The JSON form of users and of their tokens."""

from typing import Any

from marshmallow import ValidationError

from app.core.clock import parse_rfc3339
from app.core.errors import InvalidError
from app.http.fields import Choice, Flag, JsonValue, Text, TextList
from app.http.schemas import ApiSchema
from app.people.members import check_email

NULL = {"nullable": True}


class Email(Text):
    """An e-mail address."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:  # noqa: ANN401  marshmallow's signature
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return check_email(text)
        except InvalidError as fault:
            raise ValidationError(fault.message) from fault


class Moment(Text):
    """A time with a zone, read as milliseconds."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:  # noqa: ANN401  marshmallow's signature
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return parse_rfc3339(text)
        except InvalidError as fault:
            raise ValidationError(fault.message) from fault


class UserInput(ApiSchema):
    """What a caller may send for a user; `password` is one that counts in this tenant only."""

    username = Text()
    name = Text()
    email = Email()
    roles = TextList(is_set=True)
    password = Text(max_length=1000)


class NewUserInput(UserInput):
    """What makes a user at once, without a mail."""

    username = Text(required=True)
    password = Text(max_length=1000, required=True)


class InvitationInput(ApiSchema):
    """Whom to invite; without `username` the person gets one that tells nothing."""

    email = Email(required=True)
    username = Text()
    name = Text()
    roles = TextList(is_set=True)


class UserSchema(ApiSchema):
    """A user as it is shown; every field, null where there is nothing."""

    id = Text()
    username = Text()
    name = Text()
    email = Text(metadata=NULL)
    roles = TextList()
    state = Text()
    validated = Flag(data_key="isValidated")
    idp_id = Text(data_key="idpId", metadata=NULL)
    last_login = Text(data_key="lastLogin", metadata=NULL)
    invitation = JsonValue(metadata=NULL)
    created = Text(data_key="createdAt")
    updated = Text(data_key="updatedAt")


class TokenInput(ApiSchema):
    """A token of one's own: what it is for, and how long; a year unless said otherwise."""

    name = Text(required=True, min_length=1)
    authorization = Choice(("ro", "rw"), data_key="authorizationType")
    expires = Moment(data_key="expirationDate")


class TokenSchema(ApiSchema):
    """A token as it is shown; `token` only in the answer that made it."""

    id = Text()
    name = Text()
    authorization = Text(data_key="authorizationType")
    created = Text(data_key="creationDate")
    expires = Text(data_key="expirationDate", metadata=NULL)
    last_used = Text(data_key="lastAuthenticationDate", metadata=NULL)
    token = Text(metadata={"omit_empty": True})
