"""`GET /archives/export`: a zip in Rudder's layout of what was asked for and what that depends on."""

import json
from typing import Any

import pytest

from app.boot import Installation
from tests.archives.asking import documents, exported, state, taken
from tests.archives.samples import ARCHIVE, unzipped, zipped
from tests.installations import Server
from tests.plain_documents import copied_tenant
from tests.resources.test_secrets import SECRET, new_user

MOTD = "techniques/systemSettings/misc/motdConfiguration/1.0"


def fill(server: Server) -> None:
    """Two directives of the starter library, rules that use them, groups in two levels, names that clash."""
    for name, about in (("d-1", "Same name"), ("d-2", "Same/name"), ("d-3", "Another")):
        asked = {"id": name, "displayName": about, "techniqueName": "motdConfiguration"}
        assert server.put("/api/25/directives", json=asked).status_code == 200
    category = {"id": "rc-1", "name": "First"}
    assert server.put("/api/25/rules/categories", json=category).status_code == 200
    server.put("/api/25/rules/categories", json={"id": "rc-2", "name": "Unused"})
    server.put("/api/25/groups/categories", json={"id": "gc-1", "name": "Sites & more"})
    server.put("/api/25/groups/categories", json={"id": "gc-2", "name": "Lyon", "parent": "gc-1"})
    for group, name, inside in (
        ("g-1", "category", "gc-2"),
        ("g-2", "Lyon", "gc-1"),
        ("g-3", "Elsewhere", "GroupRoot"),
    ):
        assert (
            server.put("/api/25/groups", json={"id": group, "displayName": name, "categoryId": inside}).status_code
            == 200
        )
    rule = {"id": "r-1", "displayName": "Ünïcode rule", "categoryId": "rc-1", "directives": ["d-1", "d-2"]}
    assert server.put("/api/25/rules", json={**rule, "targets": ["group:g-1", "group:all-nodes"]}).status_code == 200
    server.put("/api/25/rules", json={"id": "r-2", "displayName": "Second rule"})


def test_a_rule_comes_with_what_it_depends_on(server: Server) -> None:
    fill(server)

    files = unzipped(exported(server, "rules=r-1"))

    assert set(files) == {
        "rules/_n_code_rule.json",
        "rule-categories.json",
        "directives/Same_name.json",
        "directives/Same_name_1.json",
        "groups/category.json",
        "groups/Sites___more/category.json",
        "groups/Sites___more/Lyon/category.json",
        "groups/Sites___more/Lyon/category_1.json",
        "techniques/systemSettings/category.json",
        "techniques/systemSettings/misc/category.json",
        f"{MOTD}/technique.json",
        f"{MOTD}/metadata.xml",
    }
    rule = json.loads(files["rules/_n_code_rule.json"])
    assert list(rule)[:4] == ["id", "displayName", "categoryId", "shortDescription"]
    assert "status" not in rule
    assert json.loads(files["directives/Same_name_1.json"])["id"] == "d-2"
    assert json.loads(files["groups/Sites___more/Lyon/category_1.json"])["id"] == "g-1"
    tree = json.loads(files["rule-categories.json"])
    assert (tree["id"], [one["id"] for one in tree["children"]]) == ("rootRuleCategory", ["rc-1"])


@pytest.mark.parametrize(
    ("include", "folders"),
    [
        ("all", {"rules", "directives", "groups", "techniques", "rule-categories.json"}),
        ("none", {"rules", "rule-categories.json"}),
        ("directives", {"rules", "directives", "rule-categories.json"}),
        ("groups", {"rules", "groups", "rule-categories.json"}),
        ("techniques", {"rules", "rule-categories.json"}),
        ("directives,techniques", {"rules", "directives", "techniques", "rule-categories.json"}),
    ],
)
def test_include_says_what_comes_along(server: Server, include: str, folders: set[str]) -> None:
    fill(server)

    files = unzipped(exported(server, f"rules=r-1&include={include}"))

    assert {path.partition("/")[0] for path in files} == folders


def test_ids_are_separated_by_commas_or_repeated(server: Server) -> None:
    fill(server)

    commas = exported(server, "directives=d-1,d-3&include=none")
    repeated = exported(server, "directives=d-1&directives=d-3&include=none", version=24)

    assert commas == repeated
    assert set(unzipped(commas)) == {"directives/Same_name.json", "directives/Another.json"}


@pytest.mark.parametrize("name", ["motdConfiguration", "motdConfiguration/1.0", "motdConfiguration:1.0"])
def test_a_technique_is_named_with_or_without_its_version(server: Server, name: str) -> None:
    assert f"{MOTD}/technique.json" in unzipped(exported(server, f"techniques={name}"))


def test_unknown_ids_are_refused_by_name(server: Server) -> None:
    fill(server)
    path = "archives/export?rules=r-1,r-none&groups=g-none"

    new, old = server.get(f"/api/25/{path}"), server.get(f"/api/24/{path}")

    assert (new.status_code, old.status_code) == (404, 500)
    assert old.get_json() == {
        "action": "exportSimple",
        "result": "error",
        "errorDetails": "Rule with id 'r-none' was not found ; Group with id 'g-none' was not found",
    }
    assert "'r-none'" in new.get_json()["errorDetails"]
    assert "'g-none'" in new.get_json()["errorDetails"]


def test_documents_of_the_system_are_not_exported(server: Server) -> None:
    assert "groups/All_nodes.json" not in unzipped(exported(server, "groups=all&techniques=motdConfiguration"))
    assert server.get("/api/25/archives/export?groups=all-nodes").status_code == 404


@pytest.mark.parametrize(
    ("query", "field"), [("", "rules"), ("rules=all&include=nodes", "include"), ("rulez=all", "rulez")]
)
def test_a_wrong_question_is_refused(server: Server, query: str, field: str) -> None:
    answer = server.get(f"/api/25/archives/export?{query}")

    assert answer.status_code == 400
    assert field in answer.get_json()["errors"]


def test_equal_content_is_an_equal_zip_and_not_sent_twice(server: Server) -> None:
    fill(server)
    first = server.get("/api/25/archives/export?rules=all")

    again = server.get("/api/25/archives/export?rules=all")
    known = server.get("/api/25/archives/export?rules=all", headers={"If-None-Match": first.headers["ETag"]})

    assert first.data == again.data
    assert known.status_code == 304


def test_who_may_not_read_the_configuration_gets_nothing(server: Server) -> None:
    acl = [{"path": "rules", "actions": ["get"]}]
    token = server.account("narrow", authorization="acl", acl=acl)

    assert server.get("/api/25/archives/export?rules=all", token=token).status_code == 403


def test_an_export_imported_into_an_empty_tenant_gives_the_same_bytes(
    server: Server, installation: Installation
) -> None:
    fill(server)
    new_user(server)
    taken(server, zipped(ARCHIVE))
    technique = {
        "id": "mine",
        "name": "Of my own",
        "version": "2.1",
        "category": "own/deep",
        "description": "Mine \u0001",
        "parameters": {"sections": [{"name": "S", "multivalued": True, "variables": [{"name": "V", "type": "size"}]}]},
        "resources": [{"name": "../../evil", "state": "new", "content": "x"}, {"name": "ok.txt", "content": "é"}],
        "calls": [{"id": "c", "method": "file_content"}],
        "tags": [{"os": "linux"}],
        "enabled": False,
    }
    assert server.put("/api/25/techniques", json=technique).status_code == 200
    edited = server.post("/api/25/techniques/cronJobs/1.0", json={"name": "Renamed", "version": "1.0"})
    assert edited.status_code == 200
    copied_tenant(installation, "copy", [])
    token = server.account("copier", tenant="copy")
    zip_file = exported(server)

    data = taken(server, zip_file, token=token)

    ours, theirs = documents(server), documents(server, "copy")
    unused = {("ruleCategory", "rc-2")}
    assert {key: body for key, body in ours.items() if key not in unused} == theirs
    assert [one["id"] for one in data["secretsToSet"]] == ["d-user"]
    assert data["left"] == []
    assert exported(server, token=token) == zip_file
    assert SECRET.encode() not in b"".join(unzipped(zip_file).values())


def test_no_file_of_an_export_leads_out_of_it(server: Server) -> None:
    resources: list[dict[str, Any]] = [
        {"name": name, "state": "new", "content": "x"} for name in ("../up", "/etc/passwd", "a//b", "C:\\x", "good")
    ]
    asked = {"id": "mine", "name": "Mine", "version": "1.0", "resources": resources}
    assert server.put("/api/25/techniques", json=asked).status_code == 200

    files = unzipped(exported(server, "techniques=mine"))

    folder = "techniques/ncf_techniques/mine/1.0"
    assert {path for path in files if path.startswith(f"{folder}/resources")} == {f"{folder}/resources/good"}
    assert not any(".." in path for path in files)


def test_another_tenant_exports_its_own_only(server: Server, installation: Installation) -> None:
    fill(server)
    copied_tenant(installation, "other", [])
    token = server.account("stranger", tenant="other")
    before = state(server)

    files = unzipped(exported(server, token=token))

    assert not any(path.startswith(("rules/", "directives/", "rule-categories")) for path in files)
    assert server.get("/api/25/archives/export?rules=r-1", token=token).status_code == 404
    assert state(server) == before
