"""Where archives are exported and imported."""

from collections.abc import Mapping, Sequence

from app.changes.work import Work
from app.core.canonical import Document
from app.core.errors import InvalidError
from app.http.collection import head_of
from app.http.endpoint import BARE, TEXT, Answer, Endpoint, Given
from app.http.fields import shown
from app.http.files import Pieces
from app.http.intake import Intake
from app.http.resource import Resource
from app.http.schemas import json_name
from app.http.uploads import Upload
from app.http.versions import LATEST, Lifespan
from app.http.writing import Writing
from app.resources.archives.exporting import ALL, INCLUDES, KINDS, NONE, Selection, export_archive
from app.resources.archives.importing import OVERRIDE, Asked, import_archive
from app.resources.archives.schema import ExportQuery, ImportInput

SINCE = Lifespan(16)
ZIP_TYPE = "application/zip"


def archives_resource(writings: Mapping[str, Writing]) -> Resource:
    """Make the resource; `writings` says, by kind, how documents are written, and so what an archive may say."""
    intake, orders = Intake(writings), {kind: _order(writings[kind]) for kind in KINDS.values() if kind in writings}

    def export(work: Work, given: Given) -> Answer:
        file = export_archive(work, _selection(given.query), orders)
        headers = {"Content-Disposition": 'attachment; filename="rudder-archive.zip"'}
        return Answer(raw=Pieces(file), headers=headers)

    def take_in(work: Work, given: Given) -> Answer:
        if given.upload is None:
            raise TypeError("the endpoint declares an upload")
        work.dry_run = work.dry_run or given.fields.get("dry_run") is True
        merge = str(given.fields.get("merge", OVERRIDE))
        report = import_archive(work, intake, Asked(file=given.upload.file, name=given.upload.name, merge=merge))
        done: Document = {"success": True, "archiveImported": not work.dry_run and work.waiting is None}
        return Answer.plain({**done, **report.to_json()})

    return Resource(
        name="archives",
        endpoints=(
            Endpoint(
                methods=("GET",),
                path="/archives/export",
                action="exportSimple",
                summary="Export rules, directives, techniques and groups as a zip in Rudder's layout",
                right="configuration_read",
                view=export,
                container=TEXT,
                media_type=ZIP_TYPE,
                query=ExportQuery,
                lifespan=SINCE,
                state=head_of,
                streams=True,
                errors=(404,),
            ),
            Endpoint(
                methods=("POST",),
                path="/archives/import",
                action="import",
                summary="Import such a zip, whole or not at all, as one change",
                right="configuration_write",
                view=take_in,
                container=BARE,
                input=ImportInput,
                upload=Upload("archive"),
                lifespan=SINCE,
                dry_run=True,
            ),
        ),
    )


def _selection(query: Document) -> Selection:
    ids = {name: _texts(query.get(name)) for name in KINDS}
    include = set(_texts(query.get("include"))) or {ALL}
    wrong = sorted(include.difference(INCLUDES))
    if wrong:
        text = f"{shown(wrong[0])} is not one of: {', '.join(INCLUDES)}"
        raise InvalidError(f"include: {text}", fields={"include": [text]})
    return Selection(ids=ids, include=frozenset(INCLUDES if ALL in include else include - {NONE}))


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _order(writing: Writing) -> Sequence[str]:
    """Give the members of a kind in the order in which the API shows them."""
    schema = writing.modify.output
    return () if schema is None else [json_name(field, LATEST) for field in schema().fields.values()]
