"""Calls of one version of the API that say what they expect; a refusal must leave everything as it was."""

from dataclasses import dataclass
from typing import Any

import pytest

from app.boot import DEFAULT, KINDS
from app.store.session import TenantSession
from tests.installations import Server

Json = dict[str, Any]
KIND_NAMES = {kind.name for kind in KINDS}
with_directives = pytest.mark.skipif("directive" not in KIND_NAMES, reason="directives are not served yet")
with_settings = pytest.mark.skipif("setting" not in KIND_NAMES, reason="settings are not served yet")


@dataclass(frozen=True)
class Api:
    """One version of an installation's API."""

    server: Server
    version: int

    def __call__(self, method: str, path: str, **more: Any) -> tuple[int, Json]:
        answer = self.server.call(method, f"/api/{self.version}{path}", **more)
        return answer.status_code, answer.get_json()

    def made(self, method: str, path: str, **more: Any) -> Json:
        """Call what must succeed."""
        status, said = self(method, path, **more)
        assert (status, said["result"]) == (200, "success"), said
        return said

    def refused(self, expected: int, method: str, path: str, **more: Any) -> Json:
        """Call what must be refused with a status, and see that no event was written."""
        before = seq(self.server)
        status, said = self(method, path, **more)
        assert (status, said["result"]) == (expected, "error"), said
        assert seq(self.server) == before
        return said


def seq(server: Server, tenant: str = DEFAULT) -> int:
    """Read how many events the tenant has."""
    session = TenantSession(server.opened.database, tenant)
    try:
        return session.head().seq
    finally:
        session.release()


def only(said: Json, container: str) -> Json:
    """Give the one object of a list."""
    (found,) = said["data"][container]
    shown: Json = found
    return shown


def make_directives(api: Api, *ids: str) -> None:
    """Make directives of the starter library's simplest technique."""
    for directive in ids:
        asked = {"id": directive, "displayName": directive, "techniqueName": "motdConfiguration"}
        api.made("PUT", "/directives", json=asked)
