"""A directive's parameters: checked against its technique and completed with the technique's defaults."""

from collections import defaultdict
from collections.abc import Set as AbstractSet
from typing import Literal

from app.core.canonical import JSON, Document
from app.core.values import dataclass
from app.fleet.techniques.definition import Technique
from app.fleet.techniques.faults import Faults, path_part
from app.fleet.techniques.values import check_value
from app.fleet.techniques.variables import ROOT_SECTION, Section, Variable

MAX_REPEATS = 1000
Unknown = Literal["drop", "refuse"]


def complete_parameters(technique: Technique, parameters: JSON, *, unknown: Unknown = "refuse") -> Document:
    """Check a directive's parameters and give them complete and in order.

    `parameters` is `{"section": {"name": "sections", "vars": [...], "sections": [...]}}`; None is all defaults. In the
    answer every variable of the technique has a value (its default, else ""), variables and sections are sorted by
    name, repeats of a multivalued section keep their order, and empty lists are left out. `unknown` says what becomes
    of names that the technique does not have. Completing twice changes nothing.

    Raises:
        InvalidError: all faults at once; `fields` is keyed `parameters/<section>/<variable>`, the section of a
            multivalued one with its place, `parameters/Package[2]/PACKAGE_LIST`.
    """
    faults = Faults()
    reader = _Reader(faults, unknown)
    root = reader.root(technique.parameters, parameters)
    faults.raise_if_any(f"The parameters for technique '{technique.id}' {technique.version}")
    return {"section": root}


def empty_parameters(technique: Technique) -> Document:
    """Give the parameters of a directive that sets nothing itself.

    Raises:
        InvalidError: the technique requires something that has no default.
    """
    return complete_parameters(technique, None)


def secret_paths(technique: Technique, parameters: JSON) -> list[str]:
    """Give the JSON pointers, inside `parameters`, of the values that must not be stored in clear, in document order.

    A value that is a tag already is among them, an empty one is not.
    """
    root = parameters.get("section") if isinstance(parameters, dict) else None
    return _secret_paths(technique.parameters, root, "/section") if isinstance(root, dict) else []


def _secret_paths(section: Section, given: Document, pointer: str) -> list[str]:
    secret = {variable.name for variable in section.variables if variable.secret}
    inner = {child.name: child for child in section.sections}
    found = []
    for index, (name, wrapped) in enumerate(_named(given.get("vars"), "var")):
        if name in secret and wrapped.get("value") not in (None, ""):
            found.append(f"{pointer}/vars/{index}/var/value")
    for index, (name, wrapped) in enumerate(_named(given.get("sections"), "section")):
        if name in inner:
            found.extend(_secret_paths(inner[name], wrapped, f"{pointer}/sections/{index}/section"))
    return found


def _named(items: JSON, key: str) -> list[tuple[str | None, Document]]:
    """Unwrap a list of `{key: {"name": ...}}`; what has another shape has no name."""
    found: list[tuple[str | None, Document]] = []
    for item in items if isinstance(items, list) else []:
        inner = item.get(key) if isinstance(item, dict) else None
        name = inner.get("name") if isinstance(inner, dict) else None
        found.append((name if isinstance(name, str) else None, inner if isinstance(inner, dict) else {}))
    return found


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a section is: for people, and as the key of `fields`."""

    label: str
    key: str

    def inside(self, name: str, number: int | None) -> "_Place":
        place = f"[{number}]" if number is not None else ""
        label = name + place if self.label == ROOT_SECTION else f"{self.label}/{name}{place}"
        return _Place(label, f"{self.key}/{path_part(name)}{place}")

    def at(self, name: str) -> str:
        return f"{self.key}/{path_part(name)}"


class _Reader:
    """Walks over technique and parameters side by side."""

    def __init__(self, faults: Faults, unknown: Unknown) -> None:
        self._faults = faults
        self._unknown = unknown

    def root(self, section: Section, parameters: JSON) -> Document:
        place = _Place(ROOT_SECTION, "parameters")
        given: Document = {}
        if parameters not in (None, {}):
            inner = parameters.get("section") if isinstance(parameters, dict) else None
            if not isinstance(parameters, dict) or not isinstance(inner, dict):
                self._faults.add("parameters", f'must be an object {{"section": {{"name": "{ROOT_SECTION}", ...}}}}')
            else:
                self._members(parameters, ("section",), place)
                given = inner
        if given.get("name", ROOT_SECTION) != ROOT_SECTION:
            self._faults.add("parameters", f"the outermost section must be named '{ROOT_SECTION}'")
        return self._section(section, given, place)

    def _section(self, section: Section, given: Document, place: _Place) -> Document:
        self._members(given, ("name", "vars", "sections"), place)
        variables = self._variables(section, given, place)
        sections = self._sections(section, given, place)
        completed: Document = {"name": section.name}
        if variables:
            completed["vars"] = variables
        if sections:
            completed["sections"] = sections
        return completed

    def _variables(self, section: Section, given: Document, place: _Place) -> list[JSON]:
        grouped = self._grouped(given, "vars", {variable.name for variable in section.variables}, place)
        completed: list[JSON] = []
        for variable in sorted(section.variables, key=lambda variable: variable.name):
            items = grouped[variable.name]
            if len(items) > 1:
                text = f"section '{place.label}', variable '{variable.name}': is given {len(items)} times; keep one"
                self._faults.add(place.at(variable.name), text)
            item = items[0] if items else {}
            self._members(item, ("name", "value"), place, variable.name)
            value = self._value(variable, item.get("value"), place)
            completed.append({"var": {"name": variable.name, "value": value}})
        return completed

    def _value(self, variable: Variable, given: JSON, place: _Place) -> JSON:
        if given is not None:
            value, fault = check_value(variable, given)
        else:
            value, fault = variable.default, None
            if variable.required and not value:
                fault = "is required and has no default; give a value"
        if fault is not None:
            text = f"section '{place.label}', variable '{variable.name}': {fault}"
            self._faults.add(place.at(variable.name), text)
        return value

    def _sections(self, section: Section, given: Document, place: _Place) -> list[JSON]:
        grouped = self._grouped(given, "sections", {inner.name for inner in section.sections}, place)
        completed: list[JSON] = []
        for inner in sorted(section.sections, key=lambda inner: inner.name):
            items = grouped[inner.name]
            self._check_repeats(inner, len(items), place)
            if inner.multivalued:
                for number, item in enumerate(items[:MAX_REPEATS], start=1):
                    completed.append({"section": self._section(inner, item, place.inside(inner.name, number))})
            else:
                read = self._section(inner, items[0] if items else {}, place.inside(inner.name, None))
                if len(read) > 1:
                    completed.append({"section": read})
        return completed

    def _check_repeats(self, section: Section, count: int, place: _Place) -> None:
        fault = None
        if section.required and not count:
            fault = "is required at least once; give it with its variables"
        elif count > 1 and not section.multivalued:
            fault = f"is given {count} times but is not multivalued; keep one"
        elif count > MAX_REPEATS:
            fault = f"is given {count} times; the most allowed is {MAX_REPEATS}"
        if fault is not None:
            label = place.inside(section.name, None).label
            self._faults.add(place.at(section.name), f"section '{label}' {fault}")

    def _grouped(
        self, given: Document, member: str, known: AbstractSet[str], place: _Place
    ) -> defaultdict[str, list[Document]]:
        """Group the items of `vars` or `sections` by name, in their order."""
        grouped: defaultdict[str, list[Document]] = defaultdict(list)
        what, key = ("variable", "var") if member == "vars" else ("section", "section")
        items = given.get(member)
        if items is not None and not isinstance(items, list):
            self._faults.add(place.at(member), f"section '{place.label}': '{member}' must be a list")
        for name, inner in _named(items, key):
            if name is None:
                shape = f'{{"{key}": {{"name": ..., ...}}}}'
                text = f"section '{place.label}': an item of '{member}' must be {shape}"
                self._faults.add(place.at(member), text)
            elif name in known:
                grouped[name].append(inner)
            elif self._unknown == "refuse":
                names = ", ".join(sorted(known)) or "none"
                text = f"section '{place.label}' has no {what} '{name[:60]}'; it has: {names}"
                self._faults.add(place.at(name[:60]), text)
        return grouped

    def _members(self, given: Document, allowed: tuple[str, ...], place: _Place, variable: str | None = None) -> None:
        if self._unknown == "drop":
            return
        key = place.key if variable is None else place.at(variable)
        label = f"section '{place.label}'" + (f", variable '{variable}'" if variable is not None else "")
        for name in given:
            if name not in allowed:
                self._faults.add(key, f"{label}: unknown member '{name[:60]}'; allowed: {', '.join(allowed)}")
