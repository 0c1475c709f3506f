"""What a document refers to, as ids: for look-ups, and for what a search puts into its objects."""

from collections.abc import Iterable

from app.core.canonical import JSON, Document
from app.fleet.targets import groups_in
from app.fleet.techniques.versions import document_id


def items(value: JSON) -> list[JSON]:
    """Read a list member of a document."""
    return value if isinstance(value, list) else []


def texts(value: JSON) -> list[str]:
    """Read the texts of a list member."""
    return [item for item in items(value) if isinstance(item, str)]


def directives_of(rule: Document) -> Iterable[str]:
    """List the directives that a rule applies."""
    return texts(rule["directives"])


def groups_of(rule: Document) -> Iterable[str]:
    """List the groups that stand anywhere in a rule's targets, by id."""
    return sorted(groups_in(items(rule["targets"])))


def technique_id_of(directive: Document) -> Iterable[str]:
    """Name the document of a directive's technique."""
    return (document_id(str(directive["techniqueName"]), str(directive["techniqueVersion"])),)


def category_of(member: Document) -> Iterable[str]:
    """Name the category of a rule or a group."""
    return (str(member["categoryId"]),)
