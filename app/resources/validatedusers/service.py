"""Validated users and supervised targets: settings, written as documents so that they are reviewed themselves."""

from collections.abc import Iterable, Sequence
from typing import Final

from app.changes.change import Edit
from app.changes.review.policy import SUPERVISED, VALIDATED
from app.changes.settings import SETTINGS, setting
from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.errors import InvalidError
from app.core.targets import GROUP, SPECIAL
from app.fleet.targets import SYSTEM_CATEGORY
from app.store.accounts import list_accounts
from app.store.documents import Stored, find_document, list_documents
from app.store.people import list_users

ROOT: Final = "GroupRoot"
UPDATED: Final = "Set of target needing validation has been updated"


def read_users(work: Work) -> list[Document]:
    """List everybody who may be validated, by name, and those who are and do not exist."""
    return _users(work, _listed(setting(VALIDATED, find_document(work.session, "setting", VALIDATED))))


def write_users(work: Work, names: Sequence[str]) -> list[Document]:
    """Replace the list, and give everybody as it then is, or would be after its review."""
    return _users(work, _write_users(work, names))


def remove_user(work: Work, name: str) -> str:
    """Take somebody out of the list; who is not in it is no error."""
    listed = _listed(setting(VALIDATED, find_document(work.session, "setting", VALIDATED)))
    handles = set(_handles(work, [name]))
    if handles & set(listed):
        _write_users(work, [one for one in listed if one not in handles])
    return name


def _write_users(work: Work, names: Sequence[str]) -> list[str]:
    handles: list[JSON] = [*sorted(set(_handles(work, names)))]
    if SETTINGS[VALIDATED].read(handles, strict=True) is None:
        text = SETTINGS[VALIDATED].fault(handles)
        raise InvalidError(text, fields={"validatedUsers": [text]})
    change = work.submit([Edit("setting", VALIDATED, "modify", {"value": handles})]).asked[0]
    return _listed(change.shown.document["value"])


def _handles(work: Work, names: Iterable[str]) -> list[str]:
    """Give what never changes instead of an account's name; what names nobody stays as it is."""
    accounts = list_accounts(work.session)
    by_name = {account.name: account.id for account in accounts}
    known = {account.id for account in accounts} | {user.username for user in list_users(work.session)}
    return [name if name in known else by_name.get(name, name) for name in names]


def _users(work: Work, validated: Sequence[str]) -> list[Document]:
    people = {user.username for user in list_users(work.session)}
    accounts = {account.id for account in list_accounts(work.session)}
    shown = sorted(people | set(validated))
    return [
        {"username": name, "isValidated": name in validated, "userExists": name in people | accounts} for name in shown
    ]


def read_targets(work: Work) -> Document:
    """Show every target below its category, and whether it is supervised."""
    unsupervised = _unsupervised(work)
    below: dict[str, list[Stored]] = {}
    for category in list_documents(work.session, "groupCategory"):
        below.setdefault(str(category.document["parent"]), []).append(category)
    groups: dict[str, list[Stored]] = {}
    for group in list_documents(work.session, "group"):
        groups.setdefault(str(group.document["categoryId"]), []).append(group)

    def grow(category_id: str, name: str) -> Document:
        inside = [grow(one.id, one.name) for one in below.get(category_id, ()) if one.id != category_id]
        targets = [
            _target(GROUP + one.id, one.name, str(one.document["description"])) for one in groups.get(category_id, ())
        ]
        if category_id == SYSTEM_CATEGORY:
            targets += [_target(text, text, "") for text in sorted(set(SPECIAL.values()))]
        return {"name": name, "categories": _by_name(inside), "targets": _by_name(targets)}

    def _target(target: str, name: str, description: str) -> Document:
        supervised = target not in unsupervised
        return {"id": target, "name": name, "description": description, "supervised": supervised}

    root = find_document(work.session, "groupCategory", ROOT)
    return grow(ROOT, ROOT if root is None else root.name)


def write_targets(work: Work, supervised: Sequence[str]) -> str:
    """Replace the whole supervised set; what is kept are those that are not in it."""
    every = {GROUP + group.id for group in list_documents(work.session, "group")} | set(SPECIAL.values())
    unknown = sorted(set(supervised) - every)
    if unknown:
        text = f"'{unknown[0][:80]}' is no target of this tenant; use group:ID or one of {', '.join(sorted(SPECIAL))}"
        raise InvalidError(text, fields={"supervised": [text]})
    left: list[JSON] = [*sorted(every - set(supervised))]
    work.submit([Edit("setting", SUPERVISED, "modify", {"value": {"allBut": left}})])
    return UPDATED


def _unsupervised(work: Work) -> set[str]:
    value = setting(SUPERVISED, find_document(work.session, "setting", SUPERVISED))
    return set(_listed(value.get("allBut") if isinstance(value, dict) else None))


def _by_name(items: list[Document]) -> list[JSON]:
    return [*sorted(items, key=lambda item: str(item["name"]))]


def _listed(value: JSON) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []
