"""Components: the parts of a directive that are applied, reported and overridden each for itself."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from app.core.canonical import JSON, Document
from app.core.values import dataclass
from app.fleet.bundles.expanding import UnresolvedError, expand, secrets_in
from app.fleet.bundles.facts import NodeFacts
from app.fleet.techniques.definition import Technique
from app.fleet.techniques.values import check_resolved, has_reference
from app.fleet.techniques.variables import Section, Variable

NO_VALUE = "None"
"""How reports write that a component has no value of its own."""
HIDDEN = "(secret)"
MAX_LABEL_LENGTH = 120
_FREE_TYPES = ("text", "textarea", "raw", "password")

KEYS: Mapping[str, Sequence[str]] = {
    "commandExecution": (),
    "cronManagement": ("CRON_NAME",),
    "fileManagement": ("FILE_PATH",),
    "groupManagement": ("GROUP_NAME",),
    "packageManagement": ("PACKAGE_LIST", "PACKAGE_ARCHITECTURE_SPECIFIC"),
    "serviceManagement": ("SERVICE_NAME",),
    "userManagement": ("USERGROUP_USER_LOGIN",),
}
"""The variables that say what thing of the node a component is about, of each technique with many components.

Two components about one thing would undo each other in every run. None: there is no such thing.
"""
_LABELS = ("COMMAND_LABEL", "COMMAND_TEXT")


@dataclass(frozen=True, slots=True)
class Component:
    """One component: its section's name, its value in reports, its variables, and the thing that it is about."""

    name: str
    value: str
    values: Document
    key: tuple[str, ...] | None

    def to_json(self) -> Document:
        """Give what stands in a bundle."""
        return {"component": self.name, "value": self.value, "values": self.values}


@dataclass(slots=True)
class Resolver:
    """Resolves the values of one directive for one node; `faults` are all that is wrong with them."""

    node: NodeFacts
    parameters: Mapping[str, JSON]
    faults: list[str] = field(default_factory=list)

    def resolve(self, variable: Variable, given: JSON) -> JSON:
        """Give the value of a variable on the node."""
        if not isinstance(given, str) or not has_reference(given):
            return given
        try:
            value = expand(given, self.node, self.parameters)
        except UnresolvedError as error:
            self.faults.append(f"{variable.name}: {error}")
            return ""
        if not isinstance(value, str):
            if variable.type.name not in _FREE_TYPES or variable.constraint.regex is not None:
                self.faults.append(f"{variable.name}: a secret parameter cannot be checked against its type; give text")
            return value
        fault = check_resolved(variable, value)
        if fault is not None:
            self.faults.append(f"{variable.name}: {given!r}, on this node, {fault}")
        return value


def components_of(technique: Technique, parameters: JSON, resolver: Resolver) -> list[Component]:
    """Cut a directive into its components, with the values that they have on the node."""
    root = parameters.get("section") if isinstance(parameters, dict) else None
    given: Document = root if isinstance(root, dict) else {}
    section = technique.parameters
    if _is_many(section):
        (inner,) = section.sections
        many = (_values(inner, one, resolver) for one in _inner(given, inner.name))
        return [_component(technique.id, inner.name, values) for values in many]
    name = section.sections[0].name if len(section.sections) == 1 else technique.name
    return [Component(name, NO_VALUE, _values(section, given, resolver), None)]


def _is_many(section: Section) -> bool:
    return not section.variables and len(section.sections) == 1 and section.sections[0].multivalued


def is_unique(technique: Technique) -> bool:
    """Tell whether a node can have only one directive of the technique: it describes the node as a whole."""
    return not _is_many(technique.parameters)


def _component(technique: str, name: str, values: Document) -> Component:
    keys = KEYS.get(technique, ())
    told = [str(values.get(key, "")) for key in keys]
    labels = [values[key] for key in (*keys, *_LABELS) if values.get(key)]
    label = next(iter(labels), NO_VALUE)
    shown = HIDDEN if secrets_in(label) else str(label).strip().partition("\n")[0]
    if len(shown) > MAX_LABEL_LENGTH:
        shown = shown[:MAX_LABEL_LENGTH] + "..."
    return Component(name, shown or NO_VALUE, values, tuple(told) if keys else None)


def _values(section: Section, given: Document, resolver: Resolver) -> Document:
    """Give the variables of a section and of those inside it by name; a multivalued section is a list of such."""
    stored = dict(_variables(given))
    values: Document = {one.name: resolver.resolve(one, stored.get(one.name, one.default)) for one in section.variables}
    for inner in section.sections:
        if inner.multivalued:
            values[inner.name] = [_values(inner, one, resolver) for one in _inner(given, inner.name)]
        else:
            values |= _values(inner, next(_inner(given, inner.name), {}), resolver)
    return values


def _variables(given: Document) -> Iterator[tuple[str, JSON]]:
    for one in _unwrapped(given.get("vars"), "var"):
        yield str(one.get("name")), one.get("value")


def _inner(given: Document, name: str) -> Iterator[Document]:
    return (one for one in _unwrapped(given.get("sections"), "section") if one.get("name") == name)


def _unwrapped(items: JSON, key: str) -> Iterator[Document]:
    for item in items if isinstance(items, list) else ():
        inner = item.get(key) if isinstance(item, dict) else None
        if isinstance(inner, dict):
            yield inner
