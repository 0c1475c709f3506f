"""Global parameters as documents: defaults, judgement, the secret value."""

from collections.abc import Iterable, Mapping

from app.changes.change import Edit
from app.changes.kinds import Kind, View, laid_over
from app.core.canonical import JSON, Document
from app.core.clock import parse_rfc3339, rfc3339
from app.core.errors import InvalidError
from app.store.documents import Stored
from app.store.keys import Key
from app.store.secrets import tag_of

DEFAULT_INHERITANCE = "moo"
"""Merge objects, override lists and texts: what holds unless a parameter says otherwise, so it is never shown."""

DEFAULTS: Mapping[str, JSON] = {
    "value": "",
    "description": "",
    "inheritMode": None,
    "provider": None,
    "security": None,
    "secret": False,
    "hidden": False,
}


def judge_parameter(present: Stored | None, edit: Edit, view: View) -> Document:
    """Merge an edit of a parameter.

    Raises:
        InvalidError: it is to be secret no longer, and its value was not sent; or the end is no time.
    """
    parameter = laid_over(DEFAULTS, present, edit, view)
    if parameter["inheritMode"] in ("", DEFAULT_INHERITANCE):
        parameter["inheritMode"] = None
    if parameter["secret"] is not True and tag_of(parameter["value"]) is not None:
        text = f"Parameter '{edit.id}' is to be secret no longer, so its value must be sent with it; nobody can read it"
        raise InvalidError(text, fields={"value": [text]})
    ends = parameter.pop("expiresAt", None)
    if ends not in (None, ""):
        parameter["expiresAt"] = _moment(edit.id, ends)
    return parameter


def _moment(parameter: str, given: JSON) -> str:
    """Write a time as it is stored, so that texts compare as times do."""
    try:
        return rfc3339(parse_rfc3339(given if isinstance(given, str) else ""))
    except InvalidError as fault:
        text = f"Parameter '{parameter}': expiresAt must be a time such as 2026-01-02T03:04:05Z"
        raise InvalidError(text, fields={"expiresAt": [text]}) from fault


def secret_paths(parameter: Document, _view: View) -> Iterable[tuple[str | int, ...]]:
    """Name the value of a secret parameter."""
    return (("value",),) if parameter["secret"] is True else ()


def is_listed(stored: Stored) -> bool:
    """Tell whether lists show the parameter; hidden ones are only read by name."""
    return stored.document["hidden"] is not True


PARAMETER = Kind(
    name="parameter",
    label="Parameter",
    name_field="id",
    judge=judge_parameter,
    keys=(Key("inheritMode"), Key("provider"), Key("secret", "flag"), Key("hidden", "flag"), Key("expiresAt")),
    secret_paths=secret_paths,
    unknown="Parameter '{id}' was not found; GET /parameters lists those that exist",
    rudder_unknown="Could not find Parameter {id}",
    rudder_unknown_modify="Could not find Parameter '{id}''",
    rudder_exists="Cannot create a new Parameter with id '{id}' already exists",
)
