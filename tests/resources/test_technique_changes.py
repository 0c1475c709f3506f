"""What changing and deleting a technique means for its directives and their rules."""

import pytest

from app.changes.change import Edit
from app.core.errors import InvalidError
from tests.installations import Server, submit
from tests.resources.directive_samples import (
    directive,
    head,
    new_directive,
    refused,
    rotated,
    section,
    shown,
    variable,
)


def test_the_parameters_that_the_agent_acts_on_stay(server: Server) -> None:
    before = head(server)

    answer = server.post("/api/25/techniques/packageManagement/1.0", json={"parameters": {}})

    assert refused(answer, 403) == (
        "The parameters of technique 'packageManagement:1.0' belong to the starter library and stay as they are; "
        "create a technique of your own"
    )
    assert head(server) == before


def test_changed_parameters_complete_the_directives_in_the_same_commit(server: Server) -> None:
    rotated(server)
    parameters = {"variables": [variable("LOG_SIZE", default="100"), variable("LOG_KEEP", default="7")]}

    shown(server.post("/api/25/techniques/logRotation/1.0", json={"parameters": parameters}), "techniques")

    found = directive(server, "d-log")
    assert found["parameters"] == section("sections", {"LOG_KEEP": "7", "LOG_SIZE": "100"})
    newest = [
        server.get(f"/api/25/{path}/history").get_json()["data"]["history"][0]
        for path in ("techniques/logRotation/1.0", "directives/d-log")
    ]
    assert [one["type"] for one in newest] == ["EditorTechniqueModified", "DirectiveModified"]
    assert newest[0]["commit"] == newest[1]["commit"]


def test_parameters_that_a_directive_does_not_fit_are_refused(server: Server) -> None:
    rotated(server)
    before = head(server)
    parameters = {"variables": [variable("LOG_PATH", type="path", required=True)]}

    answer = server.post("/api/25/techniques/logRotation/1.0", json={"parameters": parameters})

    assert refused(answer, 400).startswith("Directive 'd-log' would not fit the changed technique 'logRotation:1.0': ")
    assert head(server) == before


def test_a_change_set_may_mend_the_directive_that_its_technique_breaks(server: Server) -> None:
    rotated(server)
    parameters = {"variables": [variable("LOG_PATH", type="path", required=True)]}
    technique = Edit("technique", "logRotation:1.0", "modify", {"parameters": parameters})
    mended = Edit("directive", "d-log", "modify", {"parameters": section("sections", {"LOG_PATH": "/var/log/a"})})

    submit(server.opened, technique, mended)

    assert directive(server, "d-log")["parameters"] == section("sections", {"LOG_PATH": "/var/log/a"})
    with pytest.raises(InvalidError):
        submit(server.opened, technique, Edit("directive", "d-log", "modify", {"parameters": section("sections")}))


def test_a_technique_in_use_is_not_deleted(server: Server) -> None:
    new_directive(server)
    before = head(server)

    text = refused(server.delete("/api/24/techniques/packageManagement/1.0"), 500)

    assert text == (
        "Technique 'packageManagement:1.0' is used by the directives 'd-new' (Packages); "
        "delete them first, or send force=true, which deletes them too"
    )
    assert refused(server.delete("/api/25/techniques/packageManagement/1.0"), 409) == text
    assert head(server) == before


def test_force_takes_directives_along_and_out_of_rules(server: Server) -> None:
    for name in ("d-a", "d-b", "d-c"):
        new_directive(server, name, techniqueVersion="1.1" if name == "d-c" else "1.0")
    rule = {"displayName": "Rule of three", "directives": ["d-a", "d-b", "d-c"]}
    submit(server.opened, Edit("rule", "r-three", "create", rule))

    answer = server.delete("/api/25/techniques/packageManagement/1.0?force=true")

    assert answer.status_code == 200
    directives = server.get("/api/25/directives").get_json()["data"]["directives"]
    assert [one["id"] for one in directives] == ["d-c"]
    changed = shown(server.get("/api/25/rules/r-three"), "rules")
    assert (changed["directives"], changed["revision"]) == (["d-c"], 2)
    newest = [
        server.get(f"/api/25/{path}/history").get_json()["data"]["history"][0]["commit"]
        for path in ("techniques/packageManagement/1.0", "directives/d-a", "directives/d-b", "rules/r-three")
    ]
    assert len(set(newest)) == 1
