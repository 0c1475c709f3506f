"""Directives and techniques that several tests use, and the state by which they see that nothing changed."""

from typing import Any

from app.core.canonical import Document
from tests.installations import Server, as_account


def section(name: str, variables: dict[str, Any] | None = None, *inner: Document) -> Document:
    """Write a section as directives hold it."""
    content: Document = {"name": name}
    if variables:
        content["vars"] = [{"var": {"name": key, "value": value}} for key, value in variables.items()]
    if inner:
        content["sections"] = list(inner)
    return {"section": content}


def package(name: str = "htop", **more: str) -> Document:
    """Write parameters of packageManagement that give little more than a package's name."""
    return section("sections", None, section("Package", {"PACKAGE_LIST": name, **more}))


def complete_package(name: str = "htop", **version: str) -> Document:
    """Write the same as version 1.0 completes it; `version` goes into the section of versions."""
    return section(
        "sections",
        None,
        section(
            "Package",
            {"PACKAGE_LIST": name, "PACKAGE_STATE": "present"},
            section("Package architecture", {"PACKAGE_ARCHITECTURE": "default", "PACKAGE_ARCHITECTURE_SPECIFIC": ""}),
            section("Package manager", {"PACKAGE_MANAGER": "default"}),
            section("Package version", {**version, "PACKAGE_VERSION": "any", "PACKAGE_VERSION_SPECIFIC": ""}),
            section("Post-modification script", {"PACKAGE_POST_HOOK_COMMAND": ""}),
        ),
    )


def new_directive(server: Server, directive_id: str = "d-new", **more: Any) -> Document:
    """Create a directive about a package."""
    fields = {"displayName": "Packages", "techniqueName": "packageManagement", "techniqueVersion": "1.0"}
    body = {"id": directive_id, **fields, "parameters": package(), **more}
    return shown(server.put("/api/24/directives", json=body), "directives")


def shown(answer: Any, container: str) -> Any:
    """Read the one object of a success."""
    body = answer.get_json()
    assert (answer.status_code, body["result"]) == (200, "success"), body
    objects = body["data"][container]
    assert len(objects) == 1
    return objects[0]


def refused(answer: Any, status: int) -> str:
    """Read the text of a refusal."""
    body = answer.get_json()
    assert (answer.status_code, body["result"]) == (status, "error"), body
    return str(body["errorDetails"])


def head(server: Server) -> tuple[str | None, int]:
    """Name the tenant's newest commit and event."""
    work = server.opened.work(as_account())
    found = work.session.head()
    work.release()
    return found.commit, found.seq


def directive(server: Server, directive_id: str = "d-new") -> Any:
    """Read a directive as version 25 shows it."""
    return shown(server.get(f"/api/25/directives/{directive_id}"), "directives")


def variable(name: str, **more: Any) -> dict[str, Any]:
    """Write a variable of a technique."""
    return {"name": name, **more}


def definition(*variables: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Write a technique of one's own."""
    parameters = {"variables": list(variables or [variable("LOG_SIZE", default="100")])}
    return {"id": "logRotation", "name": "Log rotation", "version": "1.0", "parameters": parameters, **more}


def rotated(server: Server, *variables: dict[str, Any]) -> None:
    """Create the technique and a directive of it."""
    shown(server.put("/api/25/techniques", json=definition(*variables)), "techniques")
    body = {"id": "d-log", "displayName": "Logs", "techniqueName": "logRotation"}
    shown(server.put("/api/25/directives", json=body), "directives")
