"""Where the server is asked about itself, and what Rudder's scripts ask it to reload."""

from app.changes.work import Work
from app.http.endpoint import ARRAY, Answer, Endpoint, Given, View
from app.http.resource import Resource
from app.http.versions import Lifespan
from app.resources.system.about import describe
from app.resources.system.health import findings

READ, WRITE, POLICIES = "administration_read", "administration_write", "technique_write"
SINCE = Lifespan(11)
STARTED = "Started"


def show_info(work: Work, _given: Given) -> Answer:
    """Describe the server."""
    return Answer.plain(describe(work))


def show_status(work: Work, _given: Given) -> Answer:
    """Say OK, once the database has answered."""
    work.session.head()
    return Answer.plain({"global": "OK"})


def show_health(work: Work, _given: Given) -> Answer:
    """Carry out every check."""
    return Answer.many(list(findings(work)))


def purge_software(_work: Work, _given: Given) -> Answer:
    """Name the software that was purged: none, because software is kept with the inventory that names it."""
    return Answer(items=())


def started(*names: str) -> View:
    """Make a view for what needs no doing: techniques, groups and policies always follow the documents.

    Scripts call it after a change and read the word.
    """

    def view(_work: Work, _given: Given) -> Answer:
        return Answer.plain(dict.fromkeys(names, STARTED))

    return view


def reload_endpoint(path: str, action: str, names: tuple[str, ...], right: str = WRITE) -> Endpoint:
    """Declare one of the endpoints that answer `Started`."""
    return Endpoint(
        methods=("POST",),
        path=path,
        action=action,
        summary=f"Answer that {' and '.join(names)} are current, which they always are",
        right=right,
        view=started(*names),
        lifespan=SINCE,
    )


ENDPOINTS = (
    Endpoint(
        methods=("GET",),
        path="/system/info",
        action="getSystemInfo",
        summary="Show version, machine and number of nodes",
        right=READ,
        view=show_info,
        lifespan=Lifespan(10),
    ),
    Endpoint(
        methods=("GET",),
        path="/system/status",
        action="getStatus",
        summary="Say whether the server is at work",
        right=READ,
        view=show_status,
        lifespan=SINCE,
    ),
    Endpoint(
        methods=("GET",),
        path="/system/healthcheck",
        action="getHealthcheckResult",
        summary="Check database, disk, git, keys and worker",
        right=READ,
        view=show_health,
        container=ARRAY,
        lifespan=Lifespan(13),
    ),
    Endpoint(
        methods=("POST",),
        path="/system/maintenance/purgeSoftware",
        action="purgeSoftware",
        summary="List the software that was purged, which is none",
        right=WRITE,
        view=purge_software,
        container=ARRAY,
        lifespan=Lifespan(13),
    ),
    reload_endpoint("/system/reload", "reloadAll", ("groups", "techniques")),
    reload_endpoint("/system/reload/techniques", "reloadTechniques", ("techniques",)),
    reload_endpoint("/reload/techniques", "reloadTechniques", ("techniques",)),
    reload_endpoint("/system/reload/groups", "reloadGroups", ("groups",)),
    reload_endpoint("/system/update/policies", "updatePolicies", ("policies",), POLICIES),
    reload_endpoint("/system/regenerate/policies", "regeneratePolicies", ("policies",), POLICIES),
    reload_endpoint("/regenerate/policies", "regeneratePolicies", ("policies",), POLICIES),
)

RESOURCE = Resource(name="system", endpoints=ENDPOINTS)
