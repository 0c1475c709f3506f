"""Reading the bodies of root-level routes: tables of properties, and faults in the words of Takaro's clients."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from flask import Request

from app.core.canonical import JSON, Document, parse
from app.core.clock import parse_rfc3339
from app.core.errors import InvalidError, UnsupportedMediaError
from app.core.values import dataclass
from app.dialects.takaro.envelope import ValidationFault
from app.http.params import body_of, has_body, is_json
from app.http.search_errors import MOST_FAULTS, echoed, short
from app.people.members import check_email

Check = Callable[[str, JSON], Mapping[str, str]]
"""`(property, value) -> {constraint: sentence}`, empty for a good value."""

MOST_NUMBER: Final = 2**53 - 1
SECRET: Final = ("password", "registrationToken")
MASKED: Final = "***"
"""What an error says instead of a secret."""


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a body; `nullable` ones may be null, `ignored` ones may be anything and are dropped."""

    check: Check
    required: bool = False
    nullable: bool = False
    ignored: bool = False


def text(least: int, most: int, *, printable: bool = True) -> Check:
    """Take texts of these lengths."""

    def check(name: str, value: JSON) -> Mapping[str, str]:
        if not isinstance(value, str):
            return {"isString": f"{name} must be a string"}
        if not least <= len(value) <= most:
            return {"isLength": f"{name} must be longer than or equal to {least} and at most {most} characters"}
        return {} if value.isprintable() or not printable else {"isString": f"{name} must not hold control characters"}

    return check


def one_of(allowed: Iterable[str]) -> Check:
    """Take one of a few texts."""
    names = tuple(allowed)

    def check(name: str, value: JSON) -> Mapping[str, str]:
        return {} if value in names else {"isEnum": f"{name} must be one of the following values: {', '.join(names)}"}

    return check


def number(name: str, value: JSON) -> Mapping[str, str]:
    """Take whole numbers from 0 on."""
    if not isinstance(value, int) or isinstance(value, bool):
        return {"isNumber": f"{name} must be a whole number"}
    if value < 0:
        return {"min": f"{name} must not be less than 0"}
    return {} if value <= MOST_NUMBER else {"max": f"{name} must not be greater than {MOST_NUMBER}"}


def flag(name: str, value: JSON) -> Mapping[str, str]:
    """Take true and false."""
    return {} if isinstance(value, bool) else {"isBoolean": f"{name} must be a boolean value"}


def moment(name: str, value: JSON) -> Mapping[str, str]:
    """Take times with a zone."""
    try:
        if isinstance(value, str) and parse_rfc3339(value):
            return {}
    except InvalidError:
        pass  # told below, in the words of these clients
    return {"isIso8601": f"{name} must be a valid ISO 8601 date string"}


def nothing(name: str, _value: JSON) -> Mapping[str, str]:
    """Take null alone: what the property would name does not exist here."""
    return {"isEnum": f"{name} must be null: there are no game objects here"}


def address(name: str, value: JSON) -> Mapping[str, str]:
    """Take e-mail addresses."""
    try:
        check_email(value if isinstance(value, str) else "")
    except InvalidError:
        return {"isEmail": f"{name} must be an email"}
    return {}


def anything(_name: str, _value: JSON) -> Mapping[str, str]:
    """Take every value."""
    return {}


def read_body(request: Request) -> Document:
    """Read a JSON object; no body is an empty one.

    Raises:
        InvalidError: it is no JSON object.
        UnsupportedMediaError: it is of another type.
    """
    if not has_body(request):
        return {}
    if not is_json(request):
        raise UnsupportedMediaError("Unsupported media type; send application/json")
    content = body_of(request)
    if not content.strip():
        return {}
    try:
        body = parse(content)
    except InvalidError as fault:
        raise InvalidError("Invalid JSON") from fault
    if not isinstance(body, dict):
        raise InvalidError("Invalid JSON: send an object")
    return body


def checked(body: Document, table: Mapping[str, Property]) -> Document:
    """Give the properties that count.

    Raises:
        ValidationFault: naming every wrong property at once.
    """
    faults = [*_unknown(body, table)]
    for name, declared in table.items():
        value = body.get(name)
        if name not in body:
            wrong = declared.check(name, None) if declared.required else {}
        elif declared.ignored or (value is None and declared.nullable):
            wrong = {}
        else:
            wrong = declared.check(name, value)
        if wrong:
            faults.append(_detail(name, value, wrong))
    if faults:
        raise ValidationFault(faults[:MOST_FAULTS])
    return {name: value for name, value in body.items() if not table[name].ignored}


def _unknown(body: Document, table: Mapping[str, Property]) -> Iterable[Document]:
    for name, value in body.items():
        if name not in table:
            yield _detail(name, value, {"whitelistValidation": f"property {short(name)} should not exist"})


def _detail(name: str, value: JSON, constraints: Mapping[str, str]) -> Document:
    value = MASKED if name in SECRET and value is not None else echoed(value)
    return {"property": short(name), "value": value, "constraints": dict(constraints)}
