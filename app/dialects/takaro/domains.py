"""Tenants as root-level routes show them, where they are called domains: their form, and their administration."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from app.core.canonical import JSON, Document
from app.core.clock import rfc3339
from app.core.errors import NotFoundError
from app.core.rights import ANY_RIGHTS
from app.core.roles import ADMINISTRATOR
from app.core.tenancy import ACTIVE, LIMITS, STATES
from app.dialects.takaro.people import role_json, user_json
from app.dialects.takaro.reading import Property, anything, checked, number, one_of, read_body, text
from app.dialects.takaro.searching import answer
from app.dialects.takaro.visit import Paged, Route, Visit
from app.http.search import Searchable, joined_searches
from app.resources.tenants.service import Administration
from app.store.keys import Key
from app.store.tenants import TenantRecord

NAME: Final = text(3, 200)
_TOKEN: Final = {"registrationToken": Property(text(0, 500), required=True)}
_DOMAIN: Final = {"domainId": Property(text(1, 200), required=True)}
_LIMITS: Final = {name: Property(number) for name in LIMITS}
CHANGEABLE: Final[Mapping[str, Property]] = {
    "name": Property(NAME),
    "externalReference": Property(text(3, 200), nullable=True),
    "state": Property(one_of(STATES)),
    **_LIMITS,
}
CREATABLE: Final[Mapping[str, Property]] = {
    **CHANGEABLE,
    "name": Property(NAME, required=True),
    "id": Property(anything, ignored=True),
}


def domain_json(record: TenantRecord) -> Document:
    """Show a tenant."""
    return {
        "id": record.id,
        "name": record.name,
        "state": record.state,
        "externalReference": record.external_reference,
        **{name: record.limit(name) for name in LIMITS},
        "createdAt": rfc3339(record.created),
        "updatedAt": rfc3339(record.updated),
    }


def create(visit: Visit) -> JSON:
    """Make a tenant with its first administrator, whose password is in this answer only."""
    fields = checked(read_body(visit.request), CREATABLE)
    record = laid_over(TenantRecord(id="", name=str(fields["name"])), fields)
    made = visit.administration.create(visit.work.ctx, record)
    everything: Document = {"id": ADMINISTRATOR, "name": ADMINISTRATOR, "rights": [ANY_RIGHTS], "system": True}
    root = role_json(everything, made.record.created)
    return {
        "createdDomain": domain_json(made.record),
        "rootUser": user_json(made.root, {ADMINISTRATOR: root}),
        "rootRole": root,
        "password": made.password,
    }


def show(visit: Visit) -> JSON:
    """Show a tenant."""
    return domain_json(visit.administration.get(visit.ids["domain"]))


def modify(visit: Visit) -> JSON:
    """Change what was given."""
    fields = checked(read_body(visit.request), CHANGEABLE)
    tenants, domain = visit.administration.tenants, visit.ids["domain"]
    return domain_json(tenants.modify(visit.work.ctx, domain, lambda record: laid_over(record, fields)))


def delete(visit: Visit) -> JSON:
    """Switch a tenant off, or with `hardDelete=true` delete it for good."""
    domain = visit.ids["domain"]
    hard = visit.request.args.get("hardDelete", "").lower() == "true"
    visit.administration.delete(visit.work.ctx, domain, hard=hard)
    if hard:
        visit.work.terms.removed(domain)
    return {}


def search(visit: Visit) -> Paged:
    """Find tenants."""
    return answer(SEARCH, visit, visit.administration)


def resolve(visit: Visit) -> JSON:
    """Show the tenant of a registration token."""
    token = checked(read_body(visit.request), _TOKEN)["registrationToken"]
    record = visit.administration.find_by_registration(str(token))
    if record is None or record.state != ACTIVE:
        raise NotFoundError("No active domain has this registration token")
    return domain_json(record)


def issue_token(visit: Visit) -> JSON:
    """Give a token with which one tenant's first administrator calls."""
    domain = checked(read_body(visit.request), _DOMAIN)["domainId"]
    return {"token": visit.administration.issue_token(visit.work.ctx, str(domain))}


def laid_over(record: TenantRecord, fields: Mapping[str, JSON]) -> TenantRecord:
    """Lay checked properties over a tenant."""
    reference = fields.get("externalReference", record.external_reference)
    given = {name: value for name, value in fields.items() if name in LIMITS and isinstance(value, int)}
    limits = {name: value for name, value in {**record.limits, **given}.items() if value != LIMITS[name]}
    return replace(
        record,
        name=str(fields.get("name", record.name)),
        state=str(fields.get("state", record.state)),
        external_reference=None if reference is None else str(reference),
        limits=limits,
    )


def _listed(administration: Administration) -> Sequence[Document]:
    return [domain_json(record) for record in administration.all()]


def _shown(_work: object, rows: Sequence[Document]) -> Sequence[Document]:
    return rows


_TEXTS: Final = tuple(Key(name) for name in ("id", "name", "state", "externalReference"))
_NUMBERS: Final = tuple(Key(name, "number") for name in LIMITS)
_TIMES: Final = (Key("createdAt", "date"), Key("updatedAt", "date"))
SEARCH: Final = joined_searches(
    [
        Searchable(
            name="domains",
            path="/domain",
            right="tenant_read",
            show=_shown,
            keys={key.name: key for key in (*_TEXTS, *_NUMBERS, *_TIMES)},
            listed=_listed,
        )
    ]
)["domains"]
"""Searched in memory: a tenant is no row of a tenant, and one installation has a few thousand at most."""

ROUTES: Final = (
    Route("POST", "/domain", "Make a domain", create, asks="admin"),
    Route("POST", "/domain/search", "Find domains", search, asks="admin"),
    Route("GET", "/domain/{domain}", "Show a domain", show, asks="admin"),
    Route("PUT", "/domain/{domain}", "Change a domain", modify, asks="admin"),
    Route("DELETE", "/domain/{domain}", "Switch a domain off, or delete it for good", delete, asks="admin"),
    Route("POST", "/token", "Make a token for a domain", issue_token, asks="admin"),
    Route("POST", "/resolve-registration-token", "Find the domain of a registration token", resolve, asks="admin"),
)
