"""`POST /archives/import`: an archive of Rudder comes in whole, as one change set."""

import json
import threading
from typing import Any

import pytest

from app.core.canonical import canonical
from app.store.secrets import TAG_MEMBER
from app.verify import verify_installation
from tests.archives.asking import exported, named, send, state, taken
from tests.archives.samples import (
    ARCHIVE,
    CHOICE_ID,
    EDITOR_ID,
    FREE_ID,
    JOBS,
    RULES,
    TARGETS,
    TECHNIQUES,
    directive,
    rule,
    section,
    unzipped,
    zipped,
)
from tests.installations import Server

WHOLE = {
    ("technique", "deploy_motd:1.0"),
    ("technique", "cronJobs:1.0"),
    ("ruleCategory", "rc-web"),
    ("ruleCategory", "rc-front"),
    ("groupCategory", "gc-servers"),
    ("groupCategory", "gc-web"),
    ("directive", "d-jobs"),
    ("directive", "d-motd"),
    ("group", "g-web"),
    ("group", "g-old"),
    ("rule", "r-web"),
    ("rule", "r-web-2"),
}


def shown(server: Server, path: str, container: str) -> Any:
    found = server.get(f"/api/25{path}").get_json()["data"][container]
    return found[0] if isinstance(found, list) else found


def test_an_archive_of_rudder_comes_in_whole(server: Server) -> None:
    answer = send(server, zipped(ARCHIVE), query="?reason=Moving")

    said = answer.get_json()
    assert (answer.status_code, said["action"], said["result"]) == (200, "import", "success")
    assert (said["data"]["success"], said["data"]["archiveImported"]) == (True, True)
    assert named(said["data"]["added"]) == WHOLE
    assert (said["data"]["replaced"], said["data"]["left"], said["data"]["secretsToSet"]) == ([], [], [])
    assert named(said["data"]["unchanged"]) == {("ruleCategory", "rootRuleCategory")}


def test_ids_names_order_tags_and_categories_are_kept(server: Server) -> None:
    taken(server, zipped(ARCHIVE))

    web = shown(server, "/rules/r-web", "rules")
    assert (web["displayName"], web["categoryId"], web["targets"]) == ("Web rule", "rc-front", TARGETS)
    assert web["tags"] == [{"customer": "acme"}, {"site": "lyon"}]
    assert shown(server, "/rules/r-web-2", "rules")["displayName"] == "Web/rule"
    assert shown(server, "/rules/categories/rc-front", "ruleCategories")["parent"] == "rc-web"
    assert shown(server, "/groups/categories/gc-web", "groupCategories")["parent"] == "gc-servers"
    assert shown(server, "/groups/categories/gc-servers", "groupCategories")["parent"] == "GroupRoot"
    old = shown(server, "/groups/g-old", "groups")
    assert (old["categoryId"], old["dynamic"], old["nodeIds"]) == ("gc-servers", False, ["n-1", "root"])
    jobs = shown(server, "/directives/d-jobs", "directives")
    assert (jobs["priority"], jobs["tags"]) == (7, [{"team": "ops"}])
    assert canonical(jobs["parameters"]) == canonical(JOBS)


def test_a_technique_of_the_editor_has_its_parameters_and_keeps_its_methods(server: Server) -> None:
    taken(server, zipped(ARCHIVE))

    technique = shown(server, "/techniques/deploy_motd/1.0", "techniques")
    assert (technique["name"], technique["category"], technique["source"]) == (
        "Deploy the message of the day",
        "ncf_techniques",
        "import",
    )
    assert technique["applicable"] is False
    assert "methods of Rudder's technique editor" in technique["applicableReason"]
    (parameters,) = technique["parameters"]["sections"]
    message, level, note = parameters["variables"]
    assert (parameters["name"], parameters["multivalued"]) == ("Technique parameters", False)
    assert [one["name"] for one in (message, level, note)] == [one.upper() for one in (EDITOR_ID, CHOICE_ID, FREE_ID)]
    assert (message["type"], message["required"], message["description"]) == ("textarea", True, "The message")
    limits = {"regex": "[A-Z].*", "min": None, "max": None, "minLength": 3, "maxLength": 200, "choices": []}
    assert message["constraint"] == limits
    assert (level["type"], level["required"]) == ("choice", False)
    assert level["constraint"]["choices"] == [
        {"value": "low", "label": "low"},
        {"value": "high", "label": "Very high"},
    ]
    assert note["required"] is True
    block, restart = technique["calls"]
    assert (block["reporting"], block["condition"]) == ({"mode": "focus", "id": "m-1"}, "debian")
    assert block["items"][0]["params"]["lines"] == "${deploy_motd.message} ${node.properties[site]}"
    assert restart["method"] == "service_restart"
    assert technique["tags"] == [{"team": "web"}]
    kept = {one["name"]: one["content"] for one in technique["resources"]}
    assert kept["resources/banner.txt"] == "Welcome\r\nto é\n"
    assert set(kept) == {"technique.yml", "metadata.xml", "technique.cf", "resources/banner.txt"}


def test_a_built_in_technique_has_its_sections_and_keeps_its_templates(server: Server) -> None:
    taken(server, zipped(ARCHIVE))

    technique = shown(server, "/techniques/cronJobs/1.0", "techniques")
    assert (technique["name"], technique["category"]) == ("Cron jobs", "systemSettings/process")
    assert technique["applicable"] is False
    assert "templates for Rudder's agent" in technique["applicableReason"]
    (days,) = technique["parameters"]["variables"]
    assert (days["type"], [one["value"] for one in days["constraint"]["choices"]]) == ("list", ["mon", "tue"])
    (jobs,) = technique["parameters"]["sections"]
    name, status = jobs["variables"]
    assert (jobs["multivalued"], name["constraint"]["regex"], name["longDescription"]) == (
        True,
        "[a-z]+",
        "Part of a file name",
    )
    assert (status["type"], status["default"]) == ("choice", "on")
    (step,) = jobs["sections"]
    assert step["multivalued"] is True
    assert [(one["type"], one["required"], one["default"]) for one in step["variables"]] == [
        ("textarea", True, ""),
        ("integer", False, "60"),
    ]


def test_it_is_one_commit_with_an_event_of_its_own(server: Server) -> None:
    data = taken(server, zipped(ARCHIVE), query="?reason=Moving")

    events = server.get("/api/25/events?limit=20").get_json()["data"]["events"]
    imported, *changes = events[: len(data["added"]) + 1]
    assert imported["type"] == "ImportFullArchive"
    assert imported["reason"] == "Moving"
    detail = server.get(f"/api/25/events/{imported['seq']}").get_json()["data"]["events"][0]["data"]
    assert (detail["archive"], detail["merge"]) == ("rudder.zip", "override-all")
    assert len({one["commit"] for one in changes}) == 1
    assert detail["made"]["commit"] == changes[0]["commit"]
    assert {(one["object"]["kind"], one["object"]["id"]) for one in changes} == WHOLE


def test_log_documents_and_git_agree_after_it(server: Server) -> None:
    taken(server, zipped(ARCHIVE))
    server.opened.git_writer.catch_up("default")

    assert verify_installation(server.opened.database, server.opened.git_root, tenant="default").fault is None


def test_a_second_import_changes_nothing(server: Server) -> None:
    taken(server, zipped(ARCHIVE))
    before = state(server)

    data = taken(server, zipped(ARCHIVE))

    assert named(data["unchanged"]) == {*WHOLE, ("ruleCategory", "rootRuleCategory")}
    assert (data["added"], data["replaced"]) == ([], [])
    assert state(server) == before


def test_what_a_file_does_not_say_takes_its_default_in_a_document_that_is_replaced(server: Server) -> None:
    asked = {"id": "r-1", "displayName": "Before", "longDescription": "long", "enabled": False}
    server.put("/api/25/rules", json=asked)

    data = taken(server, zipped({"rules/a.json": {"id": "r-1", "displayName": "After"}}))

    assert named(data["replaced"]) == {("rule", "r-1")}
    found = shown(server, "/rules/r-1", "rules")
    assert (found["displayName"], found["longDescription"], found["enabled"]) == ("After", "", True)


@pytest.mark.parametrize(
    ("merge", "old", "new"),
    [
        ("override-all", TARGETS, TARGETS),
        ("keep-rule-targets", [{"include": {"or": ["special:all"]}, "exclude": {"or": []}}], TARGETS),
        ("ignore-source-targets", [{"include": {"or": ["special:all"]}, "exclude": {"or": []}}], []),
    ],
)
def test_merge_says_which_targets_rules_get(server: Server, merge: str, old: Any, new: Any) -> None:
    server.put("/api/25/rules", json={"id": "r-old", "displayName": "Old rule", "targets": ["special:all"]})
    files = {
        "rules/a.json": rule("r-old", "Old rule renamed", targets=TARGETS),
        "rules/b.json": rule("r-new", "New rule", targets=TARGETS),
    }

    taken(server, zipped(files), form={"merge": merge})

    assert shown(server, "/rules/r-old", "rules")["targets"] == old
    assert shown(server, "/rules/r-old", "rules")["displayName"] == "Old rule renamed"
    assert shown(server, "/rules/r-new", "rules")["targets"] == new


@pytest.mark.parametrize("query", ["?dryRun=true", ""])
def test_a_dry_run_says_what_would_happen_and_changes_nothing(server: Server, query: str) -> None:
    before = state(server)
    headers = {} if query else {"Prefer": "dry-run"}

    data = taken(server, zipped(ARCHIVE), query=query, headers=headers)

    assert (data["success"], data["archiveImported"]) == (True, False)
    assert named(data["added"]) == WHOLE
    assert state(server) == before


@pytest.mark.parametrize("version", [16, 24])
def test_older_versions_import_too(server: Server, version: int) -> None:
    data = taken(server, zipped(ARCHIVE), version=version)

    assert (data["success"], data["archiveImported"]) == (True, True)
    assert named(data["added"]) == WHOLE


def test_before_16_there_is_no_import(server: Server) -> None:
    assert send(server, zipped(ARCHIVE), version=15).status_code == 404


def test_an_archive_without_a_folder_around_it_comes_in(server: Server) -> None:
    assert named(taken(server, zipped(ARCHIVE, root=""))["added"]) == WHOLE


def test_files_that_are_no_part_of_the_layout_are_left_and_named(server: Server) -> None:
    files = {**ARCHIVE, "README": "hello", "rules/notes.txt": "x", "techniques/lost/1.0/a.st": "x"}

    data = taken(server, zipped(files))

    assert {one["what"] for one in data["left"]} == {"README", "rules/notes.txt", "techniques/lost/1.0/a.st"}
    assert all(one["why"] for one in data["left"])


def test_documents_of_the_system_are_left(server: Server) -> None:
    files = {
        "rules/a.json": rule("r-system", "System rule", system=True),
        "groups/all.json": {"id": "all-nodes", "displayName": "Taken over", "categoryId": "GroupRoot"},
        "groups/category.json": {"id": "GroupRoot", "name": "Renamed root", "description": ""},
    }
    before = state(server)

    data = taken(server, zipped(files))

    assert {one["what"] for one in data["left"]} == {
        "rule 'r-system'",
        "group 'all-nodes'",
        "groupCategory 'GroupRoot'",
    }
    assert state(server) == before


def test_a_secret_that_only_has_a_tag_is_kept_and_listed(server: Server) -> None:
    tag = {TAG_MEMBER: "ab" * 32}
    password = section("Password", {"USERGROUP_USER_PASSWORD": tag})
    parameters = section("sections", None, section("Users", {"USERGROUP_USER_LOGIN": "deploy"}, password))
    files = {"directives/u.json": directive("d-u", "User", "userManagement", parameters, techniqueVersion="8.0")}

    data = taken(server, zipped(files))

    (one,) = data["secretsToSet"]
    assert (one["kind"], one["id"]) == ("directive", "d-u")
    assert one["path"].startswith("parameters/section/sections/0/")
    assert tag[TAG_MEMBER] in server.get("/api/25/directives/d-u").text
    renamed = server.post("/api/25/directives/d-u", json={"displayName": "Renamed"})
    assert renamed.status_code == 200, renamed.text


def test_every_refused_document_is_named_with_its_file(server: Server) -> None:
    files = {
        "rules/a.json": rule("r-a", "Rule a", directives=["d-none"]),
        "rules/b.json": rule("r-b", "Rule b", categoryId="rc-none"),
        "directives/c.json": directive("d-c", "Directive c", "noSuchTechnique", JOBS),
        "rules/d.json": rule("r-d", "Rule d", directives=["d-c"]),
        "groups/x/e.json": {"id": "g-e", "displayName": "Zone", "security": {"tenants": ["zoneZ"]}},
    }
    before = state(server)

    answer = send(server, zipped(files))

    assert answer.status_code == 400
    said = answer.get_json()
    assert said["errorDetails"].startswith("Nothing was imported. Correct these files:\n")
    assert set(said["errors"]) == {"rules/a.json", "rules/b.json", "directives/c.json", "groups/x/e.json"}
    assert "Directive 'd-none' not found" in said["errors"]["rules/a.json"][0]
    assert "Technique 'noSuchTechnique' does not exist" in said["errors"]["directives/c.json"][0]
    assert send(server, zipped(files), version=24).status_code == 500
    assert send(server, zipped(files), query="?dryRun=true").status_code == 400
    assert state(server) == before


def test_parameters_that_do_not_fit_their_technique_are_refused(server: Server) -> None:
    wrong = json.loads(json.dumps(JOBS).replace('"off"', '"perhaps"'))
    files = {**TECHNIQUES, "directives/a.json": directive("d-a", "Wrong", "cronJobs", wrong)}
    before = state(server)

    answer = send(server, zipped(files))

    assert answer.status_code == 400
    assert "'perhaps' is not one of the choices" in answer.get_json()["errorDetails"]
    assert state(server) == before


def test_a_technique_of_the_starter_library_is_not_replaced_by_another(server: Server) -> None:
    files = {
        "techniques/applications/packageManagement/1.1/metadata.xml": TECHNIQUES[
            "techniques/systemSettings/process/cronJobs/1.0/metadata.xml"
        ]
    }
    before = state(server)

    answer = send(server, zipped(files))

    assert answer.status_code == 400
    assert "DELETE /techniques/{id}/{version}" in answer.get_json()["errorDetails"]
    assert state(server) == before


def test_an_archive_cannot_say_that_the_agent_carries_a_technique_out(server: Server) -> None:
    own = {"id": "evil", "version": "1.0", "source": "starter", "applicable": True}

    data = taken(server, zipped({"techniques/a/evil/1.0/technique.json": own}))

    assert [one["what"] for one in data["left"]] == ["technique 'evil:1.0'"]
    technique = shown(server, "/techniques/evil/1.0", "techniques")
    assert (technique["applicable"], technique["source"]) == (False, "import")


def test_clients_cannot_say_what_is_the_servers_to_say_of_a_technique(server: Server) -> None:
    asked = {"id": "mine", "name": "Mine", "version": "1.0", "source": "starter", "system": True, "applicable": True}
    server.put("/api/25/techniques", json=asked)
    server.post("/api/25/techniques/mine/1.0", json=asked)

    technique = shown(server, "/techniques/mine/1.0", "techniques")
    assert (technique["source"], technique["system"], technique["applicable"]) == ("editor", False, False)


def test_a_token_that_only_reads_may_not_import(server: Server) -> None:
    before = state(server)

    answer = send(server, zipped(ARCHIVE), token=server.account("reader", authorization="ro"))

    assert answer.status_code == 403
    assert state(server) == before


def test_another_tenant_sees_nothing_of_it(server: Server) -> None:
    before = state(server, "public")

    taken(server, zipped(ARCHIVE))

    assert state(server, "public") == before


def test_a_request_that_is_repeated_under_its_key_imports_once(server: Server) -> None:
    headers = {"Idempotency-Key": "import-1"}
    content = zipped(ARCHIVE)  # once: a zip holds the time at which it is made
    first = send(server, content, headers=headers)
    before = state(server)

    again = send(server, content, headers=headers)
    other = send(server, zipped(RULES), headers=headers)

    assert again.get_json() == first.get_json()
    assert other.status_code == 409
    assert state(server) == before


def test_two_imports_at_once_are_one_after_the_other(server: Server) -> None:
    content, answers = zipped(ARCHIVE), list[Any]()
    tokens = [server.account("one"), server.account("two")]
    assert server.client is not None  # made once, for both
    threads = [
        threading.Thread(target=lambda token=token: answers.append(taken(server, content, token=token)))
        for token in tokens
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(len(one["added"]) for one in answers) == [0, len(WHOLE)]
    assert sorted(len(one["unchanged"]) for one in answers) == [1, len(WHOLE) + 1]


def test_a_form_without_the_file_is_told_how_to_send_it(server: Server) -> None:
    missing = server.post("/api/25/archives/import", data={"merge": "override-all"}, content_type="multipart/form-data")
    text = server.post("/api/25/archives/import", json={"archive": "x"})
    policy = send(server, zipped(ARCHIVE), form={"merge": "mine"})

    assert (missing.status_code, text.status_code, policy.status_code) == (400, 415, 400)
    assert "curl -F archive=@FILE" in missing.get_json()["errors"]["archive"][0]
    assert "override-all, keep-rule-targets, ignore-source-targets" in policy.get_json()["errors"]["merge"][0]


def test_what_came_in_is_exported_with_equal_content(server: Server) -> None:
    taken(server, zipped(ARCHIVE))

    files = unzipped(exported(server, "rules=all&groups=all"))

    theirs = unzipped(zipped(ARCHIVE))
    for path in ("directives/Jobs.json", "directives/Message_.json"):
        assert json.loads(files[path]) == json.loads(theirs[path])
    tree, given = (json.dumps(json.loads(one["directives/Jobs.json"])["parameters"]) for one in (files, theirs))
    assert tree == given
    for path in RULES:
        computed = {"policyMode", "status"}
        kept = {name: value for name, value in json.loads(theirs[path]).items() if name not in computed}
        assert json.loads(files[path]) == kept
    assert json.loads(files["rule-categories.json"]) == json.loads(theirs["rule-categories.json"])
    for path in TECHNIQUES:
        if "category" not in path.rpartition("/")[2]:
            assert files[path] == theirs[path]
    folders = {f"techniques/systemSettings/{folder}category.json" for folder in ("", "process/")}
    assert set(files) == {*theirs, *folders} - {"techniques/systemSettings/category.xml"}
