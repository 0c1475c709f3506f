"""The form for a directive's parameters, made from the definition of its technique, and the way back to parameters.

A section that may be given many times has its repeats numbered from 1, and one more at the end that counts only when
something stands in it. Names of fields are the paths that the API's errors have: `parameters/File[1]/FILE_PATH`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from app.console.schema_forms import Input
from app.core.values import dataclass
from app.fleet.techniques.faults import path_part
from app.fleet.techniques.parameters import MAX_REPEATS

Json = dict[str, Any]

ROOT: Final = "parameters"
WIDGETS: Final = {
    "textarea": "lines", "raw": "lines", "integer": "text", "boolean": "choice", "choice": "choice",
    "password": "secret",
}  # fmt: skip
"""By the types of variables; the others are one line of text."""
TRUTH: Final = (("true", "yes"), ("false", "no"))


@dataclass(frozen=True, slots=True)
class Part:
    """One section of the form: where it is, how deep, its fields, and whether it is the empty one at the end."""

    path: str
    title: str
    about: str
    depth: int
    inputs: tuple[Input, ...]
    is_extra: bool = False
    can_go: bool = False


def parts_of(
    technique: Json,
    parameters: Json | None,
    sent: Mapping[str, str] | None,
    faults: Mapping[str, list[str]],
) -> list[Part]:
    """Make the sections of the form: filled with what was sent, else with the parameters that there are."""
    return list(_Maker(sent, faults).parts(technique["parameters"], _root(parameters), ROOT, 0))


def read_parameters(technique: Json, parameters: Json | None, sent: Mapping[str, str]) -> Json:
    """Make the parameters that a form means; secrets that were left alone keep their tags."""
    return {"section": _read(technique["parameters"], _root(parameters), ROOT, sent, "sections")}


class _Maker:
    def __init__(self, sent: Mapping[str, str] | None, faults: Mapping[str, list[str]]) -> None:
        self._sent, self._faults = sent, faults

    def parts(self, definition: Json, given: Json, path: str, depth: int, *, is_extra: bool = False) -> Iterator[Part]:
        """Walk over the sections in a section, each before those inside it; all inside an extra one are extra."""
        if depth == 0 and definition["variables"]:
            yield Part(path, "", "", 0, self._inputs(definition, given, path))
        for inner in definition["sections"]:
            held = _sections(given, inner["name"])
            base = f"{path}/{path_part(inner['name'])}"
            if not inner["multivalued"]:
                there = held[0] if held else {}
                yield from self._part(inner, there, base, depth, inner["name"], is_extra=is_extra)
                continue
            count = len(held)
            sent = self._sent or {}
            while count < MAX_REPEATS and _is_filled(inner, f"{base}[{count + 1}]", sent):
                count += 1
            for place in range(count + 1):
                title = f"{inner['name']} {place + 1}" if place < count or not count else f"{inner['name']}: one more"
                there = held[place] if place < len(held) else {}
                where = f"{base}[{place + 1}]"
                extra = is_extra or (place == count and (count > 0 or not inner["required"]))
                yield from self._part(inner, there, where, depth, title, is_extra=extra, can_go=place < count)

    def _part(  # noqa: PLR0913  what a part is made of
        self,
        definition: Json,
        given: Json,
        path: str,
        depth: int,
        title: str,
        *,
        is_extra: bool = False,
        can_go: bool = False,
    ) -> Iterator[Part]:
        inputs = self._inputs(definition, given, path, is_extra=is_extra)
        yield Part(path, title, definition["description"], depth, inputs, is_extra, can_go)
        yield from self.parts(definition, given, path, depth + 1, is_extra=is_extra)

    def _inputs(self, definition: Json, given: Json, path: str, *, is_extra: bool = False) -> tuple[Input, ...]:
        values = _values(given)
        return tuple(
            self._input(one, values.get(one["name"]), f"{path}/{path_part(one['name'])}", is_extra=is_extra)
            for one in definition["variables"]
        )

    def _input(self, variable: Json, value: Any, path: str, *, is_extra: bool) -> Input:  # noqa: ANN401  any JSON
        limits = variable["constraint"]
        widget = WIDGETS.get(variable["type"], "text")
        choices = tuple((one["value"], one["label"]) for one in limits["choices"])
        if variable["type"] == "boolean":
            choices = TRUTH
        if widget == "choice" and not variable["default"]:
            choices = (("", "not set"), *choices)
        is_secret = variable["secret"]
        text = variable["default"] if value is None else "" if is_secret or isinstance(value, dict) else str(value)
        if self._sent is not None and f"f.{path}" in self._sent:
            text = self._sent[f"f.{path}"].replace("\r\n", "\n")
        hint = variable["longDescription"]
        if is_secret and value:
            hint = "A secret is kept; leave this empty to keep it, or give another"
        return Input(
            path, variable["description"] or variable["name"], "secret" if is_secret else widget, text, hint, choices,
            required=variable["required"] and not is_extra and not (is_secret and bool(value)),
            max_length=limits["maxLength"], faults=tuple(self._faults.get(path, ())),
        )  # fmt: skip


def _read(definition: Json, given: Json, path: str, sent: Mapping[str, str], name: str) -> Json:
    values = _values(given)
    variables = []
    for one in definition["variables"]:
        text = sent.get(f"f.{path}/{path_part(one['name'])}", "").replace("\r\n", "\n")
        value = values[one["name"]] if one["secret"] and not text and values.get(one["name"]) else text
        if value != "" or not one["required"]:
            variables.append({"var": {"name": one["name"], "value": value}})
    sections = []
    for inner in definition["sections"]:
        held = _sections(given, inner["name"])
        base = f"{path}/{path_part(inner['name'])}"
        if not inner["multivalued"]:
            sections.append({"section": _read(inner, held[0] if held else {}, base, sent, inner["name"])})
            continue
        place = 1
        while place <= MAX_REPEATS and (place <= len(held) or _is_filled(inner, f"{base}[{place}]", sent)):
            where = f"{base}[{place}]"
            there = held[place - 1] if place <= len(held) else {}
            if sent.get(f"gone.{where}") != "true":
                sections.append({"section": _read(inner, there, where, sent, inner["name"])})
            place += 1
    return {
        "name": name,
        **({"vars": variables} if variables else {}),
        **({"sections": sections} if sections else {}),
    }


def _is_filled(definition: Json, path: str, sent: Mapping[str, str]) -> bool:
    """Tell whether something beside the defaults stands in a section of the form."""
    return any(
        sent.get(f"f.{path}/{path_part(one['name'])}", one["default"]) not in ("", one["default"])
        for one in definition["variables"]
    ) or any(
        _is_filled(inner, f"{path}/{path_part(inner['name'])}" + ("[1]" if inner["multivalued"] else ""), sent)
        for inner in definition["sections"]
    )


def _root(parameters: Json | None) -> Json:
    root = (parameters or {}).get("section")
    return root if isinstance(root, dict) else {}


def _values(section: Json) -> Json:
    return {one["var"]["name"]: one["var"]["value"] for one in section.get("vars", [])}


def _sections(section: Json, name: str) -> list[Json]:
    return [one["section"] for one in section.get("sections", []) if one["section"]["name"] == name]
