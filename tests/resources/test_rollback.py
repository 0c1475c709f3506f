"""Rolling one event's document back: each kind, each action, what cannot be undone, rights, conditions, tenants."""

import threading
from typing import Any

import pytest

from app.boot import DEFAULT, KINDS
from app.changes.change import Edit
from app.resources import WRITINGS
from app.store.session import TenantSession
from tests.crash.checks import check
from tests.installations import Server, submit
from tests.plain_documents import copied_tenant, create
from tests.resources.asking import Api, Json, make_directives, only, seq

TENANT_BEGINS = 1


@pytest.fixture
def api(server: Server) -> Api:
    return Api(server, 25)


def back(api: Api, number: int, to: str, **more: Any) -> Json:
    return api.made("POST", f"/events/{number}/rollback", json={"to": to}, **more)


def last_event(api: Api) -> Json:
    return only(api.made("GET", f"/events/{seq(api.server)}"), "events")


def make_rule(api: Api, rule: str = "r-1", **more: Any) -> Json:
    return only(api.made("PUT", "/rules", json={"id": rule, "displayName": f"Rule {rule}", **more}), "rules")


def stored(api: Api, path: str, container: str) -> Json:
    """Read a document without what moves on at every change."""
    shown = only(api.made("GET", path), container)
    return {name: value for name, value in shown.items() if name not in ("revision", "createdAt", "updatedAt")}


# --- The answer and the three actions --------------------------------------------------------------------------------


def test_a_modification_is_taken_back_and_the_revision_goes_on(api: Api) -> None:
    before = make_rule(api, tags=[{"a": "b"}])
    api.made("POST", "/rules/r-1", json={"displayName": "Renamed", "enabled": False, "tags": []})

    answer = api.server.post(f"/api/25/events/{seq(api.server)}/rollback?reason=Wrong+name", json={"to": "before"})

    said, event = answer.get_json(), last_event(api)
    assert (answer.status_code, list(said)) == (200, ["action", "id", "result", "data"])
    assert (said["action"], said["id"], list(said["data"])) == ("rollbackEvent", "r-1", ["rules"])
    assert only(said, "rules") == {**before, "revision": 3, "updatedAt": only(said, "rules")["updatedAt"]}
    assert answer.headers["ETag"].startswith('"3-')
    assert (event["type"], event["reason"], event["actor"]["handle"]) == ("RuleModified", "Wrong name", "ci")
    assert sorted(change["path"] for change in event["changes"]) == ["/displayName", "/enabled", "/tags"]


def test_after_brings_back_what_the_event_left(api: Api) -> None:
    make_rule(api)
    number = seq(api.server)
    api.made("POST", "/rules/r-1", json={"shortDescription": "one"})
    api.made("POST", "/rules/r-1", json={"shortDescription": "two"})

    back(api, number + 1, "after")

    assert stored(api, "/rules/r-1", "rules")["shortDescription"] == "one"


def test_only_the_events_document_goes_back(api: Api) -> None:
    make_rule(api, "r-1")
    api.made("POST", "/rules/r-1", json={"enabled": False})
    number = seq(api.server)
    make_rule(api, "r-2")

    back(api, number, "before")

    assert seq(api.server) == number + 2
    assert stored(api, "/rules/r-2", "rules")["id"] == "r-2"


def test_a_deletion_comes_back(api: Api) -> None:
    make_rule(api, targets=["special:all"])
    before = stored(api, "/rules/r-1", "rules")
    api.made("DELETE", "/rules/r-1")

    said = back(api, seq(api.server), "before")

    assert (last_event(api)["type"], only(said, "rules")["revision"]) == ("RuleAdded", 1)
    assert stored(api, "/rules/r-1", "rules") == before


def test_a_creation_is_deleted_again(api: Api) -> None:
    make_rule(api)

    answer = api.server.post(f"/api/25/events/{seq(api.server)}/rollback", json={"to": "before"})

    assert (answer.status_code, only(answer.get_json(), "rules")["id"]) == (200, "r-1")
    assert "ETag" not in answer.headers
    assert last_event(api)["type"] == "RuleDeleted"
    api.refused(404, "GET", "/rules/r-1")


def test_a_rollback_can_itself_be_rolled_back(api: Api) -> None:
    make_rule(api)
    api.made("DELETE", "/rules/r-1")
    back(api, seq(api.server), "before")

    back(api, seq(api.server), "before")

    api.refused(404, "GET", "/rules/r-1")


@pytest.mark.parametrize("form", [{"data": {"to": "before"}}, {"query_string": {"to": "before"}}])
def test_the_side_may_come_as_a_form_or_in_the_url(api: Api, form: Json) -> None:
    make_rule(api)

    api.made("POST", f"/events/{seq(api.server)}/rollback", **form)

    api.refused(404, "GET", "/rules/r-1")


# --- Nothing to change -----------------------------------------------------------------------------------------------


def test_a_rollback_that_changes_nothing_succeeds_and_writes_nothing(api: Api) -> None:
    make_rule(api)
    number = seq(api.server)

    said = back(api, number, "after")

    assert (only(said, "rules")["revision"], seq(api.server)) == (1, number)


def test_what_is_gone_and_is_to_be_gone_is_shown_as_it_last_was(api: Api) -> None:
    make_rule(api, shortDescription="short")
    api.made("DELETE", "/rules/r-1")
    number = seq(api.server)

    deleted, never_made = back(api, number, "after"), back(api, number - 1, "before")

    assert only(deleted, "rules")["shortDescription"] == only(never_made, "rules")["shortDescription"] == "short"
    assert (deleted["id"], seq(api.server)) == ("r-1", number)


# --- Every kind ------------------------------------------------------------------------------------------------------

SECTION = {"section": {"name": "sections", "vars": [{"var": {"name": "SIZE", "value": "1"}}]}}
TECHNIQUE = {
    "id": "own",
    "version": "1.0",
    "name": "Own",
    "parameters": {"variables": [{"name": "SIZE", "type": "integer", "default": "3"}]},
}


def kinds() -> list[Any]:
    """One document of each kind: how it is made and changed, where it is read, the container it is shown in."""
    return [
        pytest.param("rules", "/rules", {"id": "x-1", "displayName": "Rule X"}, "/rules/x-1", id="rule"),
        pytest.param("directives", "/directives", {
            "id": "x-1", "displayName": "Directive X", "techniqueName": "motdConfiguration",
        }, "/directives/x-1", id="directive"),
        pytest.param("groups", "/groups", {
            "id": "x-1", "displayName": "Group X", "dynamic": False, "nodeIds": ["n-2", "n-1"],
            "properties": [{"name": "p", "value": {"a": [1]}}],
        }, "/groups/x-1", id="group"),
        pytest.param("parameters", "/parameters", {
            "id": "x-1", "value": {"deep": [1.5, None]}, "inheritMode": "map",
        }, "/parameters/x-1", id="parameter"),
        pytest.param("techniques", "/techniques", TECHNIQUE, "/techniques/own/1.0", id="technique"),
    ]  # fmt: skip


@pytest.mark.parametrize(("container", "path", "asked", "item"), kinds())
def test_every_kind_goes_back_and_forth(api: Api, container: str, path: str, asked: Json, item: str) -> None:
    api.made("PUT", path, json=asked)
    made, first = stored(api, item, container), seq(api.server)
    change = {"description": "new"} if container not in {"rules", "directives"} else {"longDescription": "n"}
    api.made("POST", item, json={**TECHNIQUE, **change} if container == "techniques" else change)
    changed = stored(api, item, container)
    api.made("DELETE", item)

    back(api, first + 2, "before")
    assert stored(api, item, container) == changed
    back(api, first + 1, "before")
    assert stored(api, item, container) == made
    back(api, first + 1, "after")
    assert stored(api, item, container) == changed
    said = back(api, first, "before")
    assert list(said["data"]) == [container]
    api.refused(404, "GET", item)


@pytest.mark.parametrize(("path", "deleted"), [("/rules", "rulesCategories"), ("/groups", "groupCategories")])
def test_categories_go_back_and_forth(api: Api, path: str, deleted: str) -> None:
    item, container = f"{path}/categories/c-1", f"{path[1:-1]}Categories"
    api.made("PUT", f"{path}/categories", json={"id": "c-1", "name": "First"})
    first = seq(api.server)
    api.made("POST", item, json={"name": "Second"})
    api.made("DELETE", item)

    assert back(api, first + 2, "before")["data"][container]["name"] == "Second"
    assert back(api, first + 1, "before")["data"][container]["name"] == "First"
    assert list(back(api, first, "before")["data"]) == [deleted]


def test_a_setting_goes_back_to_its_default(api: Api) -> None:
    api.made("POST", "/settings/splay_time", json={"value": 2})
    first = seq(api.server)
    api.made("POST", "/settings/splay_time", json={"value": 3})

    assert back(api, first + 1, "before") == {
        "action": "rollbackEvent",
        "id": "splay_time",
        "result": "success",
        "data": {"settings": {"splay_time": 2}},
    }
    assert back(api, first, "before")["data"] == {"settings": {"splay_time": 4}}
    assert api.made("GET", "/settings/splay_time")["data"] == {"settings": {"splay_time": 4}}


def test_every_kind_that_is_served_can_be_rolled_back() -> None:
    assert {kind.name for kind in KINDS} == set(WRITINGS)


# --- References ------------------------------------------------------------------------------------------------------


def test_a_reference_that_is_gone_is_refused_by_name(api: Api) -> None:
    make_directives(api, "d-1")
    make_rule(api, directives=["d-1"])
    api.made("POST", "/rules/r-1", json={"directives": []})
    number = seq(api.server)
    api.made("DELETE", "/directives/d-1")

    said = api.refused(400, "POST", f"/events/{number}/rollback", json={"to": "before"})

    text = "Directive 'd-1' not found; create it first, or take it out of the rule"
    assert (said["errorDetails"], said["errors"]) == (f"Rule 'r-1': {text}", {"directives": [text]})
    assert "id" not in said


def test_the_category_of_a_group_must_still_exist(api: Api) -> None:
    api.made("PUT", "/groups/categories", json={"id": "c-1", "name": "Apps"})
    api.made("PUT", "/groups", json={"id": "g-1", "displayName": "Group", "categoryId": "c-1"})
    api.made("DELETE", "/groups/g-1")
    number = seq(api.server)
    api.made("DELETE", "/groups/categories/c-1")

    said = api.refused(400, "POST", f"/events/{number}/rollback", json={"to": "before"})

    assert said["errorDetails"] == "Group 'g-1': Group category 'c-1' not found; create it first"


def test_the_technique_of_a_directive_must_still_exist(api: Api) -> None:
    api.made("PUT", "/techniques", json=TECHNIQUE)
    asked = {"id": "d-1", "displayName": "Directive", "techniqueName": "own", "parameters": SECTION}
    api.made("PUT", "/directives", json=asked)
    api.made("DELETE", "/directives/d-1")
    number = seq(api.server)
    api.made("DELETE", "/techniques/own/1.0")

    said = api.refused(400, "POST", f"/events/{number}/rollback", json={"to": "before"})

    assert "Technique 'own' does not exist" in said["errorDetails"]


def test_what_uses_a_creation_lets_it_go_as_in_any_deletion(api: Api) -> None:
    make_directives(api, "d-1")
    number = seq(api.server)
    make_rule(api, directives=["d-1"])

    back(api, number, "before")

    assert stored(api, "/rules/r-1", "rules")["directives"] == []


def test_a_creation_that_is_in_use_stays_where_a_deletion_is_refused(api: Api) -> None:
    api.made("PUT", "/techniques", json=TECHNIQUE)
    number = seq(api.server)
    api.made("PUT", "/directives", json={"id": "d-1", "displayName": "Directive", "techniqueName": "own"})

    said = api.refused(409, "POST", f"/events/{number}/rollback", json={"to": "before"})

    assert said["errorDetails"].startswith("Technique 'own:1.0' is used by the directives 'd-1' (Directive)")


def test_a_secret_comes_back_by_its_tag(api: Api) -> None:
    api.made("PUT", "/parameters", json={"id": "p-1", "value": "hunter2", "secret": True})
    tagged = stored(api, "/parameters/p-1", "parameters")
    api.made("POST", "/parameters/p-1", json={"value": "swordfish"})
    number = seq(api.server)
    api.made("DELETE", "/parameters/p-1")

    back(api, number, "before")

    assert stored(api, "/parameters/p-1", "parameters") == tagged
    assert list(tagged["value"]) == ["$secret"]


def test_what_came_with_the_copy_of_the_catalogue_goes_back_to_it(server: Server) -> None:
    whole: Json = {**dict.fromkeys(("inheritMode", "provider", "security")), "secret": False, "hidden": False}
    catalogue = create("p-1", "parameter", value="from the catalogue", description="", **whole)
    ctx = copied_tenant(server.opened, "acme", [catalogue])
    submit(server.opened, Edit("parameter", "p-1", "modify", {"value": "own"}), ctx=ctx)
    token = server.account("acme-ci", tenant="acme")

    answer = server.post("/api/25/events/2/rollback", json={"to": "before"}, token=token)

    assert only(answer.get_json(), "parameters")["value"] == "from the catalogue"


# --- Refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["999", "0", "-1", "abc", "9" * 40, "1e3"])
def test_an_event_that_is_not_there_is_404(api: Api, number: str) -> None:
    said = api.refused(404, "POST", f"/events/{number}/rollback", json={"to": "before"})

    assert said["errorDetails"].startswith(f"Event '{number[:40]}' was not found; this tenant has the events 1 to ")


def test_the_event_that_made_the_tenant_changed_no_single_document(api: Api) -> None:
    said = api.refused(409, "POST", f"/events/{TENANT_BEGINS}/rollback", json={"to": "after"})

    assert said["errorDetails"] == (
        "Event 1 (TenantCreated) changed no document, so there is nothing to go back to; "
        "choose one of those that GET /events shows with changes"
    )


def test_an_event_about_an_account_changed_no_configuration(api: Api) -> None:
    asked = {"id": "bot", "name": "Bot", "status": "enabled", "tenants": "*"}
    assert api("POST", "/apiaccounts", json=asked)[0] == 200

    said = api.refused(409, "POST", f"/events/{seq(api.server)}/rollback", json={"to": "before"})

    assert "(CreateAPIAccount) changed no document" in said["errorDetails"]


@pytest.mark.parametrize("asked", [{}, {"to": ""}, {"to": "Before"}, {"to": ["before"]}, {"to": True}])
def test_the_side_is_one_of_two(api: Api, asked: Json) -> None:
    make_rule(api)

    said = api.refused(400, "POST", f"/events/{seq(api.server)}/rollback", json=asked)

    assert list(said["errors"]) == ["to"]


def test_a_name_that_nothing_reads_is_refused(api: Api) -> None:
    make_rule(api)

    asked = {"to": "before", "force": True}
    said = api.refused(400, "POST", f"/events/{seq(api.server)}/rollback", json=asked)

    assert said["errors"] == {"force": ["unknown field; allowed are: to"]}


@pytest.mark.parametrize("version", [2, 10, 24])
def test_older_versions_have_no_rollback(server: Server, version: int) -> None:
    make_rule(Api(server, 25))

    Api(server, version).refused(404, "POST", f"/events/{seq(server)}/rollback", json={"to": "before"})


def test_a_mandatory_reason_is_demanded(api: Api) -> None:
    make_rule(api)
    number = seq(api.server)
    api.made("POST", "/settings/mandatory_change_message", json={"value": True})

    said = api.refused(400, "POST", f"/events/{number}/rollback", json={"to": "before"})

    assert list(said["errors"]) == ["reason"]
    api.made("POST", f"/events/{number}/rollback?reason=Undo+it", json={"to": "before"})


def test_a_stale_revision_is_refused(api: Api) -> None:
    make_rule(api)
    number = seq(api.server)
    api.made("POST", "/rules/r-1", json={"enabled": False})
    call = ("POST", f"/events/{number + 1}/rollback")

    said = api.refused(412, *call, json={"to": "before"}, headers={"If-Match": '"1"'})

    assert said["errorDetails"].startswith("Rule 'r-1' was changed since it was read")
    api.made(*call, json={"to": "before"}, headers={"If-Match": '"2"'})


def test_a_revision_of_what_is_gone_is_refused(api: Api) -> None:
    make_rule(api)
    api.made("DELETE", "/rules/r-1")

    asked = {"json": {"to": "before"}, "headers": {"If-Match": '"1"'}}
    said = api.refused(412, "POST", f"/events/{seq(api.server)}/rollback", **asked)

    assert said["errorDetails"] == ("There is no rule 'r-1' now, and you expect its revision 1; send no If-Match")


# --- Repeated and at once --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gone", [False, True])
def test_a_repeated_rollback_is_done_once(api: Api, gone: bool) -> None:  # noqa: FBT001  a parameter
    make_rule(api)
    number = seq(api.server)
    if not gone:
        api.made("DELETE", "/rules/r-1")
    call = ("POST", f"/events/{number if gone else number + 1}/rollback")
    key = {"Idempotency-Key": "once"}

    first = api.made(*call, json={"to": "before"}, headers=key)
    done = seq(api.server)

    assert api.made(*call, json={"to": "before"}, headers=key) == first
    assert seq(api.server) == done
    api.refused(409, *call, json={"to": "after"}, headers=key)


def test_many_rollbacks_of_one_deletion_at_once_all_succeed_and_one_writes(api: Api) -> None:
    make_rule(api)
    api.made("DELETE", "/rules/r-1")
    number = seq(api.server)
    statuses: list[int] = []

    def roll() -> None:
        statuses.append(api("POST", f"/events/{number}/rollback", json={"to": "before"})[0])

    threads = [threading.Thread(target=roll) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (statuses, seq(api.server)) == ([200] * 6, number + 1)


# --- Rights and tenants ----------------------------------------------------------------------------------------------


def test_reading_is_not_enough(api: Api) -> None:
    make_rule(api)
    reader = api.server.account("reader", authorization="ro")
    call = f"/events/{seq(api.server)}/rollback"

    said = api.refused(403, "POST", call, json={"to": "before"}, token=reader)

    assert said["errorDetails"] == (
        "Authorization error: User 'reader' is not allowed to access POST api/25/events/{seq}/rollback"
    )


def acl(**paths: list[str]) -> tuple[Json, ...]:
    return tuple(
        {"path": path.replace("__", "/").replace("ANY", "*"), "actions": verbs} for path, verbs in paths.items()
    )


def test_who_may_not_write_the_document_may_not_roll_it_back(api: Api) -> None:
    make_rule(api)
    number = seq(api.server)
    api.made("POST", "/rules/r-1", json={"enabled": False})
    events = {"events__ANY__rollback": ["post"]}
    alone = api.server.account("alone", authorization="acl", acl=acl(**events))
    other = api.server.account("other", authorization="acl", acl=acl(**events, rules__ANY=["delete"]))
    both = api.server.account("both", authorization="acl", acl=acl(**events, rules__ANY=["post"]))
    call, asked = ("POST", f"/events/{number + 1}/rollback"), {"to": "before"}

    for token, name in ((alone, "alone"), (other, "other")):
        said = api.refused(403, *call, json=asked, token=token)
        refused = f"Authorization error: User '{name}' is not allowed to access POST api/25/rules/{{id}}"
        assert said["errorDetails"] == refused
    api.made(*call, json=asked, token=both)

    said = api.refused(403, "POST", f"/events/{number}/rollback", json=asked, token=both)
    assert said["errorDetails"].endswith("is not allowed to access DELETE api/25/rules/{id}")


def test_another_tenants_event_is_unknown(server: Server) -> None:
    api = Api(server, 25)
    copied_tenant(server.opened, "acme", [])
    make_rule(api)
    number, token = seq(server), server.account("acme-ci", tenant="acme")

    said = api.refused(404, "POST", f"/events/{number}/rollback", json={"to": "before"}, token=token)

    assert said["errorDetails"] == f"Event '{number}' was not found; this tenant has the events 1 to 1"
    session = TenantSession(server.opened.database, DEFAULT)
    assert session.head().seq == number
    session.release()


def test_the_catalogue_takes_no_rollback(server: Server) -> None:
    token = server.account("guest", tenant="public")

    Api(server, 25).refused(403, "POST", "/events/2/rollback", json={"to": "before"}, token=token)


def test_rudders_browser_log_is_not_served(server: Server) -> None:
    for path in ("/secure/api/eventlog", "/secure/api/eventlog/1/details/rollback"):
        answer = server.post(path, json={"to": "before"})
        assert (answer.status_code, answer.get_json()["result"]) == (404, "error")


def test_log_documents_and_git_agree_after_rollbacks_of_every_sort(api: Api) -> None:
    make_rule(api)
    api.made("POST", "/settings/splay_time", json={"value": 2})
    number = seq(api.server)
    api.made("DELETE", "/rules/r-1")

    for place, to in ((number + 1, "before"), (number, "before"), (number - 1, "before"), (number, "after")):
        back(api, place, to)

    state = check(api.server.config.database_url)
    assert state.documents["setting", "splay_time"] == {"id": "splay_time", "value": 2}
    assert ("rule", "r-1") not in state.documents
