"""What a view of root-level routes is given, and how a route is declared."""

from collections.abc import Callable, Mapping
from typing import Literal

from flask import Request, Response

from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.values import dataclass
from app.dialects.takaro.permissions import PERMISSIONS
from app.resources.tenants.service import Administration
from app.store.people import User
from app.store.tenants import TenantRecord


@dataclass(frozen=True, slots=True)
class Person:
    """Who calls, as a member of the tenant that was chosen; `tenants` are all that they may choose."""

    user: User
    record: TenantRecord
    rights: frozenset[str]
    tenants: tuple[TenantRecord, ...]

    def holds(self, permission: str) -> bool:
        """Tell whether the person has a permission."""
        return PERMISSIONS[permission].rights <= self.rights


@dataclass(frozen=True, slots=True)
class Visit:
    """One request: `ids` are those of its path, `work` the tenant's business, `caller` a person where one is needed."""

    request: Request
    ids: Mapping[str, str]
    work: Work
    administration: Administration
    caller: Person | None = None

    @property
    def person(self) -> Person:
        """The person who calls a route that asks for one."""
        if self.caller is None:
            raise TypeError("this route asks for no person")
        return self.caller


@dataclass(frozen=True, slots=True)
class Paged:
    """A page of objects, and what the envelope says of it beside the time."""

    objects: list[Document]
    meta: Document


View = Callable[[Visit], JSON | Paged | Response]
Asks = Literal["person", "admin", "nobody"]


@dataclass(frozen=True, slots=True)
class Route:
    """One root-level route: who may call it, and what it does.

    `permission` is what a person needs. `chooses` routes say which tenant comes next, so they heed no choice made
    before. Parameters of the path that end in `id` are UUIDs, but for a domain's.
    """

    method: str
    path: str
    summary: str
    view: View
    permission: str | None = None
    asks: Asks = "person"
    chooses: bool = False
