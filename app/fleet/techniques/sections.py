"""Reads the section tree of a technique from JSON and checks it."""

from collections.abc import Sequence
from dataclasses import replace

from app.core.canonical import JSON
from app.fleet.techniques.faults import Faults
from app.fleet.techniques.patterns import find_pattern_fault
from app.fleet.techniques.reading import Members
from app.fleet.techniques.types import TYPE_BY_NAME, Choice, Constraint
from app.fleet.techniques.values import check_value
from app.fleet.techniques.variables import ROOT_SECTION, Section, Variable

MAX_DEPTH = 8
MAX_NAME_LENGTH = 255
MAX_VARIABLES = 1000
_ROOT_MEMBERS = ("variables", "sections")
_SECTION_MEMBERS = ("name", "description", "multivalued", "required", *_ROOT_MEMBERS)
_VARIABLE_MEMBERS = (
    "name",
    "description",
    "longDescription",
    "type",
    "default",
    "required",
    "secret",
    "constraint",
)
_LIMITS = ("regex", "min", "max", "minLength", "maxLength", "choices")


def read_root(given: JSON, path: str, faults: Faults) -> Section:
    """Read the member `parameters` of a technique; None is a technique without parameters."""
    members = Members(given if given is not None else {}, path, faults, _ROOT_MEMBERS)
    root = Section(
        name=ROOT_SECTION,
        description="",
        multivalued=False,
        required=False,
        variables=_read_variables(members, ROOT_SECTION, faults),
        sections=_read_sections(members, 1, faults),
    )
    count = sum(1 for _ in root.all_variables())
    if count > MAX_VARIABLES:
        faults.add(path, f"the technique has {count} variables; the most allowed is {MAX_VARIABLES}")
    return root


def _read_sections(parent: Members, depth: int, faults: Faults) -> tuple[Section, ...]:
    items = parent.items("sections")
    if items and depth > MAX_DEPTH:
        parent.fault("sections", f"sections are nested more than {MAX_DEPTH} deep; make the tree flatter")
        return ()
    sections = tuple(_read_section(item, path, depth, faults) for path, item in items)
    _check_unique(parent, "sections", [section.name for section in sections], faults)
    return sections


def _read_section(given: JSON, path: str, depth: int, faults: Faults) -> Section:
    members = Members(given, path, faults, _SECTION_MEMBERS)
    name = _read_name(members, "section")
    if name == ROOT_SECTION:
        members.fault("name", f"a section cannot be named '{ROOT_SECTION}', which is the root; choose another name")
    multivalued = members.flag("multivalued", default=False)
    required = members.flag("required", default=False)
    if required and not multivalued:
        members.fault("required", f"section '{name}' is not multivalued and so always there; leave 'required' out")
    return Section(
        name=name,
        description=members.text("description"),
        multivalued=multivalued,
        required=required,
        variables=_read_variables(members, name, faults),
        sections=_read_sections(members, depth + 1, faults),
    )


def _read_variables(parent: Members, section: str, faults: Faults) -> tuple[Variable, ...]:
    found = [_read_variable(item, path, section, faults) for path, item in parent.items("variables")]
    _check_unique(parent, "variables", [variable.name for variable in found], faults)
    return tuple(found)


def _read_variable(given: JSON, path: str, section: str, faults: Faults) -> Variable:
    members = Members(given, path, faults, _VARIABLE_MEMBERS)
    name = _read_name(members, "variable")
    type_name = members.text("type", "text")
    value_type = TYPE_BY_NAME.get(type_name)
    where = f"section '{section}', variable '{name}'"
    if value_type is None:
        members.fault("type", f"{where}: '{type_name}' is not a type; use one of: {', '.join(TYPE_BY_NAME)}")
        value_type = TYPE_BY_NAME["raw"]
    variable = Variable(
        name=name,
        description=members.text("description"),
        long_description=members.text("longDescription", max_length=10_000),
        type=value_type,
        default="",
        required=members.flag("required", default=False),
        secret=members.flag("secret", default=type_name == "password"),
        constraint=_read_constraint(members, where, type_name, faults),
    )
    if type_name == "password" and not variable.secret:
        members.fault("secret", f"{where}: a password is always secret; leave 'secret' out or choose another type")
    # An unknown type or a broken constraint says nothing about the default.
    if faults.has(members.at("type")) or faults.has(members.at("constraint")):
        return variable
    return _with_default(variable, members, where)


def _with_default(variable: Variable, members: Members, where: str) -> Variable:
    given = members.value("default")
    if given is None or given == "":
        return variable
    if variable.secret:
        members.fault("default", f"{where}: a secret cannot have a default, which everybody could read; leave it out")
        return variable
    value, fault = check_value(variable, given)
    if fault is not None or not isinstance(value, str):
        members.fault("default", f"{where}: the default {fault}")
        return variable
    return replace(variable, default=value)


def _read_constraint(parent: Members, where: str, type_name: str, faults: Faults) -> Constraint:
    given = parent.value("constraint")
    members = Members(given if given is not None else {}, parent.at("constraint"), faults, _LIMITS)
    regex = members.text("regex") or None
    if regex is not None and (fault := find_pattern_fault(regex)) is not None:
        members.fault("regex", f"{where}: '{regex[:60]}' {fault}")
        regex = None
    constraint = Constraint(
        regex=regex,
        min=members.number("min"),
        max=members.number("max"),
        min_length=members.number("minLength"),
        max_length=members.number("maxLength"),
        choices=tuple(_read_choice(item, path, faults) for path, item in members.items("choices")),
    )
    _check_constraint(members, constraint, where, type_name)
    return constraint


def _check_constraint(members: Members, constraint: Constraint, where: str, type_name: str) -> None:
    value_type = TYPE_BY_NAME.get(type_name)
    if value_type is not None:
        for limit in _LIMITS:
            if limit not in value_type.limits and members.value(limit) not in (None, []):
                allowed = ", ".join(value_type.limits) or "no constraint at all"
                members.fault(limit, f"{where}: type {type_name} takes no '{limit}'; it takes: {allowed}")
    for least, most, name in (
        (constraint.min, constraint.max, "max"),
        (constraint.min_length, constraint.max_length, "maxLength"),
    ):
        if least is not None and most is not None and least > most:
            members.fault(name, f"{where}: '{name}' {most} is less than the least allowed, {least}; correct one")
    _check_choices(members, constraint, where, type_name)


def _check_choices(members: Members, constraint: Constraint, where: str, type_name: str) -> None:
    values = [choice.value for choice in constraint.choices]
    if type_name == "choice" and not values:
        members.fault("choices", f"{where}: a choice needs 'choices' with at least one value")
    if len(set(values)) < len(values):
        members.fault("choices", f"{where}: a value is listed twice in 'choices'; keep one")
    if type_name == "list" and any("," in value or value != value.strip() for value in values):
        members.fault("choices", f"{where}: a choice of a list cannot hold a comma or begin or end with a space")


def _read_choice(given: JSON, path: str, faults: Faults) -> Choice:
    if isinstance(given, str):
        given = {"value": given}
    members = Members(given, path, faults, ("value", "label"))
    value = members.text("value")
    if not value:
        members.fault("value", f"'{path}' must be a text that is not empty, or an object with such a 'value'")
    return Choice(value=value, label=members.text("label") or value)


def _read_name(members: Members, what: str) -> str:
    name = members.text("name", max_length=MAX_NAME_LENGTH)
    if not name or name != name.strip() or not name.isprintable():
        members.fault("name", f"{name!r} is not a name of a {what}; give printable text, no space at either end")
    return name


def _check_unique(parent: Members, what: str, names: Sequence[str], faults: Faults) -> None:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            faults.add(f"{parent.at(what)}/{index}/name", f"the name '{name}' is used twice in one section; rename one")
        seen.add(name)
