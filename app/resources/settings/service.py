"""Reading and writing settings; one that was never set has its default."""

from collections.abc import Mapping

from app.changes.change import Edit
from app.changes.history import document_at, list_at
from app.changes.networks import ALLOWED_NETWORKS, by_server
from app.changes.settings import SETTINGS, setting
from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.errors import InvalidError
from app.core.values import dataclass
from app.resources.settings import networks
from app.resources.settings.kind import SETTING, read_value
from app.store.documents import Stored, find_document, list_documents


@dataclass(frozen=True, slots=True)
class Asking:
    """How a caller is understood: `strict` refuses what cannot be meant, and sees the settings that are ours."""

    work: Work
    strict: bool


def read_one(work: Work, key: str, at: str | None) -> tuple[JSON, Stored | None]:
    """Give the value of a setting, now or at a moment, and the document that it comes from.

    Raises:
        NotFoundError: there is no such setting.
    """
    if key not in SETTINGS:
        raise SETTING.missing(key)
    session = work.session
    stored = find_document(session, SETTING.name, key) if at is None else document_at(session, SETTING.name, key, at)
    return shown(work, key, setting(key, stored)), stored


def read_all(asking: Asking, at: str | None) -> Document:
    """Give the value of every setting, by key; the allowed networks come first."""
    work = asking.work
    listed = list_documents(work.session, SETTING.name) if at is None else list_at(work.session, SETTING.name, at)
    stored = {one.id: one for one in listed}
    return {
        key: shown(work, key, setting(key, stored.get(key)))
        for key, declared in SETTINGS.items()
        if asking.strict or not declared.ours
    }


def write_one(asking: Asking, key: str, value: JSON, expected_revision: int | None) -> tuple[JSON, Stored]:
    """Set one setting; gives its value, and its document.

    Raises:
        NotFoundError: there is no such setting.
        InvalidError: it cannot have this value.
    """
    if key not in SETTINGS:
        raise SETTING.missing(key, "modify")
    work, strict = asking.work, asking.strict
    read = _read(asking, key, value, "value")
    edit = Edit(SETTING.name, key, "modify", {"value": read}, expected_revision=expected_revision, strict=strict)
    stored = work.submit([edit]).asked[0].shown
    return shown(work, key, stored.document["value"]), stored


def write_many(asking: Asking, values: Mapping[str, JSON]) -> Document:
    """Set several settings in one change, or none of them.

    Raises:
        InvalidError: naming every one that cannot have its value.
    """
    work, strict = asking.work, asking.strict
    faults: list[InvalidError] = []
    edits: list[Edit] = []
    for key, value in values.items():
        try:
            read = _read(asking, key, value, key)
            edits.append(Edit(SETTING.name, key, "modify", {"value": read}, strict=strict))
        except InvalidError as fault:
            faults.append(fault)
    if faults:
        fields = {name: texts for fault in faults for name, texts in fault.fields.items()}
        said = (" ; ".join(fault.message for fault in faults), " ; ".join(fault.rudder for fault in faults))
        raise InvalidError(said[0], fields=fields, rudder=said[1])
    changed = work.submit(edits).asked
    return {change.id: shown(work, change.id, change.shown.document["value"]) for change in changed}


def _read(asking: Asking, key: str, value: JSON, field: str) -> JSON:
    read = read_value(key, value, field=field, strict=asking.strict)
    if key == ALLOWED_NETWORKS:
        networks.refuse_unknown(asking.work, by_server(read), field)
    return read


def shown(work: Work, key: str, value: JSON) -> JSON:
    """Show a value; of the allowed networks each policy server has some, set or not."""
    return networks.listed(work, value) if key == ALLOWED_NETWORKS else value
