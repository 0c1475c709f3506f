"""Clones of directives, and the directives of the system."""

import pytest

from app.changes.change import Edit
from app.core.context import Context
from tests.installations import Server, submit
from tests.resources.directive_samples import complete_package, new_directive, package, refused, shown


def test_a_clone_is_disabled_and_has_the_given_fields_over_the_copied(server: Server) -> None:
    new_directive(server, policyMode="audit", tags=[{"os": "linux"}], shortDescription="short")

    answer = server.put(
        "/api/24/directives",
        json={
            "source": "d-new",
            "id": "d-copy",
            "displayName": "Copy",
            "enabled": True,
            "priority": 8,
            "policyMode": "default",
            "tags": [{"site": "lyon"}, {"customer": "acme"}],
        },
    )

    assert answer.get_json()["action"] == "cloneDirective"
    copy = shown(answer, "directives")
    assert (copy["enabled"], copy["priority"], copy["policyMode"]) == (False, 8, "default")
    assert copy["tags"] == [{"customer": "acme"}, {"site": "lyon"}]
    assert (copy["shortDescription"], copy["parameters"]) == ("short", complete_package())


def test_a_clone_of_nothing_is_refused(server: Server) -> None:
    body = {"source": "d-none", "displayName": "Copy"}

    answer = server.put("/api/24/directives", json=body)

    assert refused(answer, 500) == "Can not find directive to clone: d-none"
    assert answer.get_json()["action"] == "createDirective"
    assert refused(server.put("/api/25/directives", json=body), 404) == (
        "Directive 'd-none', which was to be cloned, was not found"
    )


@pytest.mark.parametrize(("version", "status"), [(24, 500), (25, 409)])
def test_a_directive_of_the_system_stays(server: Server, version: int, status: int) -> None:
    fields = {"displayName": "Packages", "techniqueName": "packageManagement", "parameters": package(), "system": True}
    submit(
        server.opened, Edit("directive", "d-system", "create", fields), ctx=Context.system("default", "The system's")
    )

    text = refused(server.delete(f"/api/{version}/directives/d-system"), status)

    assert text == "Directive 'd-system' belongs to the system and stays as it is; clone it instead"


def test_a_clone_of_a_directive_of_the_system_is_the_callers(server: Server) -> None:
    fields = {"displayName": "Packages", "techniqueName": "packageManagement", "parameters": package(), "system": True}
    submit(
        server.opened, Edit("directive", "d-system", "create", fields), ctx=Context.system("default", "The system's")
    )

    shown(
        server.put("/api/25/directives", json={"source": "d-system", "displayName": "Mine", "id": "d-m"}), "directives"
    )

    assert shown(server.delete("/api/25/directives/d-m"), "directives")["system"] is False
