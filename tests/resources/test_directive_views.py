"""Looking at directives: tree, revisions, the past, by technique, from another tenant; and the rules that use them."""

import pytest

from app.changes.change import Edit
from app.core.context import Context
from tests.installations import Server, submit
from tests.resources.directive_samples import directive, head, new_directive, package, refused, shown


def test_a_deleted_directive_leaves_its_rules_in_the_same_commit(server: Server) -> None:
    for name in ("d-a", "d-b"):
        new_directive(server, name)
    rule = {"displayName": "Rule of two", "directives": ["d-a", "d-b"]}
    submit(server.opened, Edit("rule", "r-two", "create", rule))
    system = Context.system("default", "A rule of the system")
    submit(server.opened, Edit("rule", "r-system", "create", {**rule, "system": True}), ctx=system)

    shown(server.delete("/api/24/directives/d-a"), "directives")

    rules = server.get("/api/25/rules").get_json()["data"]["rules"]
    assert {one["id"]: (one["directives"], one["revision"]) for one in rules if one["id"] in ("r-two", "r-system")} == {
        "r-two": (["d-b"], 2),
        "r-system": (["d-b"], 2),
    }
    newest = [
        server.get(f"/api/25/{path}/history").get_json()["data"]["history"][0]
        for path in ("directives/d-a", "rules/r-two", "rules/r-system")
    ]
    assert [one["type"] for one in newest] == ["DirectiveDeleted", "RuleModified", "RuleModified"]
    assert len({one["commit"] for one in newest}) == 1


def test_the_tree_holds_categories_techniques_and_directives(server: Server) -> None:
    new_directive(server)

    body = server.get("/api/24/directives/tree?includeSystem=false").get_json()

    assert (body["action"], len(body["data"]["directives"])) == ("directiveTree", 1)
    root = body["data"]["directives"][0]
    assert list(root) == ["name", "description", "subCategories", "techniques"]
    applications = next(one for one in root["subCategories"] if one["name"] == "Applications")
    (packages,) = applications["techniques"]
    assert (packages["id"], packages["name"]) == ("packageManagement", "Packages")
    assert packages["directives"] == [shown(server.get("/api/24/directives/d-new"), "directives")]


def test_the_tree_of_25_shows_directives_as_25_does(server: Server) -> None:
    new_directive(server)

    root = server.get("/api/25/directives/tree").get_json()["data"]["directives"][0]

    applications = next(one for one in root["subCategories"] if one["name"] == "Applications")
    assert applications["techniques"][0]["directives"] == [directive(server)]


def test_the_tree_hides_what_is_the_systems_until_asked(server: Server) -> None:
    fields = {"displayName": "Packages", "techniqueName": "packageManagement", "parameters": package(), "system": True}
    submit(
        server.opened, Edit("directive", "d-system", "create", fields), ctx=Context.system("default", "The system's")
    )

    assert "d-system" not in server.get("/api/24/directives/tree").text
    assert "d-system" in server.get("/api/24/directives/tree?includeSystem=true").text


def test_tree_is_an_id_before_it_is_a_path_and_nobody_may_take_it(server: Server) -> None:
    body = {"id": "tree", "displayName": "Packages", "techniqueName": "packageManagement", "parameters": package()}

    assert refused(server.get("/api/13/directives/tree"), 500) == "Directive with id 'tree' was not found"
    assert refused(server.put("/api/25/directives", json=body), 400) == (
        "Directive id 'tree' is reserved, because a path of the API has that name; choose another id"
    )


def test_revisions_are_the_commits_that_changed_it_newest_first(server: Server) -> None:
    new_directive(server)
    new_directive(server, "d-other")
    server.post("/api/24/directives/d-new?reason=Less%20urgent", json={"priority": 9})
    history = server.get("/api/25/directives/d-new/history").get_json()["data"]["history"]

    body = server.get("/api/24/directives/d-new/revisions").get_json()

    assert body["action"] == "directiveRevisions"
    revisions = body["data"]["directives"]
    assert [one["revision"] for one in revisions] == [one["commit"] for one in history]
    assert [one["message"] for one in revisions] == ["Less urgent", "Add directive d-new"]
    assert [one["author"] for one in revisions] == ["ci", "ci"]
    assert revisions[0]["date"] == history[0]["time"]


def test_a_directive_is_shown_as_it_was(server: Server) -> None:
    new_directive(server)
    commit = head(server)[0]
    server.delete("/api/25/directives/d-new")

    found = shown(server.get(f"/api/25/directives/d-new?at={commit}"), "directives")

    assert (found["displayName"], "revision" in found) == ("Packages", False)


def test_directives_are_listed_by_technique_and_version(server: Server) -> None:
    new_directive(server, "d-a")
    new_directive(server, "d-b", techniqueVersion="1.1")

    every = server.get("/api/24/techniques/packageManagement/directives").get_json()
    one = server.get("/api/24/techniques/packageManagement/1.1/directives").get_json()

    assert (every["action"], one["action"]) == ("listTechniquesDirectives", "listTechniqueDirectives")
    assert [each["id"] for each in every["data"]["directives"]] == ["d-a", "d-b"]
    assert [each["id"] for each in one["data"]["directives"]] == ["d-b"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("nope", "Technique 'nope' does not exist"),
        ("packageManagement/3.0", "Version '3.0' of Technique 'packageManagement' does not exist"),
    ],
)
def test_directives_of_no_technique_are_refused(server: Server, path: str, text: str) -> None:
    assert refused(server.get(f"/api/24/techniques/{path}/directives"), 500) == text
    assert refused(server.get(f"/api/25/techniques/{path}/directives"), 404).startswith(text)


def test_another_tenant_sees_nothing_of_a_directive(server: Server) -> None:
    new_directive(server)
    other = server.account("other", tenant="public")

    assert refused(server.get("/api/24/directives/d-new", token=other), 500) == (
        "Directive with id 'd-new' was not found"
    )
    assert server.get("/api/25/directives", token=other).get_json()["data"]["directives"] == []
    refused(server.get("/api/25/directives/d-new/history", token=other), 404)
    refused(server.get("/api/25/directives/d-new/revisions", token=other), 404)
    assert "d-new" not in server.get("/api/25/directives/tree", token=other).text
