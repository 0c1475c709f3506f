"""Reading and writing settings; one that was never set has its default."""

from collections.abc import Mapping

from app.changes.change import Edit
from app.changes.history import document_at, list_at
from app.changes.settings import SETTINGS, setting
from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.errors import InvalidError
from app.resources.settings.kind import SETTING, read_value
from app.store.documents import Stored, find_document, list_documents


def read_one(work: Work, key: str, at: str | None) -> tuple[JSON, Stored | None]:
    """Give the value of a setting, now or at a moment, and the document that it comes from.

    Raises:
        NotFoundError: there is no such setting.
    """
    if key not in SETTINGS:
        raise SETTING.missing(key)
    session = work.session
    stored = find_document(session, SETTING.name, key) if at is None else document_at(session, SETTING.name, key, at)
    return setting(key, stored), stored


def read_all(work: Work, at: str | None) -> Document:
    """Give the value of every setting, by key."""
    listed = list_documents(work.session, SETTING.name) if at is None else list_at(work.session, SETTING.name, at)
    stored = {one.id: one for one in listed}
    return {key: setting(key, stored.get(key)) for key in SETTINGS}


def write_one(work: Work, key: str, value: JSON, expected_revision: int | None) -> Stored:
    """Set one setting.

    Raises:
        NotFoundError: there is no such setting.
        InvalidError: it cannot have this value.
    """
    if key not in SETTINGS:
        raise SETTING.missing(key, "modify")
    read = read_value(key, value, field="value")
    edit = Edit(SETTING.name, key, "modify", {"value": read}, expected_revision=expected_revision)
    return work.submit([edit]).asked[0].shown


def write_many(work: Work, values: Mapping[str, JSON]) -> Document:
    """Set several settings in one change, or none of them.

    Raises:
        InvalidError: naming every one that cannot have its value.
    """
    faults: list[InvalidError] = []
    for key, value in values.items():
        try:
            read_value(key, value, field=key)
        except InvalidError as fault:
            faults.append(fault)
    if faults:
        fields = {name: texts for fault in faults for name, texts in fault.fields.items()}
        said = (" ; ".join(fault.message for fault in faults), " ; ".join(fault.rudder for fault in faults))
        raise InvalidError(said[0], fields=fields, rudder=said[1])
    edits = [Edit(SETTING.name, key, "modify", {"value": value}) for key, value in values.items()]
    return {change.id: change.shown.document["value"] for change in work.submit(edits).asked}
