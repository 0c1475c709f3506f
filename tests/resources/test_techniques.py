"""Techniques over HTTP: the starter library, techniques of one's own, and what a change means for directives."""

from typing import Any

import pytest

from tests.installations import Server
from tests.resources.directive_samples import definition, head, refused, shown, variable

YAML = {"Content-Type": "application/yaml"}


def test_the_starter_library_is_there(server: Server) -> None:
    body = server.get("/api/24/techniques").get_json()

    assert body["action"] == "getTechniques"
    listed = body["data"]["techniques"]
    packages = next(one for one in listed if (one["id"], one["version"]) == ("packageManagement", "1.0"))
    assert list(packages) == [
        *("id", "name", "version", "category", "description", "source", "parameters", "resources", "calls")
    ]
    assert (packages["name"], packages["category"], packages["source"]) == ("Packages", "applications", "starter")


def test_techniques_come_in_pages_in_25(server: Server) -> None:
    whole = [one["id"] for one in server.get("/api/25/techniques").get_json()["data"]["techniques"]]
    first = server.get("/api/25/techniques?limit=5").get_json()

    rest = server.get(f"/api/25/techniques?cursor={first['meta']['next']}").get_json()

    assert [one["id"] for page in (first, rest) for one in page["data"]["techniques"]] == whole


def test_names_are_listed_with_their_versions(server: Server) -> None:
    body = server.get("/api/24/techniques/versions").get_json()

    assert body["action"] == "listTechniques"
    assert {"name": "packageManagement", "versions": ["1.0", "1.1"]} in body["data"]["techniques"]


def test_categories_are_a_tree(server: Server) -> None:
    body = server.get("/api/24/techniques/categories").get_json()

    assert body["action"] == "techniqueCategories"
    root = body["data"]["techniqueCategories"]
    assert list(root) == ["name", "path", "id", "subCategories"]
    settings = next(one for one in root["subCategories"] if one["id"] == "systemSettings")
    assert (settings["name"], settings["path"]) == ("System settings", "systemSettings")
    users = {"name": "User management", "path": "systemSettings/userManagement", "id": "userManagement"}
    assert {**users, "subCategories": []} in settings["subCategories"]


def test_every_version_of_one_technique_is_shown_oldest_first(server: Server) -> None:
    for version in ("1.10", "1.9"):
        shown(server.put("/api/24/techniques", json=definition(version=version)), "techniques")

    body = server.get("/api/24/techniques/logRotation").get_json()

    assert body["action"] == "getTechniqueAllVersion"
    assert [one["version"] for one in body["data"]["techniques"]] == ["1.9", "1.10"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("nope", "Technique 'nope' does not exist"),
        ("packageManagement/3.0", "Version '3.0' of Technique 'packageManagement' does not exist"),
        ("packageManagement/3.0/resources", "Version '3.0' of Technique 'packageManagement' does not exist"),
        ("packageManagement/3.0/revisions", "Version '3.0' of Technique 'packageManagement' does not exist"),
    ],
)
def test_what_does_not_exist_is_named(server: Server, path: str, text: str) -> None:
    assert refused(server.get(f"/api/24/techniques/{path}"), 500) == text
    assert refused(server.get(f"/api/25/techniques/{path}"), 404).startswith(f"{text}; GET /techniques/")


def test_a_technique_is_created_by_the_editor_and_not_applicable(server: Server) -> None:
    forced = {"source": "starter", "system": True, "applicable": True, "applicableReason": "because"}

    answer = server.put("/api/25/techniques", json=definition(**forced))

    body = answer.get_json()
    assert (body["action"], "id" in body) == ("createTechnique", False)
    created = shown(answer, "techniques")
    assert (created["id"], created["version"], created["name"]) == ("logRotation", "1.0", "Log rotation")
    assert (created["source"], created["system"], created["applicable"]) == ("editor", False, False)
    assert (created["category"], created["revision"]) == ("ncf_techniques", 1)
    assert created["applicableReason"].startswith("No part of the agent carries this technique out")


def test_without_an_id_a_technique_is_called_after_its_name(server: Server) -> None:
    body = {"name": "Log rotation (weekly)", "version": "1.0"}

    created = shown(server.put("/api/24/techniques", json=body), "techniques")

    assert created["id"] == "Log_rotation_weekly"


def test_a_version_is_created_once(server: Server) -> None:
    shown(server.put("/api/25/techniques", json=definition()), "techniques")
    before = head(server)

    refused(server.put("/api/25/techniques", json=definition(name="Other")), 409)

    assert head(server) == before


@pytest.mark.parametrize("name", ["versions", "categories", "reload", "check", "search"])
def test_names_that_are_paths_are_reserved(server: Server, name: str) -> None:
    text = refused(server.put("/api/25/techniques", json=definition(id=name)), 400)

    assert text == (f"Technique id '{name}' is reserved, because a path of the API has that name; choose another id")


def test_a_technique_is_read_from_json_only(server: Server) -> None:
    answer = server.put("/api/24/techniques", data={"name": "Log rotation", "version": "1.0"})

    assert refused(answer, 415) == "Cannot parse non-JSON request as JSON; please check content-type."


def test_every_fault_of_a_definition_is_told_at_once(server: Server) -> None:
    before = head(server)
    wrong = definition(variable("A", type="colour"), variable("B", type="integer", default="x"))

    answer = server.put("/api/25/techniques", json=wrong)

    refused(answer, 400)
    assert sorted(answer.get_json()["errors"]) == ["parameters/variables/0/type", "parameters/variables/1/default"]
    assert head(server) == before


def test_an_update_keeps_what_is_not_given(server: Server) -> None:
    shown(server.put("/api/24/techniques", json=definition(description="Cuts log files")), "techniques")

    answer = server.post("/api/24/techniques/logRotation/1.0", json={"name": "Rotation", "version": "9", "id": "x"})

    assert answer.get_json()["action"] == "updateTechnique"
    updated = shown(answer, "techniques")
    assert (updated["id"], updated["version"], updated["name"], updated["description"]) == (
        *("logRotation", "1.0"),
        *("Rotation", "Cuts log files"),
    )


def test_a_whole_technique_posted_back_changes_nothing(server: Server) -> None:
    before = head(server)
    read = shown(server.get("/api/25/techniques/packageManagement/1.0"), "techniques")

    answer = server.post("/api/25/techniques/packageManagement/1.0", json=read)

    assert (shown(answer, "techniques"), head(server)) == (read, before)


def test_an_update_of_an_older_revision_is_refused(server: Server) -> None:
    shown(server.put("/api/25/techniques", json=definition()), "techniques")
    path = "/api/25/techniques/logRotation/1.0"
    server.post(path, json={"name": "Second"})

    refused(server.post(path, json={"name": "Third"}, headers={"If-Match": '"1"'}), 412)

    assert shown(server.get(path), "techniques")["name"] == "Second"


GONE = {"id": "sshServer", "version": "1.0"}


@pytest.mark.parametrize(("version", "techniques"), [(21, GONE), (22, [GONE]), (25, [GONE])])
def test_a_deletion_answers_an_object_up_to_21_and_a_list_after(server: Server, version: int, techniques: Any) -> None:
    body = server.delete(f"/api/{version}/techniques/sshServer/1.0").get_json()

    assert (body["action"], body["id"]) == ("deleteTechnique", "sshServer")
    assert body["data"] == {"techniques": techniques}


def test_deleting_a_version_that_is_not_there_is_refused(server: Server) -> None:
    text = "Version '3.0' of Technique 'sshServer' does not exist"

    assert refused(server.delete("/api/24/techniques/sshServer/3.0"), 500) == text
    refused(server.delete("/api/25/techniques/sshServer/3.0"), 404)


def test_resources_are_listed_without_content(server: Server) -> None:
    resources = [{"name": "rotate.sh", "state": "new", "content": "exit 0\n"}]
    shown(server.put("/api/24/techniques", json=definition(resources=resources)), "techniques")

    body = server.get("/api/24/techniques/logRotation/1.0/resources").get_json()

    assert body["action"] == "techniqueResources"
    assert body["data"] == {"resources": [{"name": "rotate.sh", "state": "new"}]}


def test_a_check_reads_yaml_and_stores_nothing(server: Server) -> None:
    before = head(server)
    text = "id: logRotation\nname: Log rotation\nversion: 1.10\nsource: starter\n"

    answer = server.post("/api/24/techniques/check", data=text, headers=YAML)

    assert answer.get_json()["action"] == "checkTechnique"
    checked = shown(answer, "techniques")
    assert (checked["id"], checked["version"], checked["source"]) == ("logRotation", "1.10", "editor")
    assert head(server) == before


@pytest.mark.parametrize(("version", "status"), [(24, 500), (25, 400)])
def test_a_check_of_yaml_names_the_line(server: Server, version: int, status: int) -> None:
    text = "id: logRotation\nversion: 1.0\ncolour: red\n"

    answer = server.post(f"/api/{version}/techniques/check", data=text, headers=YAML)

    assert "line 3: unknown member 'colour'" in refused(answer, status)


def test_a_check_reads_json_too(server: Server) -> None:
    before = head(server)

    checked = shown(server.post("/api/25/techniques/check", json=definition()), "techniques")

    assert (checked["id"], head(server)) == ("logRotation", before)


def test_a_reload_answers_the_techniques(server: Server) -> None:
    body = server.post("/api/24/techniques/reload").get_json()

    assert body["action"] == "updateTechniques"
    assert body["data"] == server.get("/api/24/techniques").get_json()["data"]


def test_revisions_are_the_commits_that_changed_a_version(server: Server) -> None:
    server.put("/api/24/techniques?reason=For%20the%20web%20servers", json=definition())
    commit = head(server)[0]

    body = server.get("/api/24/techniques/logRotation/1.0/revisions").get_json()

    assert body["action"] == "techniqueRevisions"
    (revision,) = body["data"]["techniques"]
    assert list(revision) == ["revision", "date", "author", "message"]
    assert (revision["revision"], revision["author"], revision["message"]) == (commit, "ci", "For the web servers")


def test_history_hangs_on_the_version(server: Server) -> None:
    server.put("/api/25/techniques", json=definition())
    server.post("/api/25/techniques/logRotation/1.0", json={"name": "Rotation"})

    body = server.get("/api/25/techniques/logRotation/1.0/history").get_json()

    assert (body["action"], "id" in body) == ("techniqueHistory", False)
    assert [(one["revision"], one["type"]) for one in body["data"]["history"]] == [
        (2, "EditorTechniqueModified"),
        (1, "EditorTechniqueAdded"),
    ]


def test_a_technique_is_shown_as_it_was(server: Server) -> None:
    server.put("/api/25/techniques", json=definition())
    commit = head(server)[0]
    server.post("/api/25/techniques/logRotation/1.0", json={"name": "Rotation"})
    server.put("/api/25/techniques", json=definition(version="2.0"))

    (one,) = server.get(f"/api/25/techniques/logRotation/1.0?at={commit}").get_json()["data"]["techniques"]
    every = server.get(f"/api/25/techniques/logRotation?at={commit}").get_json()["data"]["techniques"]

    assert (one["name"], "revision" in one, every) == ("Log rotation", False, [one])


def test_another_tenant_sees_nothing_of_a_technique(server: Server) -> None:
    server.put("/api/25/techniques", json=definition())
    other = server.account("other", tenant="public")

    for path in ("logRotation", "logRotation/1.0", "logRotation/1.0/history", "logRotation/1.0/revisions"):
        refused(server.get(f"/api/25/techniques/{path}", token=other), 404)
    assert "logRotation" not in server.get("/api/25/techniques/versions", token=other).text
    body = {"displayName": "Logs", "techniqueName": "logRotation", "techniqueVersion": "1.0"}
    refused(server.put("/api/25/directives", json=body, token=server.account("third", tenant="public")), 403)
