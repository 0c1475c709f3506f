"""Field classes that load from JSON values and from the texts of a query or form alike.

A field is given a JSON value, or `Texts`: every value that a query or form gave for its name. What it loads is JSON as
documents store it. Recognised metadata: `since`/`until` (versions), `formerly` (`Former`: another name up to a
version), `aliases` (further input names), `omit_empty` (left out when empty), `stored` (name in the stored document,
default: the JSON name), `rudder_missing` (Rudder's text when a required field is missing).
"""

import json
import re
from collections.abc import Callable, Collection, Sequence
from typing import Any, ClassVar, Literal, TypeAlias

import orjson
from marshmallow import ValidationError, fields

from app.core.canonical import JSON, parse
from app.core.errors import InvalidError
from app.core.strict_json import WHOLE
from app.core.values import dataclass

Untyped: TypeAlias = Any
"""What marshmallow's own signatures leave open; each field checks what arrives."""


class Texts(tuple[str, ...]):
    """Every value that a query or form gave for one name, in order."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Former:
    """The name a field has in the versions up to `until`."""

    name: str
    until: int


def shown(value: object) -> str:
    """Quote a value in a message, shortened."""
    text = value if isinstance(value, str) else orjson.dumps(value, default=str).decode()
    return f"'{text[:57]}...'" if len(text) > 60 else f"'{text}'"  # noqa: PLR2004  a message stays one line


class _FromTexts(fields.Field[Any]):
    """Turns `Texts` into the JSON value that the field reads; `many_values` says whether a name may be repeated."""

    many_values: ClassVar[bool] = False

    def deserialize(self, value: Untyped, attr: str | None = None, data: Untyped = None, **kwargs: Untyped) -> Untyped:
        """Read a value that was sent."""
        return super().deserialize(self.from_texts(value) if isinstance(value, Texts) else value, attr, data, **kwargs)

    def from_texts(self, texts: Texts) -> JSON:
        """Give the JSON value that the texts stand for."""
        return texts[0]


class Text(_FromTexts, fields.String):
    """A text of `min_length` to `max_length` characters."""

    def __init__(
        self, *, max_length: int = 255, min_length: int = 0, pattern: str | None = None, **kwargs: Untyped
    ) -> None:
        super().__init__(**kwargs)
        self.max_length = max_length
        self.min_length = min_length
        self.pattern = None if pattern is None else re.compile(pattern)

    def _deserialize(self, value: Untyped, attr: str | None, data: Untyped, **kwargs: Untyped) -> str:  # noqa: ARG002  the signature is marshmallow's
        if not isinstance(value, str):
            raise ValidationError(f"{shown(value)} is not a text; put it in quotes")
        if "\0" in value:
            raise ValidationError("a text cannot hold the character U+0000")
        if len(value) < self.min_length:
            raise ValidationError(f"{shown(value)} must have at least {self.min_length} characters")
        if len(value) > self.max_length:
            raise ValidationError(f"{shown(value)} must have at most {self.max_length} characters")
        if self.pattern is not None and self.pattern.fullmatch(value) is None:
            raise ValidationError(f"{shown(value)} must match {self.pattern.pattern}")
        return value


class Choice(Text):
    """One of a few texts; `spelled` maps further input spellings to them."""

    def __init__(self, allowed: Sequence[str], *, spelled: dict[str, str] | None = None, **kwargs: Untyped) -> None:
        super().__init__(**kwargs)
        self.allowed = tuple(allowed)
        self.spelled = spelled or {}

    def _deserialize(self, value: Untyped, attr: str | None, data: Untyped, **kwargs: Untyped) -> str:  # noqa: ARG002  the signature is marshmallow's
        text = self.spelled.get(value, value) if isinstance(value, str) else value
        if text not in self.allowed:
            raise ValidationError(f"{shown(value)} is not one of: {', '.join(self.allowed)}")
        return str(text)


class Flag(_FromTexts, fields.Boolean):
    """True or false; the texts `true` and `false` are taken in JSON too, because scripts send them."""

    def _deserialize(self, value: Untyped, attr: str | None, data: Untyped, **kwargs: Untyped) -> bool:  # noqa: ARG002  the signature is marshmallow's
        read = {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else value
        if not isinstance(read, bool):
            raise ValidationError(f"{shown(value)} is not a boolean; use true or false")
        return read


class Number(_FromTexts, fields.Integer):
    """An integer from `least` to `most`; its digits as text are taken in JSON too."""

    def __init__(self, *, least: int = -(2**53) + 1, most: int = 2**53 - 1, **kwargs: Untyped) -> None:
        super().__init__(**kwargs)
        self.least = least
        self.most = most

    def _deserialize(self, value: Untyped, attr: str | None, data: Untyped, **kwargs: Untyped) -> int:  # noqa: ARG002  the signature is marshmallow's
        number = _integer(value)
        if number is None:
            raise ValidationError(f"{shown(value)} is not an integer; use digits")
        if not self.least <= number <= self.most:
            raise ValidationError(f"{shown(value)} is not between {self.least} and {self.most}")
        return number


def _integer(value: object) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,17}", value):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


class _FromManyTexts(_FromTexts):
    """The two dialects of lists: one value that starts like JSON is JSON, else each value is one element."""

    many_values: ClassVar[bool] = True

    def from_texts(self, texts: Texts) -> JSON:
        """Give the list; one empty value is the empty list."""
        if texts == ("",):
            return []
        if len(texts) == 1 and texts[0].lstrip()[:1] in ("[", "{"):
            return parse_text(texts[0])
        return [self.element(text) for text in texts]

    def element(self, text: str) -> JSON:
        """Give the element that one of several values stands for."""
        return text


class TextList(_FromManyTexts, fields.List[Any]):
    """A list of texts; a `set` is stored sorted and without doubles. `objects` may stand among the texts (targets)."""

    def __init__(
        self, *, is_set: bool = False, objects: bool = False, max_items: int = 100_000, **kwargs: Untyped
    ) -> None:
        super().__init__(fields.Raw() if objects else fields.String(), **kwargs)
        self.is_set = is_set
        self.objects = objects
        self.max_items = max_items

    def element(self, text: str) -> JSON:
        """Read an element that is an object where objects are allowed."""
        return parse_text(text) if self.objects and text.lstrip().startswith("{") else text

    def _deserialize(self, value: Untyped, attr: str | None, data: Untyped, **kwargs: Untyped) -> list[Any]:  # noqa: ARG002  the signature is marshmallow's
        if isinstance(value, str):
            value = [value] if value else []
        if isinstance(value, dict) and self.objects:
            value = [value]
        if not isinstance(value, list):
            raise ValidationError(f"{shown(value)} is not a list of texts")
        if len(value) > self.max_items:
            raise ValidationError(f"a list of {len(value)} is too long; at most {self.max_items} are taken")
        wrong = {number: [f"{shown(item)} is not a text"] for number, item in enumerate(value) if not self._takes(item)}
        if wrong:
            raise ValidationError(wrong)
        return sorted(set(value)) if self.is_set and not self.objects else value

    def _takes(self, item: object) -> bool:
        return (isinstance(item, str) and "\0" not in item) or (self.objects and isinstance(item, dict))


class CommaList(_FromTexts, fields.List[str]):
    """Texts in one value, separated by commas; a JSON list is taken too."""

    many_values: ClassVar[bool] = True

    def __init__(self, **kwargs: Untyped) -> None:
        super().__init__(fields.String(), **kwargs)

    def from_texts(self, texts: Texts) -> JSON:
        """Join what was repeated."""
        return ",".join(texts)

    def _deserialize(self, value: Untyped, attr: str | None, data: Untyped, **kwargs: Untyped) -> list[Any]:  # noqa: ARG002  the signature is marshmallow's
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
            raise ValidationError(f"{shown(value)} is not a list of texts separated by commas")
        return [part.strip() for part in parts if part.strip()]


class Tags(_FromManyTexts, fields.List[Any]):
    """Tags: a list of one-key objects sorted by key; one object and `key:value` texts are taken too."""

    def __init__(self, *, max_items: int = 1000, **kwargs: Untyped) -> None:
        super().__init__(fields.Dict(keys=fields.String(), values=fields.String()), **kwargs)
        self.max_items = max_items

    def _deserialize(self, value: Untyped, attr: str | None, data: Untyped, **kwargs: Untyped) -> list[Any]:  # noqa: ARG002  the signature is marshmallow's
        if value == "":
            return []
        tags: dict[str, str] = {}
        for number, part in enumerate(value if isinstance(value, list) else [value]):
            tags.update(self._read(number, part))
        if len(tags) > self.max_items:
            raise ValidationError(f"{len(tags)} tags are too many; at most {self.max_items} are taken")
        return [{key: tags[key]} for key in sorted(tags)]

    @staticmethod
    def _read(number: int, part: object) -> dict[str, str]:
        if isinstance(part, str):
            key, colon, text = part.partition(":")
            part = {key: text} if colon else None
        if not isinstance(part, dict) or not all(
            isinstance(text, str) and key and "\0" not in key + text for key, text in part.items()
        ):
            remedy = 'a tag is an object of texts such as {"site":"lyon"}, or the text site:lyon'
            raise ValidationError({number: [remedy]})
        return part


SHAPES: dict[str, tuple[type, ...]] = {"object": (dict,), "list": (list,), "any": (object,)}


class JsonValue(_FromTexts, fields.Raw):
    """Any JSON, or only objects or lists; `plain_text` lets a form's text that is no JSON stay a text."""

    def __init__(
        self, *, shape: Literal["any", "object", "list"] = "any", plain_text: bool = False, **kwargs: Untyped
    ) -> None:
        super().__init__(**kwargs)
        self.shape = shape
        self.plain_text = plain_text

    def from_texts(self, texts: Texts) -> JSON:
        """Parse the text; a plain text that merely looks like JSON (a template) stays one where texts are allowed."""
        text = texts[0]
        if not self.plain_text:
            return parse_text(text)
        if text.lstrip()[:1] not in ("[", "{"):
            return text
        try:
            return parse(text)
        except InvalidError:
            return text

    def _deserialize(self, value: Untyped, attr: str | None, data: Untyped, **kwargs: Untyped) -> Untyped:  # noqa: ARG002  the signature is marshmallow's
        if not isinstance(value, SHAPES[self.shape]):
            wanted = "an object" if self.shape == "object" else "a list"
            raise ValidationError(f"the value (not repeated, it may hold secrets) is not {wanted}; send one")
        return value


class Record(_FromTexts, fields.Nested):
    """An object, or with `many` a list of objects, of another schema."""

    def from_texts(self, texts: Texts) -> JSON:
        """Parse the text; an empty one clears a list."""
        return [] if self.many and not texts[0] else parse_text(texts[0])


def parse_text(text: str) -> JSON:
    """Parse JSON that stands in one value of a query or form; an error of it is one of the field."""
    try:
        return parse(text)
    except InvalidError as error:
        raise ValidationError(re.sub(f"^{WHOLE}", "the value", error.message)) from error


def one_of(allowed: Collection[str], what: str) -> Callable[[str], None]:
    """Make a validator that names what is allowed."""

    def check(value: str) -> None:
        if value not in allowed:
            raise ValidationError(f"{shown(value)} is not a {what}; use one of: {', '.join(sorted(allowed))}")

    return check


def path_text(path: Sequence[str | int]) -> str:
    """Write a path as `tags[0].site`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def compact(value: JSON) -> str:
    """Write a JSON value as one query or form value."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
