"""WSGI middleware that brings every form of URL to `/api/<version>/...` before routing."""

import re
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import unquote_to_bytes

from app.core.errors import InvalidError, SternpostError, UnknownPathError, UnknownVersionError
from app.http.versions import LATEST, LISTED, VERSIONS, WRONG_VERSION, era_of, find_version

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

REFUSAL: Final = "sternpost.refusal"
ASKED_PATH: Final = "sternpost.path"
KIND: Final = "sternpost.kind"
SHARED: Final = "sternpost.shared"
"""Set where a path without version means something to a neighbour too."""
NEIGHBOURS: Final = "sternpost.neighbours"
"""Set where a neighbour answers."""
OPEN: Final = frozenset({"status", "docs"})
"""First segments that have no version."""

AT_ROOT: Final = ("/auth/", "/client/", "/client")
"""What the tenant API has of its own is served without prefix too."""

_CANONICAL: Final = frozenset(str(version) for version in VERSIONS if era_of(version).strict)
"""What stands in the version's place of paths that stay as they are."""
_LIKE_A_VERSION = re.compile(r"latest|[0-9][0-9.]*|[0-9]*\.[0-9]+", re.IGNORECASE)
_SECOND_QUERY = re.compile(r"\?(?=[A-Za-z]+=)")


class Neighbour(Protocol):
    """Another dialect below `/api`: it takes some requests for itself, and shares the names of others."""

    def takes(self, environ: "WSGIEnvironment", path: str) -> bool:
        """Tell whether a request for a path (behind `/api`, without version) is the neighbour's."""

    def shares(self, path: str) -> bool:
        """Tell whether the path means something to the neighbour too."""


class VersionMiddleware:
    """Rewrites paths; what it has to refuse it leaves in the environment, so that it gets an envelope like all else."""

    def __init__(
        self, app: "WSGIApplication", first_segments: Collection[str], neighbour: Neighbour | None = None
    ) -> None:
        self._app = app
        self._neighbour = neighbour
        self._first_segments = frozenset(first_segments)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Serve one request as WSGI says."""
        path = environ[ASKED_PATH] = _path(environ)
        if self._is_neighbours(environ, path):
            environ["PATH_INFO"] = path
            return self._app(environ, start_response)
        if path.startswith("/rudder/"):
            path = path.removeprefix("/rudder")
        if path.startswith("/secure/api/"):
            # Where Rudder serves what needs a login; here any credential of a person opens it (docs/decisions.md).
            path = path.removeprefix("/secure")
        if path in AT_ROOT or path.startswith(AT_ROOT[:2]):
            path = f"/api/{LATEST}{path}"
        query = environ.get("QUERY_STRING", "")
        if "?" in query:
            environ["QUERY_STRING"] = _SECOND_QUERY.sub("&", query)
        if path.startswith("/api/"):
            try:
                path = self._versioned(path.removeprefix("/api/"), environ.get("HTTP_X_API_VERSION"), environ)
            except SternpostError as refusal:
                environ[REFUSAL] = refusal
        environ["PATH_INFO"] = path
        return self._app(environ, start_response)

    def _is_neighbours(self, environ: "WSGIEnvironment", path: str) -> bool:
        """Tell whether the neighbour answers; a path that names a version, or is nobody's, is never its."""
        first = path.removeprefix("/api/").partition("/")[0]
        if self._neighbour is None or not path.startswith("/api/") or first in _CANONICAL:
            return False
        if first in OPEN or _LIKE_A_VERSION.fullmatch(first):
            return False
        bare = path.removeprefix("/api")
        environ[SHARED] = self._neighbour.shares(bare)
        environ[NEIGHBOURS] = self._neighbour.takes(environ, bare)
        return bool(environ[NEIGHBOURS])

    def _versioned(self, path: str, header: str | None, environ: dict[str, Any]) -> str:
        first, _, rest = path.partition("/")
        if header is None and first in _CANONICAL and rest != "status":
            return f"/api/{path}"
        if first in OPEN:
            return f"/api/{path}"
        asked = None if header is None else find_version(header.strip())
        if _LIKE_A_VERSION.fullmatch(first) or self._is_wrong_version(first, rest):
            version = find_version(first)
            if version is None:
                raise UnknownPathError(f"There is no version '{first[:40]}'; use one of: {LISTED}")
            if rest == "status":
                return "/api/status"
            if era_of(version).strict and asked is not None and asked != version:
                text = f"The URL asks for version {version} and the header X-API-Version for {asked}; send one of them"
                raise InvalidError(text)
        else:
            environ[KIND] = first if first in self._first_segments else "unknown"
            version, rest = self._from_header(header, asked), path
        if not era_of(version).strict:
            rest = rest.removesuffix("/")
        return f"/api/{version}/{rest}"

    def _is_wrong_version(self, first: str, rest: str) -> bool:
        """Say whether a path such as `foo/rules` has something in the version's place."""
        return first not in self._first_segments and rest.partition("/")[0] in self._first_segments

    @staticmethod
    def _from_header(header: str | None, asked: int | None) -> int:
        if header is not None and asked is None:
            raise UnknownVersionError(WRONG_VERSION)
        return asked or LATEST


def _path(environ: dict[str, Any]) -> str:
    """Give the decoded path; an encoded slash stays encoded, as part of an id that is then refused by name."""
    path = str(environ.get("PATH_INFO", ""))
    raw = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or "").partition("?")[0]
    if "%2f" not in raw.lower() or not raw.startswith("/"):
        return path
    parts = re.split("%2f", raw, flags=re.IGNORECASE)
    return "%2F".join(unquote_to_bytes(part).decode("latin-1") for part in parts)
