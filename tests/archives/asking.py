"""Imports and exports through the API of a test's server."""

import io
from typing import Any

from werkzeug.test import TestResponse

from app.store.documents import list_documents
from app.store.session import TenantSession
from tests.installations import Server

KINDS = ("rule", "ruleCategory", "directive", "technique", "group", "groupCategory")


def send(server: Server, content: bytes, *, version: int = 25, query: str = "", **more: Any) -> TestResponse:
    form = {"archive": (io.BytesIO(content), "rudder.zip"), **more.pop("form", {})}
    path = f"/api/{version}/archives/import{query}"
    return server.post(path, data=form, content_type="multipart/form-data", **more)


def taken(server: Server, content: bytes, **more: Any) -> dict[str, Any]:
    answer = send(server, content, **more)
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.get_json()["data"]
    return data


def exported(server: Server, query: str = "rules=all&directives=all&techniques=all&groups=all", **more: Any) -> bytes:
    answer = server.get(f"/api/{more.pop('version', 25)}/archives/export?{query}", **more)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/zip"
    return answer.data


def documents(server: Server, tenant: str = "default") -> dict[tuple[str, str], str]:
    """Every document's stored bytes."""
    session = TenantSession(server.opened.database, tenant)
    try:
        return {(kind, one.id): one.body for kind in KINDS for one in list_documents(session, kind)}
    finally:
        session.release()


def state(server: Server, tenant: str = "default") -> tuple[object, ...]:
    """The tenant's head and its documents: what a refusal must leave as it was."""
    session = TenantSession(server.opened.database, tenant)
    try:
        return session.head(), documents(server, tenant)
    finally:
        session.release()


def named(listed: list[dict[str, str]]) -> set[tuple[str, str]]:
    return {(one["kind"], one["id"]) for one in listed}
