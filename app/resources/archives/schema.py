"""What is sent to export and to import an archive."""

from app.http.fields import Choice, CommaList, Flag
from app.http.schemas import ApiSchema
from app.resources.archives.importing import MERGES, OVERRIDE


class ExportQuery(ApiSchema):
    """What to export: ids separated by commas, or `all`."""

    rules = CommaList()
    directives = CommaList()
    techniques = CommaList()
    groups = CommaList()
    include = CommaList()


class ImportInput(ApiSchema):
    """How to import the archive that comes as the file."""

    merge = Choice(MERGES, load_default=OVERRIDE)
    dry_run = Flag(data_key="dryRun")
