"""Writes an archive: what was asked for, and what that depends on."""

import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from tempfile import SpooledTemporaryFile
from typing import IO, Final

from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.errors import InvalidError, NotFoundError, UnavailableError
from app.core.values import dataclass
from app.fleet.targets import groups_in
from app.fleet.techniques.rudder.folder import files_of
from app.fleet.techniques.stored import category_tree
from app.fleet.techniques.versions import document_id
from app.http.envelope import dump, prettify
from app.resources.archives.layout import Names
from app.resources.archives.reading import CATEGORY, GROUP_ROOT, RULE_CATEGORIES, RULE_ROOT
from app.store.documents import Stored, list_documents

ALL: Final = "all"
ROOT: Final = "archive"
NONE: Final = "none"
INCLUDES: Final = (ALL, NONE, "directives", "techniques", "groups")
"""What comes along with what was asked for: a rule's directives and groups, a directive's technique."""

KINDS: Final[Mapping[str, str]] = {
    "rules": "rule",
    "directives": "directive",
    "techniques": "technique",
    "groups": "group",
}
CATEGORIES: Final = ("ruleCategory", "groupCategory")
IN_MEMORY_BYTES: Final = 4 << 20
ATTEMPTS: Final = 5
_LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)
_MODE: Final = 0o644 << 16

Library = Mapping[str, Mapping[str, Stored]]
"""All documents, by kind and id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What to export: ids by container name (`all` is every one), and what of their dependencies comes along."""

    ids: Mapping[str, Sequence[str]]
    include: frozenset[str]


def export_archive(work: Work, selection: Selection, orders: Mapping[str, Sequence[str]]) -> IO[bytes]:
    """Write a zip; the caller closes it. `orders` are, by kind, the members' names in the order of the API.

    Raises:
        InvalidError: nothing was asked for.
        NotFoundError: naming every id that does not exist.
    """
    if not any(selection.ids.values()):
        text = f"Nothing was asked for; send one or several of {', '.join(f'{name}=all' for name in KINDS)}, or ids"
        raise InvalidError(text, fields={name: [text] for name in KINDS})
    library = _library(work)
    work.session.release()  # nothing more is read while the zip is sent
    chosen = _with_dependencies(_chosen(library, selection), library, selection.include)
    file: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115  the caller closes it
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in sorted(_files(chosen, library, orders)):
            info = zipfile.ZipInfo(f"{ROOT}/{path}", _LONG_AGO)  # equal content makes equal bytes
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, _MODE
            archive.writestr(info, content)
    file.seek(0)
    return file


def _library(work: Work) -> Library:
    """Read all documents as they are at one moment."""
    for _ in range(ATTEMPTS):
        head = work.session.head().commit
        found = {
            kind: {one.id: one for one in list_documents(work.session, kind)} for kind in (*KINDS.values(), *CATEGORIES)
        }
        if work.session.head().commit == head:
            return found
    raise UnavailableError("The configuration changes too fast to be exported now; try again", retry_after_s=1)


def _chosen(library: Library, selection: Selection) -> dict[str, dict[str, Stored]]:
    missing: list[NotFoundError] = []
    chosen: dict[str, dict[str, Stored]] = {}
    for container, kind in KINDS.items():
        chosen[kind] = {}
        for asked in selection.ids.get(container, ()):
            found = _named(asked, kind, library[kind])
            if not found and asked != ALL:
                missing.append(_missing(kind, asked))
            chosen[kind].update({one.id: one for one in found})
    if missing:
        rudder = " ; ".join(one.rudder for one in missing)
        raise NotFoundError("; ".join(one.message for one in missing), rudder=rudder)
    return chosen


def _named(asked: str, kind: str, known: Mapping[str, Stored]) -> list[Stored]:
    """Find what one id means; a technique may be named with or without its version."""
    ours = [one for one in known.values() if one.document.get("system") is not True]
    if asked == ALL:
        return ours
    if kind == "technique":
        key = asked.replace("/", ":", 1)
        return [one for one in ours if one.id == key or one.document["id"] == key]
    return [one for one in ours if one.id == asked]


def _missing(kind: str, asked: str) -> NotFoundError:
    text = f"{kind.capitalize()} with id '{asked[:200]}' was not found"
    return NotFoundError(f"{text} among those that can be exported", rudder=text)


def _with_dependencies(
    chosen: dict[str, dict[str, Stored]], library: Library, include: frozenset[str]
) -> dict[str, dict[str, Stored]]:
    for rule in list(chosen["rule"].values()):
        if "directives" in include:
            _add(chosen, library, "directive", map(str, _items(rule.document["directives"])))
        if "groups" in include:
            _add(chosen, library, "group", groups_in(_items(rule.document["targets"])))
    for directive in list(chosen["directive"].values()) if "techniques" in include else ():
        name, version = directive.document["techniqueName"], directive.document["techniqueVersion"]
        _add(chosen, library, "technique", [document_id(str(name), str(version))])
    return chosen


def _add(chosen: dict[str, dict[str, Stored]], library: Library, kind: str, ids: Iterable[str]) -> None:
    """Choose documents that others name; those of the system are everywhere already, and groups need not exist."""
    for one in ids:
        stored = library[kind].get(one)
        if stored is not None and stored.document.get("system") is not True:
            chosen[kind][one] = stored


def _files(
    chosen: Mapping[str, Mapping[str, Stored]], library: Library, orders: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, bytes]]:
    for folder, kind in (("rules", "rule"), ("directives", "directive")):
        names = Names()
        for one in _by_id(chosen[kind]):
            yield f"{folder}/{names.take(one.name)}.json", _json(one.document, orders[kind])
    if chosen["rule"]:
        categories = library["ruleCategory"]
        used = _branches(set(_by_member(chosen["rule"], "categoryId")), categories)
        below = _by_member(categories, "parent", only=used)
        yield RULE_CATEGORIES, _text(_rule_category(categories[RULE_ROOT], below))
    yield from _groups(chosen["group"], library["groupCategory"], orders)
    yield from _techniques(chosen["technique"])


def _groups(
    groups: Mapping[str, Stored], categories: Mapping[str, Stored], orders: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, bytes]]:
    if not groups:
        return
    inside = _by_member(groups, "categoryId")
    below = _by_member(categories, "parent", only=_branches(set(inside), categories))
    waiting = [("groups", GROUP_ROOT)]
    while waiting:
        folder, category = waiting.pop(0)
        names = Names(CATEGORY.removesuffix(".json"))
        yield f"{folder}/{CATEGORY}", _json(_plain(categories[category].document), ("id", "name", "description"))
        for one in inside[category]:
            yield f"{folder}/{names.take(one.name)}.json", _json(one.document, orders["group"])
        waiting.extend((f"{folder}/{names.take(one.name)}", one.id) for one in below[category])


def _techniques(techniques: Mapping[str, Stored]) -> Iterator[tuple[str, bytes]]:
    placed = [(str(one.document["category"]), one.id) for one in techniques.values()]
    waiting = category_tree(placed).children if placed else []
    while waiting:
        category = waiting.pop(0)
        about: Document = {"name": category.name, "description": ""}
        yield f"techniques/{category.path}/{CATEGORY}", _text(about)
        waiting.extend(category.children)
    for one in techniques.values():
        document = one.document
        folder = f"techniques/{document['category']}/{document['id']}/{document['version']}"
        for name, content in files_of(document).items():
            yield f"{folder}/{name}", content


def _branches(used: set[str], categories: Mapping[str, Stored]) -> set[str]:
    """Name these categories and those above them."""
    found: set[str] = set()
    for category in used:
        here = category
        while here in categories and here not in found:
            found.add(here)
            here = str(categories[here].document["parent"])
    return found


def _rule_category(category: Stored, below: Mapping[str, Sequence[Stored]]) -> Document:
    document = category.document
    children: list[JSON] = [_rule_category(one, below) for one in below[category.id]]
    return {**{name: document[name] for name in ("id", "name", "description")}, "children": children}


def _by_member(
    documents: Mapping[str, Stored], member: str, *, only: set[str] | None = None
) -> defaultdict[str, list[Stored]]:
    """Sort documents, by id, under what a member of theirs says; a root, its own parent, is under nothing."""
    found: defaultdict[str, list[Stored]] = defaultdict(list)
    for one in _by_id(documents):
        if (only is None or one.id in only) and one.document[member] != one.id:
            found[str(one.document[member])].append(one)
    return found


def _plain(category: Document) -> Document:
    return {name: value for name, value in category.items() if name != "system"}


def _json(document: Document, order: Sequence[str]) -> bytes:
    """Write a document in the API's order, without members that are not set."""
    names = [*(name for name in order if name in document), *(name for name in sorted(document) if name not in order)]
    shown = {name: document[name] for name in names if document[name] is not None}
    if "parameters" in shown:
        shown["parameters"] = _in_order(shown["parameters"])
    return _text(shown)


def _in_order(tree: JSON) -> JSON:
    """Write a tree of parameters as Rudder does: of a section its name, then its variables, then its sections."""
    if isinstance(tree, list):
        return [_in_order(one) for one in tree]
    if not isinstance(tree, dict):
        return tree
    order = ("name", "vars", "sections")
    named = {name: _in_order(tree[name]) for name in order if name in tree}
    return {**named, **{name: _in_order(value) for name, value in tree.items() if name not in order}}


def _text(value: JSON) -> bytes:
    return prettify(dump(value)).encode() + b"\n"


def _by_id(documents: Mapping[str, Stored]) -> Iterator[Stored]:
    return (documents[one] for one in sorted(documents))


def _items(value: JSON) -> list[JSON]:
    return value if isinstance(value, list) else []
