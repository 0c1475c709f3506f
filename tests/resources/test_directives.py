"""Directives over HTTP: expectations 23 to 27, completion by the technique, what uses them."""

import pytest

from tests.installations import Server
from tests.resources.directive_samples import (
    complete_package,
    directive,
    head,
    new_directive,
    package,
    refused,
    section,
    shown,
)


def test_a_directive_is_created_complete_and_in_order(server: Server) -> None:
    answer = server.put(
        "/api/24/directives",
        json={
            "id": "d-new",
            "displayName": "Packages",
            "techniqueName": "packageManagement",
            "techniqueVersion": "1.0",
            "parameters": package(),
            "policyMode": "audit",
            "tags": [{"os": "linux"}],
        },
    )

    body = answer.get_json()
    assert (answer.status_code, body["action"], body["id"]) == (200, "createDirective", "d-new")
    created = body["data"]["directives"][0]
    assert created == {
        "id": "d-new",
        "displayName": "Packages",
        "shortDescription": "",
        "longDescription": "",
        "techniqueName": "packageManagement",
        "techniqueVersion": "1.0",
        "parameters": complete_package(),
        "priority": 5,
        "enabled": True,
        "system": False,
        "policyMode": "audit",
        "tags": [{"os": "linux"}],
    }
    assert list(created) == [
        *("id", "displayName", "shortDescription", "longDescription", "techniqueName", "techniqueVersion"),
        *("parameters", "priority", "enabled", "system", "policyMode", "tags"),
    ]


def test_version_25_shows_the_stored_body_with_its_revision(server: Server) -> None:
    new_directive(server)

    found = directive(server)

    assert (found["revision"], found["security"], found["policyMode"]) == (1, None, "default")
    assert found["createdAt"] == found["updatedAt"]


def test_a_form_gives_the_same_directive(server: Server) -> None:
    form = {
        "id": "d-form",
        "displayName": "Packages",
        "techniqueName": "packageManagement",
        "techniqueVersion": "1.0",
        "parameters": '{"section":{"name":"sections","sections":[{"section":{"name":"Package","vars":'
        '[{"var":{"name":"PACKAGE_LIST","value":"htop"}}]}}]}}',
        "priority": "3",
        "tags": "os:linux",
    }

    created = shown(server.put("/api/9/directives", data=form), "directives")

    assert (created["parameters"], created["priority"], created["tags"]) == (complete_package(), 3, [{"os": "linux"}])


def test_without_a_version_the_newest_is_used(server: Server) -> None:
    body = {"displayName": "Packages", "techniqueName": "packageManagement", "parameters": package()}

    created = shown(server.put("/api/24/directives", json=body), "directives")

    assert created["techniqueVersion"] == "1.1"
    assert created["parameters"] == complete_package(PACKAGE_HOLD="false")


@pytest.mark.parametrize(("version", "status"), [(24, 500), (25, 404)])
def test_a_missing_directive_is_named(server: Server, version: int, status: int) -> None:
    answer = server.get(f"/api/{version}/directives/d-none")

    text = refused(answer, status)
    rudder = "Directive with id 'd-none' was not found"
    assert text == (
        rudder if version == 24 else "Directive 'd-none' was not found; GET /directives lists those that exist"
    )
    assert "id" not in answer.get_json()


def test_an_id_is_used_once(server: Server) -> None:
    new_directive(server)
    before = head(server)
    body = {"id": "d-new", "displayName": "Other", "techniqueName": "packageManagement", "parameters": package("vim")}

    text = refused(server.put("/api/24/directives", json=body), 500)

    assert text == "Cannot create a new Directive with id 'd-new' already exists"
    refused(server.put("/api/25/directives", json=body), 409)
    assert (head(server), directive(server)["displayName"]) == (before, "Packages")


@pytest.mark.parametrize("body", [{}, {"displayName": "ab"}])
def test_a_directive_needs_a_name(server: Server, body: dict[str, str]) -> None:
    before = head(server)

    text = refused(server.put("/api/24/directives", json={**body, "techniqueName": "packageManagement"}), 500)

    assert text == "'displayName' is mandatory and must be at least 3 char long"
    assert head(server) == before


def test_a_directive_needs_a_technique(server: Server) -> None:
    answer = server.put("/api/25/directives", json={"displayName": "Packages"})

    text = "'techniqueName' is missing; GET /techniques/versions lists the techniques that exist"
    assert refused(answer, 400) == text
    assert answer.get_json()["errors"] == {"techniqueName": [text]}


def test_a_version_that_does_not_exist_is_named_with_those_that_do(server: Server) -> None:
    before = head(server)
    body = {"displayName": "Packages", "techniqueName": "packageManagement", "techniqueVersion": "3.0"}

    old = refused(server.put("/api/24/directives", json=body), 500)
    answer = server.put("/api/25/directives", json=body)

    assert old == "Version '3.0' of Technique 'packageManagement' does not exist"
    text = f"{old}; it has the versions 1.0, 1.1: use one of them"
    assert refused(answer, 400) == text
    assert answer.get_json()["errors"] == {"techniqueVersion": [text]}
    assert head(server) == before


def test_a_technique_that_does_not_exist_is_named(server: Server) -> None:
    answer = server.put("/api/25/directives", json={"displayName": "Packages", "techniqueName": "nope"})

    assert refused(answer, 400) == "Technique 'nope' does not exist; GET /techniques/versions lists those that do"


def test_unknown_variables_are_dropped_up_to_24(server: Server) -> None:
    created = new_directive(server, parameters=package(PACKAGE_COLOUR="red"))

    assert created["parameters"] == complete_package()


def test_unknown_variables_are_refused_in_25(server: Server) -> None:
    new_directive(server)
    before = head(server)

    answer = server.post("/api/25/directives/d-new", json={"parameters": package("vim", PACKAGE_COLOUR="red")})

    assert "has no variable 'PACKAGE_COLOUR'; it has: PACKAGE_LIST, PACKAGE_STATE" in refused(answer, 400)
    assert list(answer.get_json()["errors"]) == ["parameters/Package[1]/PACKAGE_COLOUR"]
    assert (head(server), directive(server)["parameters"]) == (before, complete_package())


@pytest.mark.parametrize(("version", "status"), [(24, 500), (25, 400)])
def test_values_are_checked_in_every_version(server: Server, version: int, status: int) -> None:
    new_directive(server)
    before = head(server)

    answer = server.post(f"/api/{version}/directives/d-new", json={"parameters": package(PACKAGE_STATE="maybe")})

    assert "variable 'PACKAGE_STATE': 'maybe'" in refused(answer, status)
    assert head(server) == before


def test_another_version_of_the_technique_completes_the_parameters_again(server: Server) -> None:
    new_directive(server)

    newer = server.post("/api/25/directives/d-new", json={"techniqueVersion": "1.1"})
    assert shown(newer, "directives")["parameters"] == complete_package(PACKAGE_HOLD="false")

    older = server.post("/api/25/directives/d-new", json={"techniqueVersion": "1.0"})
    assert shown(older, "directives")["parameters"] == complete_package()


def test_an_update_keeps_what_is_not_given(server: Server) -> None:
    new_directive(server, policyMode="enforce", priority=2)

    answer = server.post("/api/24/directives/d-new", json={"id": "other", "enabled": "false", "policyMode": "keep"})

    assert answer.get_json()["action"] == "updateDirective"
    updated = shown(answer, "directives")
    assert (updated["id"], updated["enabled"], updated["policyMode"], updated["priority"]) == (
        *("d-new", False),
        *("enforce", 2),
    )


@pytest.mark.parametrize("version", [24, 25])
def test_a_whole_directive_posted_back_changes_nothing(server: Server, version: int) -> None:
    new_directive(server)
    read = shown(server.get(f"/api/{version}/directives/d-new"), "directives")
    before = head(server)

    answer = server.post(f"/api/{version}/directives/d-new", json=read)

    assert (shown(answer, "directives"), head(server)) == (read, before)


def test_an_update_of_an_older_revision_is_refused(server: Server) -> None:
    new_directive(server)
    server.post("/api/25/directives/d-new", json={"priority": 1})

    answer = server.post("/api/25/directives/d-new", json={"priority": 2}, headers={"If-Match": '"1"'})

    refused(answer, 412)
    assert directive(server)["priority"] == 1


def test_a_check_shows_what_an_update_would_do_and_stores_nothing(server: Server) -> None:
    new_directive(server)
    before = head(server)

    answer = server.post("/api/24/directives/d-new/check", json={"techniqueVersion": "1.1", "priority": 7})

    body = answer.get_json()
    assert (body["action"], body["id"]) == ("checkDirective", "d-new")
    checked = shown(answer, "directives")
    assert (checked["techniqueVersion"], checked["priority"]) == ("1.1", 7)
    assert checked["parameters"] == complete_package(PACKAGE_HOLD="false")
    assert (head(server), directive(server)["techniqueVersion"]) == (before, "1.0")


def test_a_check_refuses_what_an_update_would(server: Server) -> None:
    new_directive(server)

    answer = server.post("/api/24/directives/d-new/check", json={"techniqueVersion": "3.0"})

    assert refused(answer, 500) == "Version '3.0' of Technique 'packageManagement' does not exist"


def test_a_deleted_directive_is_shown_once_more(server: Server) -> None:
    new_directive(server)

    answer = server.delete("/api/24/directives/d-new")

    assert (answer.get_json()["action"], answer.get_json()["id"]) == ("deleteDirective", "d-new")
    assert shown(answer, "directives")["displayName"] == "Packages"
    assert refused(server.get("/api/24/directives/d-new"), 500) == "Directive with id 'd-new' was not found"


def test_deleting_what_is_not_there_differs_by_version(server: Server) -> None:
    first = server.delete("/api/10/directives/d-none")
    later = shown(server.delete("/api/24/directives/d-none"), "directives")

    assert refused(first, 500) == ("Could not delete Directive d-none cause is: Could not find Directive d-none.")
    assert (later["displayName"], later["enabled"], later["priority"], later["tags"]) == ("", False, 5, [])
    refused(server.delete("/api/25/directives/d-none"), 404)


def test_parameters_of_several_sections_keep_their_order(server: Server) -> None:
    names = ["vim", "htop", "curl"]
    parameters = section("sections", None, *(section("Package", {"PACKAGE_LIST": name}) for name in names))

    created = new_directive(server, parameters=parameters)

    sections = created["parameters"]["section"]["sections"]  # type: ignore[index,call-overload]
    assert [one["section"]["vars"][0]["var"]["value"] for one in sections] == names  # type: ignore[index,call-overload,union-attr]
