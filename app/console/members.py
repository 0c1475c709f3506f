"""The members of a document as a page shows them: each with a name in words, and its value as text."""

from collections.abc import Iterator
from typing import Any, Final

import orjson

from app.console.events import words_of
from app.console.kinds import KINDS, ObjectKind
from app.core.values import dataclass

Json = dict[str, Any]

LONG: Final = 120
HEAD: Final = ("id", "revision", "createdAt", "updatedAt")
"""Members that the head of the page shows."""
REFERENCES: Final = {
    "directives": "directive",
    "categoryId": "ruleCategory",
    "rules": "rule",
    "groups": "group",
    "imageId": "image",
}
"""Members that hold ids of other documents."""


@dataclass(frozen=True, slots=True)
class Member:
    """One member: a short text, a long one, several texts, or ids with the pages they lead to."""

    name: str
    label: str
    text: str = ""
    is_block: bool = False
    links: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, name: str, value: Any, kind: str = "") -> "Member":  # noqa: ANN401  any JSON
        """Show a value; `kind` is that of the documents whose ids it holds."""
        label = words_of(name[:1].upper() + name[1:].replace("_", " "))
        if kind and value:
            ids = [str(one) for one in (value if isinstance(value, list) else [value])]
            return cls(name, label, links=tuple((one, KINDS[kind].object_page(one)) for one in ids))
        text = text_of(value)
        return cls(name, label, text, is_block="\n" in text or len(text) > LONG)


@dataclass(frozen=True, slots=True)
class Section:
    """Values of a directive that belong together."""

    name: str
    depth: int
    values: tuple[Member, ...]


def members_of(kind: ObjectKind, document: Json) -> Iterator[Member]:
    """Give the members that a page shows; what a directive sets is for `sections_of`."""
    for name, value in document.items():
        if name in HEAD or (kind.name == "directive" and name == "parameters"):
            continue
        yield Member.of(name, value, _reference(kind, name))


def sections_of(parameters: Any) -> Iterator[Section]:  # noqa: ANN401  any JSON
    """Give the sections of a directive's parameters, those inside a section after it."""
    root = parameters.get("section") if isinstance(parameters, dict) else None
    if isinstance(root, dict):
        yield from _sections(root, 0)


def text_of(value: Any) -> str:  # noqa: ANN401  any JSON
    """Write a value as people read it."""
    if isinstance(value, str):
        return value or "empty"
    if isinstance(value, dict | list):
        return _text_of_many(value) if value else "none"
    if value is None or isinstance(value, bool):
        return {None: "not set", True: "yes", False: "no"}[value]
    return str(value)


def _text_of_many(value: Json | list[Any]) -> str:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return "\n".join(value)
    if isinstance(value, dict) and set(value) == {"$secret"}:
        return "a secret, kept encrypted"
    if isinstance(value, dict) and not any(isinstance(one, dict | list) for one in value.values()):
        return "\n".join(f"{name}: {text_of(one)}" for name, one in value.items())
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def _reference(kind: ObjectKind, name: str) -> str:
    if name == "categoryId" and kind.name == "group":
        return "groupCategory"
    if name == "parent":
        return kind.name
    if name == "categories":
        return kind.name
    return REFERENCES.get(name, "")


def _sections(section: Json, depth: int) -> Iterator[Section]:
    values = tuple(
        Member.of(str(one["var"]["name"]), one["var"]["value"]) for one in section.get("vars", []) if "var" in one
    )
    if values:
        yield Section("" if depth == 0 else str(section.get("name", "")), depth, values)
    elif depth:
        yield Section(str(section.get("name", "")), depth, ())
    for inner in section.get("sections", []):
        yield from _sections(inner["section"], depth + 1)
