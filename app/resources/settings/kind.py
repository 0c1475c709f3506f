"""Settings as documents: what each may be is declared in app/changes/settings.py."""

from dataclasses import replace

from app.changes.change import Edit
from app.changes.kinds import Kind, View, laid_over
from app.changes.networks import SERVER_EDIT, applied
from app.changes.settings import SETTINGS
from app.core.canonical import JSON, Document
from app.core.errors import InvalidError
from app.store.documents import Stored


def judge_setting(present: Stored | None, edit: Edit, view: View) -> Document:
    """Take the new value in the form in which the setting is stored.

    Raises:
        NotFoundError: there is no setting of this name.
        InvalidError: it cannot have this value.
    """
    default = default_setting(edit.id)
    if default is None:
        raise SETTING.missing(edit.id, "modify")
    if SERVER_EDIT in edit.fields:
        base = laid_over(default, present, replace(edit, fields={}), view)
        return {**base, "value": applied(base["value"], edit.fields[SERVER_EDIT])}
    document = laid_over(default, present, edit, view)
    document["value"] = read_value(edit.id, document["value"], field=edit.id, strict=edit.strict)
    return document


def read_value(key: str, value: JSON, *, field: str, strict: bool) -> JSON:
    """Read the value of a known setting; `field` is where the caller sent it.

    Raises:
        InvalidError: naming the key, the value and what is allowed.
    """
    declared = SETTINGS[key]
    read = declared.read(value, strict=strict)
    if read is None:
        text = declared.fault(value)
        rudder = f"Could not modify parameter '{key}'; cause was: Unexpected: {text}"
        raise InvalidError(text, fields={field: [text]}, rudder=rudder)
    return read


def default_setting(key: str) -> Document | None:
    """Give the document of a setting that nobody has set."""
    return {"id": key, "value": SETTINGS[key].default} if key in SETTINGS else None


SETTING = Kind(
    name="setting",
    label="Setting",
    name_field="id",
    judge=judge_setting,
    default=default_setting,
    unknown="Setting '{id}' does not exist; GET /settings lists those that do",
    rudder_unknown="Could not get parameter '{id}'; cause was: Unexpected: '{id}' is not a valid settings key",
    rudder_unknown_modify=(
        "Could not modify parameter '{id}'; cause was: Unexpected: '{id}' is not a valid settings key"
    ),
)
