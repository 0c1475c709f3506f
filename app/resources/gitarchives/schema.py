"""How archives are shown."""

from app.http.fields import Text
from app.http.schemas import ApiSchema


class ArchiveSchema(ApiSchema):
    """One archive in a list; `date` is written as Rudder does, without colons."""

    id = Text()
    date = Text()
    committer = Text()
    git_commit = Text(data_key="gitCommit")


class MadeSchema(ApiSchema):
    """An archive that was just made."""

    committer = Text()
    git_commit = Text(data_key="gitCommit")
    id = Text()
