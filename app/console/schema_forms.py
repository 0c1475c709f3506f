"""Forms that are made from the schemas of the API: a field of the page for each of the schema, and the way back."""

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any, Final

import orjson

from app.console.events import words_of
from app.core.values import dataclass
from app.http.fields import Choice, Flag, Number, Record, Tags, Text, TextList
from app.http.schemas import ApiSchema, alive, json_name
from app.http.versions import LATEST

Json = dict[str, Any]

LONG: Final = 1000
"""Characters from which a text gets several lines."""
ONLY_NEW: Final = ("id", "version")
LEFT_OUT: Final = ("source", "security", "internalId")
"""Members that the API takes and the forms leave alone: cloning, and what other systems keep in documents."""


@dataclass(frozen=True, slots=True)
class Input:
    """A field of a form: what it is drawn as, what stands in it, and what is wrong with it.

    `text` is what a browser sends back for the value: `true` or nothing for a box that can be ticked, one line for
    each element of a list, JSON for what has a form of its own.
    """

    name: str
    label: str
    widget: str
    text: str = ""
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    required: bool = False
    max_length: int | None = None
    least: int | None = None
    most: int | None = None
    faults: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """Lines that the box is high."""
        return min(max(self.text.count("\n") + 2, 3), 20)


@dataclass(slots=True)
class Filled:
    """A form that was sent: what changed, by the API's names, and what could not even be read."""

    values: Json = field(default_factory=dict)
    faults: dict[str, list[str]] = field(default_factory=dict)


def inputs_of(
    schema: type[ApiSchema], document: Mapping[str, Any] | None, *, leave: tuple[str, ...] = ()
) -> list[Input]:
    """Make the fields for a document; None for one that is to be created."""
    omitted = {*LEFT_OUT, *leave, *(ONLY_NEW if document is not None else ())}
    made = []
    for one in alive(schema(), LATEST):
        name = json_name(one, LATEST)
        if one.dump_only or name in omitted:
            continue
        value = (document or {}).get(name)
        if document is None and isinstance(one, Flag) and name == "enabled":
            value = True
        made.append(_input(name, one, value))
    return made


def with_sent(inputs: list[Input], sent: Mapping[str, str], faults: Mapping[str, list[str]]) -> list[Input]:
    """Put what somebody sent back into the fields, each with its faults."""
    return [
        replace(
            one,
            text=sent.get(f"f.{one.name}", "").replace("\r\n", "\n"),
            faults=tuple(text for path, texts in faults.items() if _is_of(path, one.name) for text in texts),
        )
        for one in inputs
    ]


def read_form(inputs: list[Input], sent: Mapping[str, str], *, whole: bool) -> Filled:
    """Read what somebody sent: the fields that differ from what stood in them, or with `whole` all that are filled."""
    filled = Filled()
    for one in inputs:
        text = sent.get(f"f.{one.name}", "").replace("\r\n", "\n")
        if text == one.text if not whole else (not text and one.widget != "flag"):
            continue
        try:
            filled.values[one.name] = _value(one, text)
        except orjson.JSONDecodeError as fault:
            line = text.count("\n", 0, fault.pos) + 1
            filled.faults[one.name] = [f"This is not JSON: {fault.msg}, in line {line}"]
    return filled


def unplaced(inputs: list[Input], faults: Mapping[str, list[str]]) -> list[str]:
    """Give the faults that belong to no field of the form."""
    return [
        f"{path}: {text}"
        for path, texts in faults.items()
        if not any(_is_of(path, one.name) for one in inputs)
        for text in texts
    ]


def _is_of(path: str, name: str) -> bool:
    return path == name or path.startswith((f"{name}[", f"{name}.", f"{name}/"))


def _input(name: str, one: Any, value: Any) -> Input:  # noqa: ANN401  a marshmallow field and any JSON
    label = words_of(name[:1].upper() + name[1:].replace("_", " "))
    made = Input(name, label, "json", required=bool(one.required), hint=str(one.metadata.get("description", "")))
    for kind, make in _MAKERS:
        if isinstance(one, kind):
            return make(made, one, value)
    if getattr(one, "plain_text", False) or name == "value":
        text = value if isinstance(value, str) else "" if value is None else _json(value)
        return replace(made, widget="value", text=text, hint="a text, or JSON in braces or brackets")
    hint = made.hint or ("a list, as JSON" if isinstance(one, Record) and one.many else "as JSON")
    return replace(made, text="" if value is None else _json(value), hint=hint)


def _choice(made: Input, one: Any, value: Any) -> Input:  # noqa: ANN401  as above
    blank = (("", "as it is by default"),) if value is None else ()
    choices = (*blank, *((each, each) for each in one.allowed if each != "keep"))
    return replace(made, widget="choice", text="" if value is None else str(value), choices=choices)


def _text(made: Input, one: Any, value: Any) -> Input:  # noqa: ANN401  as above
    widget = "lines" if one.max_length >= LONG and made.name != "id" else "text"
    return replace(made, widget=widget, text="" if value is None else str(value), max_length=one.max_length)


def _flag(made: Input, _one: Any, value: Any) -> Input:  # noqa: ANN401  as above
    return replace(made, widget="flag", text="true" if value is True else "")


def _number(made: Input, one: Any, value: Any) -> Input:  # noqa: ANN401  as above
    return replace(made, widget="number", text="" if value is None else str(value), least=one.least, most=one.most)


def _texts(made: Input, _one: Any, value: Any) -> Input:  # noqa: ANN401  as above
    text = "\n".join(each if isinstance(each, str) else _json(each, indent=False) for each in value or [])
    return replace(made, widget="list", text=text, hint=made.hint or "one on each line")


def _tags(made: Input, _one: Any, value: Any) -> Input:  # noqa: ANN401  as above
    text = "\n".join(f"{key}:{text}" for each in value or [] for key, text in each.items())
    return replace(made, widget="list", text=text, hint="one on each line, as site:lyon")


_MAKERS: Final = (
    (Choice, _choice),
    (Text, _text),
    (Flag, _flag),
    (Number, _number),
    (TextList, _texts),
    (Tags, _tags),
)
"""What each kind of field becomes; the first that fits."""


def _value(one: Input, text: str) -> Any:  # noqa: ANN401  any JSON
    """Give what the API is sent for a text.

    Raises:
        orjson.JSONDecodeError: it had to be JSON and is not.
    """
    if one.widget == "flag":
        return text == "true"
    if one.widget == "list":
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        return [orjson.loads(line) if line.startswith("{") else line for line in lines]
    if one.widget == "json" or (one.widget == "value" and text.lstrip()[:1] in ("{", "[")):
        return orjson.loads(text)
    return text


def _json(value: Any, *, indent: bool = True) -> str:  # noqa: ANN401  any JSON
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 if indent else 0).decode()
