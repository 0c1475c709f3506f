"""The API versions that are served, their two eras, and how long things live in them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final

from app.core.values import dataclass

FIRST: Final = 2
LATEST: Final = 25
VERSIONS: Final = range(FIRST, LATEST + 1)
DEPRECATED: Final = range(FIRST, 21)
"""Deprecated by us; Rudder's own marks on 21 and 22 are not ours (decisions 16)."""

DEPRECATED_SINCE: Final = datetime(2027, 1, 1, tzinfo=UTC)
SUNSET: Final = datetime(2030, 1, 1, tzinfo=UTC)
"""Three years of warning: scripts written for Rudder 2.7 have run for longer than that between two looks at them."""

DEPRECATION_HEADERS: Final[Mapping[str, str]] = {
    "Deprecation": f"@{int(DEPRECATED_SINCE.timestamp())}",  # RFC 9745
    "Sunset": format_datetime(SUNSET, usegmt=True),  # RFC 8594
}

LISTED: Final = ", ".join(["latest", *map(str, VERSIONS)])
WRONG_VERSION: Final = f"Version used does not exists, please use one of the following: [ {LISTED} ] "
"""Rudder 4.x's sentence, its grammar and trailing space included: scripts match it."""


@dataclass(frozen=True, slots=True)
class Lifespan:
    """The versions in which something exists, both ends included; `until` None means to this day."""

    since: int = FIRST
    until: int | None = None

    def __contains__(self, version: int) -> bool:
        return self.since <= version and (self.until is None or version <= self.until)

    def overlaps(self, other: "Lifespan") -> bool:
        """Say whether there is a version in both."""
        last, other_last = self.until or LATEST, other.until or LATEST
        return self.since <= other_last and other.since <= last


ALWAYS: Final = Lifespan()


@dataclass(frozen=True, slots=True)
class Era:
    """A contract that several versions share; see the stance at the top of the conventions."""

    name: str
    lifespan: Lifespan
    strict: bool
    """Unknown and repeated input is refused, and statuses are true ones."""


RUDDER: Final = Era(name="rudder", lifespan=Lifespan(FIRST, 24), strict=False)
TRUE: Final = Era(name="true", lifespan=Lifespan(25), strict=True)

_ERAS: Final = {version: RUDDER if version in RUDDER.lifespan else TRUE for version in VERSIONS}

ONE_VALUE_OR_ERROR: Final = Lifespan(FIRST, 10)
"""Versions that refuse a second value for a field of one value; later ones take the first, the strict era refuses."""


def era_of(version: int) -> Era:
    """Name the contract that a served version speaks."""
    return _ERAS[version]


def find_version(text: str) -> int | None:
    """Read a version as URLs and headers write it: `latest` or a plain number that is served."""
    if text.lower() == "latest":
        return LATEST
    if not (text.isascii() and text.isdigit()) or text.startswith("0"):
        return None
    version = int(text) if len(text) < 4 else 0  # noqa: PLR2004  long digit strings are slow to convert
    return version if version in VERSIONS else None
