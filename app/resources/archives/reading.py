"""Reads the layout of an archive: every file of it as an edit, a fault, or something that is left."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import field

from app.changes.change import Edit
from app.core.canonical import JSON, Document, parse
from app.core.errors import InvalidError
from app.core.ids import check_id
from app.core.values import dataclass
from app.fleet.techniques.rudder.folder import FORMS, Folder, read_folder
from app.fleet.techniques.versions import document_id
from app.http.intake import FileFaults, Intake
from app.resources.archives.zips import ARCHIVE, SafeZip

CATEGORY, RULE_CATEGORIES = "category.json", "rule-categories.json"
TECHNIQUE_CATEGORIES = (CATEGORY, "category.xml")
FOLDERS = ("rules", "directives", "groups", "techniques")
GROUP_ROOT, RULE_ROOT = "GroupRoot", "rootRuleCategory"
NOT_OURS = "it is no part of an archive of a configuration"
SYSTEM = "it belongs to the system of the server that it comes from"
_LEAST_DEPTH = 2  # slashes in techniques/<technique>/<version>


@dataclass(frozen=True, slots=True)
class Left:
    """Something of an archive that did not come in, and why."""

    what: str
    why: str

    def to_json(self) -> Document:
        """Give the JSON form."""
        return {"what": self.what, "why": self.why}


@dataclass(slots=True)
class Found:
    """What one archive holds: whole documents as creations, in the order of the archive's files."""

    edits: list[Edit] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    faults: FileFaults = field(default_factory=FileFaults)


def read_archive(archive: SafeZip, intake: Intake) -> Found:
    """Read every file.

    Raises:
        InvalidError: listing everything that cannot be read.
    """
    reader = _Reader(archive, intake)
    reader.read()
    reader.found.faults.raise_if_any()
    return reader.found


class _Reader:
    def __init__(self, archive: SafeZip, intake: Intake) -> None:
        self.archive = archive
        self.intake = intake
        self.found = Found()
        self.root = _root(archive.members)

    def read(self) -> None:
        below = {name.removeprefix(self.root): name for name in self.archive.members if name.startswith(self.root)}
        sorted_out: defaultdict[str, list[str]] = defaultdict(list)
        for path in below:
            first, slash, _ = path.partition("/")
            sorted_out[first if (slash and first in FOLDERS) or path == RULE_CATEGORIES else ""].append(path)
        outside = [name for name in self.archive.members if not name.startswith(self.root)]
        self._leave([*outside, *sorted_out[""]], NOT_OURS)
        if len(sorted_out) == 1:
            layout = ", ".join([*(f"{name}/" for name in FOLDERS), RULE_CATEGORIES])
            self.found.faults.add(ARCHIVE, f"it holds nothing that is read; an archive has, in one folder: {layout}")
            return
        self._techniques(sorted_out["techniques"])
        for path in sorted_out[RULE_CATEGORIES]:
            self._rule_categories(path)
        self._groups(sorted_out["groups"])
        for kind, folder in (("directive", "directives"), ("rule", "rules")):
            for path in self._json(sorted_out[folder]):
                self._document(kind, path, {})

    def _leave(self, names: Iterable[str], why: str) -> None:
        self.found.left.extend(Left(name, why) for name in names)

    def _json(self, paths: Iterable[str]) -> Iterator[str]:
        for path in paths:
            if path.endswith(".json"):
                yield path
            else:
                self._leave([path], NOT_OURS)

    def _value(self, path: str) -> Document:
        value = parse(self.archive.read(self.root + path))
        if not isinstance(value, dict):
            raise InvalidError("it is not a JSON object")
        return value

    def _document(self, kind: str, path: str, defaults: Document) -> None:
        """Read one document in API form; `defaults` are laid under what its file says."""
        with self.found.faults.of(path):
            self._take(kind, path, {**defaults, **self._value(path)})

    def _take(self, kind: str, path: str, document: Document) -> None:
        known_id = document.get("id")
        if not isinstance(known_id, str) or not known_id:
            raise InvalidError("it has no text `id`")
        self.found.faults.claim(kind, check_id(known_id, what=kind), path)
        if document.get("system") is True and known_id != GROUP_ROOT:
            self._leave([f"{kind} '{known_id}'"], SYSTEM)
            return
        fields = self.intake.fields(kind, document)
        fields.pop("id", None)
        self.found.edits.append(Edit(kind, known_id, "create", fields, whole=True))

    def _rule_categories(self, path: str) -> None:
        with self.found.faults.of(path):
            waiting: list[tuple[JSON, str]] = [(self._value(path), RULE_ROOT)]
            while waiting:
                value, parent = waiting.pop(0)
                if not isinstance(value, dict):
                    raise InvalidError("a category in `children` is not a JSON object")
                category = dict(value)
                children = category.pop("children", None) or []
                if not isinstance(children, list):
                    raise InvalidError("`children` is not a list of categories")
                if category.pop("security", None) is not None:
                    self._leave([f"ruleCategory '{category.get('id')}', security"], "categories have none here")
                category["parent"] = parent
                self._take("ruleCategory", path, category)
                waiting.extend((child, str(category["id"])) for child in children)

    def _groups(self, paths: list[str]) -> None:
        categories = {path.rpartition("/")[0]: path for path in paths if path.endswith(f"/{CATEGORY}")}
        ids: dict[str, str] = {}
        for folder in sorted(categories, key=lambda name: name.count("/")):
            path = categories[folder]
            with self.found.faults.of(path):
                value = self._value(path)
                ids[folder] = str(value.get("id"))
                under: Document = {"parent": _nearest(folder.rpartition("/")[0], ids) or GROUP_ROOT}
                self._take("groupCategory", path, {**under, **value})
        about = set(categories.values())
        for path in self._json(path for path in paths if path not in about):
            category = _nearest(path.rpartition("/")[0], ids) or GROUP_ROOT
            with self.found.faults.of(path):
                group = self._value(path)
                named = {"categoryId", "category"} & group.keys()
                self._take("group", path, group if named else {**group, "categoryId": category})

    def _techniques(self, paths: list[str]) -> None:
        folders = _technique_folders(paths)
        files: defaultdict[str, list[str]] = defaultdict(list)
        for path in paths:
            home = _nearest(path.rpartition("/")[0], folders)
            if home is not None:
                files[home].append(path)
            elif path.rpartition("/")[2] not in TECHNIQUE_CATEGORIES:
                self._leave([path], f"there is no {', '.join(FORMS[:-1])} or {FORMS[-1]} beside it")
        for folder, inside in files.items():
            self._technique(folder, inside)

    def _technique(self, folder: str, inside: list[str]) -> None:
        with self.found.faults.of(folder):
            contents = {path.removeprefix(f"{folder}/"): self.archive.read(self.root + path) for path in inside}
            *category, name, version = folder.split("/")[1:]
            read = read_folder(Folder("/".join(category), name, version, contents))
            document = dict(read.document)
            key = document_id(str(document.pop("id")), str(document.pop("version")))
            self.found.faults.claim("technique", key, folder)
            for note in read.notes:
                self._leave([f"technique '{key}'"], note)
            if document["system"] is True:
                self._leave([f"technique '{key}'"], SYSTEM)
                return
            self.found.edits.append(Edit("technique", key, "create", document, whole=True))


def _root(names: Iterable[str]) -> str:
    """Find the one folder around the layout; "" where the layout stands at the top."""
    firsts: dict[str, set[str]] = defaultdict(set)
    for name in names:
        first, _, rest = name.partition("/")
        firsts[first].add(rest.partition("/")[0])
    layout = {*FOLDERS, RULE_CATEGORIES}
    if layout & firsts.keys():
        return ""
    roots = sorted(first for first, inner in firsts.items() if layout & inner)
    if len(roots) > 1:
        faults = FileFaults()
        faults.add(ARCHIVE, f"it holds several archives, in {', '.join(roots)}; import one at a time")
        faults.raise_if_any()
    return f"{roots[0]}/" if roots else ""


def _technique_folders(paths: Iterable[str]) -> dict[str, str]:
    """Name, under themselves, the folders that hold a technique; what is alike deeper inside one is a file of it."""
    found: dict[str, str] = {}
    candidates = {path.rpartition("/")[0] for path in paths if path.rpartition("/")[2] in FORMS}
    for folder in sorted(candidates, key=lambda name: name.count("/")):
        is_version = folder.count("/") >= _LEAST_DEPTH
        if is_version and _nearest(folder, found) is None:
            found[folder] = folder
    return found


def _nearest(folder: str, known: dict[str, str]) -> str | None:
    """Find what is known of a folder, or of the nearest one around it."""
    while folder not in known and "/" in folder:
        folder = folder.rpartition("/")[0]
    return known.get(folder)
