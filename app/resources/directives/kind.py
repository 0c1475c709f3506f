"""Directives as documents: the technique they name, their parameters, their secrets, the rules that use them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from app.changes.change import Change, Edit
from app.changes.kinds import Kind, View, laid_over, refuse_system
from app.core.canonical import JSON, Document
from app.core.errors import InvalidError
from app.fleet.references import technique_id_of
from app.fleet.techniques.definition import Technique
from app.fleet.techniques.parameters import complete_parameters, secret_paths
from app.fleet.techniques.stored import technique_of
from app.fleet.techniques.versions import document_id, newest_version, version_key
from app.store.documents import Stored
from app.store.keys import Key

KEEP = "keep"
"""A policy mode that clients send when they mean the present one."""

DEFAULTS: Mapping[str, JSON] = {
    "displayName": "",
    "shortDescription": "",
    "longDescription": "",
    "techniqueName": "",
    "techniqueVersion": "",
    "parameters": {"section": {"name": "sections"}},
    "priority": 5,
    "enabled": True,
    "system": False,
    "policyMode": "default",
    "tags": [],
    "security": None,
}

KEYS = (
    Key("displayName"),
    Key("techniqueName"),
    Key("techniqueVersion"),
    Key("priority", "number"),
    Key("enabled", "flag"),
    Key("system", "flag"),
    Key("policyMode"),
    Key("tags", many=True),
)


def judge_directive(present: Stored | None, edit: Edit, view: View) -> Document:
    """Merge an edit of a directive and complete its parameters by its technique.

    Raises:
        InvalidError: the technique or its version does not exist, or the parameters do not fit it.
    """
    if edit.fields.get("policyMode") == KEEP:
        edit = replace(edit, fields={name: value for name, value in edit.fields.items() if name != "policyMode"})
    base = laid_over(DEFAULTS, present, replace(edit, fields={}), view)
    directive: Document = {**base, **edit.fields, "id": edit.id}
    if edit.source is not None:
        directive |= {"enabled": False, "system": False}
    directive["techniqueVersion"] = _version(base, edit, view)
    technique = _find_technique(directive, view)
    if technique.system and technique.applicable:
        text = (
            f"Technique '{technique.document_id}' takes no directives, because nodes that need it have it anyway; "
            "GET /techniques lists the others"
        )
        raise InvalidError(text, fields={"techniqueName": [text]})
    # What was stored for another version of the technique is nobody's mistake: only what was sent is refused.
    refuses = edit.strict and "parameters" in edit.fields
    try:
        directive["parameters"] = complete_parameters(
            technique, directive["parameters"], unknown="refuse" if refuses else "drop"
        )
    except InvalidError:
        if present is not None and edit.cascaded:
            # A later edit of the same change set may mend it; the technique's check looks when all are merged.
            return present.document
        raise
    return directive


def _version(base: Document, edit: Edit, view: View) -> str:
    """Give the version that was sent, else the present one, else the newest of the technique."""
    sent = str(edit.fields.get("techniqueVersion") or "")
    name = str(edit.fields.get("techniqueName") or base["techniqueName"])
    if sent or (name == base["techniqueName"] and base["techniqueVersion"]):
        return sent or str(base["techniqueVersion"])
    if not name:
        text = "'techniqueName' is missing; GET /techniques/versions lists the techniques that exist"
        raise InvalidError(
            text, fields={"techniqueName": [text]}, rudder="Missing manadatory parameter 'techniqueName'"
        )
    known = _versions(name, view)
    if not known:
        raise _no_technique(name)
    return newest_version(known)


def _find_technique(directive: Document, view: View) -> Technique:
    name, version = str(directive["techniqueName"]), str(directive["techniqueVersion"])
    stored = view.find("technique", document_id(name, version))
    if stored is not None:
        return technique_of(stored.body)
    known = sorted(_versions(name, view), key=version_key)
    rudder = f"Version '{version}' of Technique '{name}' does not exist"
    if not known:
        raise _no_technique(name, rudder=rudder)
    text = f"{rudder}; it has the versions {', '.join(known)}: use one of them"
    raise InvalidError(text, fields={"techniqueVersion": [text]}, rudder=rudder)


def _versions(name: str, view: View) -> list[str]:
    return [str(stored.document["version"]) for stored in view.holders("technique", "id", name)]


def _no_technique(name: str, *, rudder: str | None = None) -> InvalidError:
    text = f"Technique '{name}' does not exist"
    remedy = f"{text}; GET /techniques/versions lists those that do"
    return InvalidError(remedy, fields={"techniqueName": [remedy]}, rudder=rudder or text)


def looked_up(directive: Document) -> Iterable[tuple[str, str]]:
    """Name the technique's document, by which a directive can be looked up."""
    return (("technique", technique) for technique in technique_id_of(directive))


def needed_for_directive(edit: Edit) -> Iterable[tuple[str, str]]:
    """Name what judging an edit of a directive reads, as far as the edit tells."""
    name, version = edit.fields.get("techniqueName"), edit.fields.get("techniqueVersion")
    if isinstance(name, str) and isinstance(version, str):
        yield "technique", document_id(name, version)


def take_out_of_rules(change: Change, view: View) -> Iterable[Edit]:
    """Take a deleted directive out of the rules that use it."""
    if change.after is not None:
        return
    for rule in view.holders("rule", "directives", change.id):
        listed = rule.document["directives"]
        left = [name for name in listed if name != change.id] if isinstance(listed, list) else []
        yield Edit("rule", rule.id, "modify", {"directives": left})


def directive_secrets(directive: Document, view: View) -> Iterable[tuple[str | int, ...]]:
    """Say where the values of secret variables are."""
    parameters = directive["parameters"]
    for pointer in secret_paths(_find_technique(directive, view), parameters):
        steps = pointer.removeprefix("/").split("/")
        yield ("parameters", *(int(step) if step.isdigit() else step for step in steps))


DIRECTIVE = Kind(
    name="directive",
    label="Directive",
    name_field="displayName",
    judge=judge_directive,
    guard=refuse_system,
    keys=KEYS,
    derived=looked_up,
    derived_from=("techniqueName", "techniqueVersion"),
    needs=needed_for_directive,
    cascade=take_out_of_rules,
    secret_paths=directive_secrets,
    unknown="Directive '{id}' was not found; GET /directives lists those that exist",
    rudder_unknown="Directive with id '{id}' was not found",
    rudder_exists="Cannot create a new Directive with id '{id}' already exists",
    rudder_no_source="Can not find directive to clone: {id}",
)
