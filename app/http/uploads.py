"""Files that come as a part of a multipart form."""

from typing import IO

from app.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that an action takes, as the part `part` of a multipart form, at most `max_upload_bytes` large."""

    part: str


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The file that came; `name` is what its sender calls it. It is gone when the answer was sent."""

    file: IO[bytes]
    name: str
