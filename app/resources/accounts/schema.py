"""The JSON form of API accounts."""

from typing import Any

from marshmallow import ValidationError

from app.core.clock import parse_rfc3339
from app.core.errors import InvalidError
from app.http.fields import Choice, Flag, JsonValue, Record, Text, TextList, shown
from app.http.rights import is_acl_path
from app.http.schemas import ApiSchema

VERBS = ("get", "head", "post", "put", "patch", "delete")


class Moment(Text):
    """A time with a zone, read as milliseconds."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:  # noqa: ANN401  marshmallow's signature
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return parse_rfc3339(text)
        except InvalidError as error:
            raise ValidationError(error.message) from error


def _check_path(path: str) -> None:
    if not is_acl_path(path):
        remedy = "write segments joined by /, * for any one segment, ** only as the last"
        raise ValidationError(f"{shown(path)} cannot be matched; {remedy}")


def _check_verbs(verbs: list[str]) -> None:
    wrong = [verb for verb in verbs if verb.lower() not in VERBS]
    if wrong:
        raise ValidationError(f"{shown(wrong[0])} is not a method; use {', '.join(VERBS)}")


class AclEntryInput(ApiSchema):
    """One path and the methods that it is open to."""

    path = Text(required=True, max_length=1000, validate=_check_path)
    actions = TextList(required=True, is_set=True, validate=_check_verbs)


class AccountInput(ApiSchema):
    """What a caller may send for an account."""

    id = Text(max_length=1000)
    name = Text(required=True, min_length=1)
    description = Text(max_length=10_000)
    status = Choice(("enabled", "disabled"), required=True)
    zones = Text(data_key="tenants", required=True, max_length=1000)
    token_wanted = Flag(data_key="generateToken")
    expiry_policy = Choice(("never", "datetime"), data_key="expirationPolicy")
    expires = Moment(data_key="expirationDate")
    authorization = Choice(("none", "ro", "rw", "acl"), data_key="authorizationType")
    acl = Record(AclEntryInput, many=True)
    owner = Text(metadata={"since": 25})


class AccountSchema(ApiSchema):
    """An account as it is shown; `token` only in the answer that made it."""

    id = Text()
    name = Text()
    description = Text()
    status = Text()
    created = Text(data_key="creationDate")
    expiry_policy = Text(data_key="expirationPolicy")
    expires = Text(data_key="expirationDate", metadata={"omit_empty": True})
    token_state = Text(data_key="tokenState")
    token_created = Text(data_key="tokenGenerationDate", metadata={"omit_empty": True})
    last_used = Text(data_key="lastAuthenticationDate", metadata={"omit_empty": True})
    unused = Flag(data_key="hasNoUsage", metadata={"omit_empty": True})
    token = Text(metadata={"omit_empty": True})
    zones = Text(data_key="tenants")
    authorization = Text(data_key="authorizationType")
    acl = JsonValue(metadata={"omit_empty": True})
    owner = Text(metadata={"since": 25, "nullable": True})
    updated = Text(data_key="updatedAt", metadata={"since": 25})
