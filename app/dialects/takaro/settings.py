"""Settings: those that clients at root level know, and ours beside them; every value is a text here."""

from typing import Final

from app.changes.change import Edit
from app.changes.settings import SETTINGS, setting
from app.core.canonical import JSON, Document, canonical, parse
from app.core.errors import InvalidError, NotFoundError
from app.dialects.takaro.reading import Property, anything, checked, nothing, read_body
from app.dialects.takaro.visit import Route, Visit
from app.resources.settings import service
from app.resources.settings.kind import SETTING
from app.store.documents import Stored, list_documents

READ, MANAGE = "READ_SETTINGS", "MANAGE_SETTINGS"
_VALUE: Final = {
    "value": Property(anything, required=True),
    "gameServerId": Property(nothing, nullable=True),
}


def show_all(visit: Visit) -> JSON:
    """Show every setting, or those that `keys` names."""
    args = visit.request.args
    wanted = [key for name in ("keys", "keys[]") for text in args.getlist(name) for key in text.split(",") if key]
    for key in wanted:
        _check_known(key)
    stored = {one.id: one for one in list_documents(visit.work.session, SETTING.name)}
    return [_shown(visit, key, stored.get(key)) for key in SETTINGS if not wanted or key in wanted]


def show(visit: Visit) -> JSON:
    """Show a setting."""
    _check_known(visit.ids["key"])
    return _read(visit, visit.ids["key"])


def write(visit: Visit) -> JSON:
    """Set a setting."""
    key = visit.ids["key"]
    _check_known(key)
    value = checked(read_body(visit.request), _VALUE).get("value")
    if not isinstance(SETTINGS[key].default, str) and isinstance(value, str):
        value = _parsed(value)
    service.write_one(service.Asking(visit.work, strict=True), key, value, None)
    return _read(visit, key)


def reset(visit: Visit) -> JSON:
    """Bring a setting back to its default."""
    key = visit.ids["key"]
    _check_known(key)
    if service.read_one(visit.work, key, None)[1] is not None:
        visit.work.submit([Edit(SETTING.name, key, "delete")])
    return _read(visit, key)


def _read(visit: Visit, key: str) -> Document:
    return _shown(visit, key, service.read_one(visit.work, key, None)[1])


def _shown(visit: Visit, key: str, stored: Stored | None) -> Document:
    value = service.shown(visit.work, key, setting(key, stored))
    return {
        "key": key,
        "value": value if isinstance(value, str) else canonical(value).decode(),
        "type": "default" if stored is None else "global",
        "description": f"Takes {SETTINGS[key].form.allowed}",
        "canHaveGameServerOverride": False,
    }


def _check_known(key: str) -> None:
    if key not in SETTINGS:
        raise NotFoundError(f"Setting '{key[:80]}' does not exist")


def _parsed(text: str) -> JSON:
    """Read the JSON of a value that is no text; what is none is judged, and refused, as it was sent."""
    try:
        return parse(text.encode())
    except InvalidError:
        return text


ROUTES: Final = (
    Route("GET", "/settings", "Show every setting", show_all, READ),
    Route("GET", "/settings/{key}", "Show a setting", show, READ),
    Route("POST", "/settings/{key}", "Set a setting", write, MANAGE),
    Route("DELETE", "/settings/{key}", "Bring a setting back to its default", reset, MANAGE),
)
