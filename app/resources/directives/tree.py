"""The directives below their techniques and categories."""

from collections.abc import Callable

from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.clock import rfc3339
from app.fleet.techniques.stored import Category, category_tree
from app.fleet.techniques.versions import version_key
from app.http.schemas import reshaper
from app.resources.directives.schema import DirectiveSchema
from app.store.documents import Stored, list_documents

ROOT_DESCRIPTION = "All techniques and their directives"
Write = Callable[[Stored], Document]


def directive_tree(work: Work, write: Write, *, include_system: bool) -> Document:
    """Give the tree of categories; a technique is there once, under the category and name of its newest version."""
    techniques: dict[str, Document] = {}
    for stored in list_documents(work.session, "technique"):
        technique = stored.document
        if technique["system"] is True and not include_system:
            continue
        known = techniques.get(str(technique["id"]))
        if known is None or version_key(str(known["version"])) < version_key(str(technique["version"])):
            techniques[str(technique["id"])] = technique
    directives: dict[str, list[JSON]] = {name: [] for name in techniques}
    for stored in list_documents(work.session, "directive"):
        name = str(stored.document["techniqueName"])
        if name in directives and (include_system or stored.document["system"] is not True):
            directives[name].append(write(stored))
    root = category_tree((str(one["category"]), name) for name, one in techniques.items())
    leaves: dict[str, Document] = {
        name: {"id": name, "name": one["name"], "directives": directives[name]} for name, one in techniques.items()
    }
    return {**_category(root, leaves), "description": ROOT_DESCRIPTION}


def as_rudder(stored: Stored) -> Document:
    """Write a directive as the versions that have the tree and speak Rudder's contract show it."""
    return reshaper(DirectiveSchema, 24)(stored.document)


def as_stored(stored: Stored) -> Document:
    """Write a directive as version 25 shows it."""
    ours: Document = {
        "revision": stored.revision,
        "createdAt": rfc3339(stored.created),
        "updatedAt": rfc3339(stored.updated),
    }
    return {**stored.document, **ours}


def _category(category: Category, leaves: dict[str, Document]) -> Document:
    return {
        "name": category.name,
        "description": "",
        "subCategories": [_category(child, leaves) for child in category.children],
        "techniques": [leaves[name] for name in category.techniques],
    }
