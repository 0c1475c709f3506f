"""Where archives are made, listed, restored and read as a zip; the same six paths for each scope."""

from app.changes.archives import SCOPES, Archive, Scope, archive_date, create_archive, get_archive, list_archives
from app.changes.archives import newest_archive as get_newest
from app.changes.restoring import restore, zip_at
from app.changes.work import Work
from app.core.canonical import Document
from app.core.errors import NotFoundError
from app.http.endpoint import TEXT, Answer, Endpoint, Given, Paging, View, list_under, object_under
from app.http.files import Pieces
from app.http.resource import Resource
from app.http.versions import Lifespan
from app.resources.gitarchives.schema import ArchiveSchema, MadeSchema

READ, WRITE = "administration_read", "administration_write"
SINCE = Lifespan(11)
STARTED = "Started"
"""Rudder's word; ours has ended by then, well or with an error."""


def lister(scope: Scope) -> View:
    """Make the view that lists archives, newest first."""

    def view(work: Work, given: Given) -> Answer:
        page = given.page
        if page is None:
            return Answer.many([_listed(one) for one in list_archives(work.session, scope)])
        found = list_archives(work.session, scope, before=page.after, most=page.limit + 1)
        return Answer.paged([_listed(one) for one in found], page)

    return view


def maker(scope: Scope) -> View:
    """Make the view that archives the present configuration."""

    def view(work: Work, _given: Given) -> Answer:
        made = create_archive(work, scope)
        shown: Document = {"committer": made.committer, "gitCommit": made.commit, "id": made.id}
        return Answer(items=[shown])

    return view


def newest_restorer(scope: Scope) -> View:
    """Make the view that restores the newest archive."""

    def view(work: Work, _given: Given) -> Answer:
        newest = get_newest(work.session, scope)
        restore(work, scope, newest.commit, archive=newest.id)
        return Answer(value={scope.name: STARTED})

    return view


def head_restorer(scope: Scope) -> View:
    """Make the view that restores the newest commit, which the documents are already: git follows them."""

    def view(work: Work, _given: Given) -> Answer:
        head = work.session.head().commit
        if head is None:
            raise NotFoundError("There is nothing to restore: this tenant has no commit yet")
        restore(work, scope, head)
        return Answer(value={scope.name: STARTED})

    return view


def restorer(scope: Scope) -> View:
    """Make the view that restores one archive."""

    def view(work: Work, given: Given) -> Answer:
        archive = get_archive(work.session, scope, given.path["tag"])
        restore(work, scope, archive.commit, archive=archive.id)
        return Answer(value={_one(scope): STARTED})

    return view


def zipper(scope: Scope) -> View:
    """Make the view that sends the documents of a commit as a zip."""

    def view(work: Work, given: Given) -> Answer:
        commit = given.path["commitId"]
        file = zip_at(work, scope, commit)
        headers = {"Content-Disposition": f'attachment; filename="{scope.name}-{commit[:12]}.zip"'}
        return Answer(raw=Pieces(file), headers=headers)

    return view


def _listed(one: Archive) -> Document:
    return {"id": one.id, "date": archive_date(one.id), "committer": one.committer, "gitCommit": one.commit}


def _one(scope: Scope) -> str:
    """Name one document of a scope, as Rudder's answer to a restore by tag does."""
    return scope.name.removesuffix("s")


def endpoints_of(scope: Scope) -> tuple[Endpoint, ...]:
    """Declare the six endpoints of a scope."""
    path = f"/system/archives/{scope.name}"
    name, one, every = scope.name.capitalize(), _one(scope).capitalize(), scope.name == "full"
    return (
        Endpoint(
            methods=("GET",),
            path=path,
            action=f"list{name}Archive",
            summary=f"List archives ({scope.name}), newest first",
            right=READ,
            view=lister(scope),
            container=list_under(scope.name),
            output=ArchiveSchema,
            lifespan=SINCE,
            paging=Paging(),
        ),
        Endpoint(
            methods=("POST",),
            path=path,
            action="archiveAll" if every else f"archive{name}",
            summary=f"Archive the present configuration ({scope.name})",
            right=WRITE,
            view=maker(scope),
            container=object_under(scope.name),
            output=MadeSchema,
            lifespan=SINCE,
        ),
        Endpoint(
            methods=("POST",),
            path=f"{path}/restore/latestArchive",
            action=f"restore{name}LatestArchive",
            summary=f"Restore the newest archive ({scope.name})",
            right=WRITE,
            view=newest_restorer(scope),
            dry_run=True,
            lifespan=SINCE,
        ),
        Endpoint(
            methods=("POST",),
            path=f"{path}/restore/latestCommit",
            action=f"restore{name}LatestCommit",
            summary=f"Restore the newest commit ({scope.name}), which changes nothing: documents never differ from it",
            right=WRITE,
            view=head_restorer(scope),
            lifespan=SINCE,
        ),
        Endpoint(
            methods=("POST",),
            path=f"{path}/restore/{{tag}}",
            action=f"archive{one}DateRestore",
            summary=f"Restore one archive ({scope.name})",
            right=WRITE,
            view=restorer(scope),
            dry_run=True,
            lifespan=SINCE,
        ),
        Endpoint(
            methods=("GET",),
            path=f"{path}/zip/{{commitId}}",
            action="getAllZipArchive" if every else f"get{name}ZipArchive",
            summary=f"Read the documents of a commit as a zip ({scope.name})",
            right=READ,
            view=zipper(scope),
            container=TEXT,
            lifespan=SINCE,
            media_type="application/zip",
            streams=True,
        ),
    )


RESOURCE = Resource(
    name="gitarchives", endpoints=tuple(endpoint for scope in SCOPES.values() for endpoint in endpoints_of(scope))
)
