"""History and time travel of a document, on rules of the tenant `default` and on copied ones."""

from typing import Any

import pytest

from app.changes.operating import Deed
from app.changes.recording import Fact
from tests.installations import Server, as_account
from tests.plain_documents import commit, copied_tenant, create, delete, modify


def history(server: Server, rule: str, query: str = "", **more: Any) -> list[dict[str, Any]]:
    answer = server.get(f"/api/25/rules/{rule}/history?{query}", **more)
    assert answer.status_code == 200, answer.text
    return list(answer.get_json()["data"]["history"])


def at(server: Server, rule: str, moment: str, **more: Any) -> Any:
    return server.get(f"/api/25/rules/{rule}", query_string={"at": moment}, **more)


@pytest.fixture
def story(server: Server) -> list[str]:
    """The commits of a rule that was added, changed and deleted."""
    opened = server.opened
    steps = (create("r-1", enabled=True), modify("r-1", enabled=False), delete("r-1"))
    return [str(commit(opened, step, ctx=as_account(reason="Because")).commit) for step in steps]


def test_a_deleted_rule_keeps_its_history_newest_first(server: Server, story: list[str]) -> None:
    entries = history(server, "r-1")

    assert [(entry["type"], entry["revision"], entry["commit"]) for entry in entries] == [
        ("RuleDeleted", None, story[2]),
        ("RuleModified", 2, story[1]),
        ("RuleAdded", 1, story[0]),
    ]
    assert entries[1]["changes"] == [{"path": "/enabled", "old": True, "new": False}]
    assert entries[1]["reason"] == "Because"
    assert entries[1]["actor"] == {"id": "ci", "kind": "account", "handle": "ci"}


@pytest.mark.usefixtures("story")
def test_history_has_pages_whose_changes_are_complete(server: Server) -> None:
    first = server.get("/api/25/rules/r-1/history?limit=1").get_json()
    rest = server.get(f"/api/25/rules/r-1/history?limit=2&cursor={first['meta']['next']}").get_json()

    assert [entry["type"] for entry in first["data"]["history"]] == ["RuleDeleted"]
    assert {change["old"] for change in first["data"]["history"][0]["changes"]} == {"R-1", False, "r-1"}
    assert [entry["type"] for entry in rest["data"]["history"]] == ["RuleModified", "RuleAdded"]
    assert rest["meta"] == {"limit": 2}


@pytest.mark.usefixtures("story")
def test_a_rule_that_never_was_has_no_history(server: Server) -> None:
    answer = server.get("/api/25/rules/r-none/history")

    assert answer.status_code == 404
    assert answer.get_json()["errorDetails"] == "Rule 'r-none' was not found; GET /rules lists those that exist"


def test_a_rule_is_shown_as_of_each_of_its_commits(server: Server, story: list[str]) -> None:
    shown = [at(server, "r-1", commit_id) for commit_id in story]

    assert [answer.status_code for answer in shown] == [200, 200, 404]
    assert shown[0].get_json()["data"]["rules"] == [{"displayName": "R-1", "enabled": True, "id": "r-1"}]
    assert shown[1].get_json()["data"]["rules"] == [{"displayName": "R-1", "enabled": False, "id": "r-1"}]
    assert shown[2].get_json()["errorDetails"] == f"Rule 'r-1' did not exist at {story[2]}"


@pytest.mark.usefixtures("story")
def test_a_rule_is_shown_as_of_a_time(server: Server) -> None:
    entries = history(server, "r-1")

    answer = at(server, "r-1", entries[0]["time"])
    assert answer.status_code == 404  # the moment of the deletion itself
    assert at(server, "r-1", "2001-01-01T00:00:00Z").status_code == 404


@pytest.mark.usefixtures("story")
def test_a_deleted_rule_is_shown_as_of_an_event(server: Server) -> None:
    seq = history(server, "r-1")[1]["seq"]

    answer = at(server, "r-1", f"seq:{seq}")

    assert answer.get_json()["data"]["rules"] == [{"displayName": "R-1", "enabled": False, "id": "r-1"}]


def test_an_event_in_the_middle_of_a_commit_means_the_commit_before(server: Server) -> None:
    outcome = commit(server.opened, create("r-1"), create("r-2"))

    assert at(server, "r-1", f"seq:{outcome.first_seq}").status_code == 404
    assert at(server, "r-1", f"seq:{outcome.last_seq}").status_code == 200


@pytest.mark.usefixtures("story")
@pytest.mark.parametrize(
    ("moment", "said"),
    [
        ("2999-01-01T00:00:00Z", "'2999-01-01T00:00:00Z' has not come yet; use a time up to now"),
        ("seq:99999", "Event 99999 has not happened yet; the last one is "),
        ("seq:x", "'seq:x' is not a moment; use a time such as 2026-01-31T12:00:00Z, a commit of 40 hex digits, "),
        ("a" * 40, f"'{'a' * 40}' is not a commit of this tenant"),
        ("cr:5", "Change request 5 was not deployed in this tenant; use one that was"),
        ("2026-01-02T03:04:05", "has no time zone"),
        ("yesterday", "is not an RFC 3339 time"),
    ],
)
@pytest.mark.parametrize("path", ["/api/25/rules/r-1", "/api/25/rules"])
def test_a_moment_that_is_none_or_in_the_future_is_refused(server: Server, path: str, moment: str, said: str) -> None:
    answer = server.get(path, query_string={"at": moment})

    assert answer.status_code == 400
    assert said in answer.get_json()["errorDetails"]
    assert list(answer.get_json()["errors"]) == ["at"]


def test_the_list_is_shown_as_it_was(server: Server, story: list[str]) -> None:
    later = commit(server.opened, create("r-2"))
    before = server.get("/api/25/rules", query_string={"at": story[1]}).get_json()["data"]["rules"]
    after = server.get("/api/25/rules", query_string={"at": str(later.commit)}).get_json()["data"]["rules"]

    assert [rule["id"] for rule in before] == ["r-1"]
    assert [rule["id"] for rule in after] == ["r-2"]


@pytest.mark.usefixtures("story")
def test_older_versions_have_no_history(server: Server) -> None:
    commit(server.opened, create("r-1"))

    assert server.get("/api/24/rules/r-1/history").status_code == 404


def test_a_copied_rule_begins_with_the_tenant(server: Server) -> None:
    ctx = copied_tenant(server.opened, "other", [create("r-7", enabled=True)])
    token = server.account("ci2", tenant="other")
    untouched = history(server, "r-7", token=token)
    commit(server.opened, modify("r-7", enabled=False), ctx=ctx)
    entries = history(server, "r-7", token=token)

    assert [(entry["type"], entry["revision"], entry["seq"]) for entry in untouched] == [("TenantCreated", 1, 1)]
    assert [(entry["type"], entry["revision"], entry["seq"]) for entry in entries] == [
        ("RuleModified", 2, 2),
        ("TenantCreated", 1, 1),
    ]
    assert entries[0]["changes"] == [{"path": "/enabled", "old": True, "new": False}]
    assert entries[1]["changes"] == []


def test_a_copied_rule_is_shown_as_it_was_copied(server: Server) -> None:
    ctx = copied_tenant(server.opened, "other", [create("r-7", enabled=True)])
    commit(server.opened, delete("r-7"), ctx=ctx)
    token = server.account("ci2", tenant="other")

    answer = at(server, "r-7", "seq:1", token=token)

    assert answer.get_json()["data"]["rules"] == [{"displayName": "R-7", "enabled": True, "id": "r-7"}]
    listed = server.get("/api/25/rules", query_string={"at": "seq:1"}, token=token)
    assert [rule["id"] for rule in listed.get_json()["data"]["rules"]] == ["r-7"]
    assert at(server, "r-7", "seq:2", token=token).status_code == 404


def test_what_the_catalogue_got_later_is_not_in_the_copy(server: Server) -> None:
    copied_tenant(server.opened, "other", [create("r-7")])
    copied_tenant(server.opened, "another", [create("r-8")])
    token = server.account("ci2", tenant="other")

    assert server.get("/api/25/rules/r-8/history", token=token).status_code == 404
    assert at(server, "r-8", "seq:1", token=token).status_code == 404


def test_another_tenants_history_is_not_there(server: Server, story: list[str]) -> None:
    copied_tenant(server.opened, "other", [create("r-7")])
    token = server.account("ci2", tenant="other")

    assert server.get("/api/25/rules/r-1/history", token=token).status_code == 404
    assert at(server, "r-1", story[0], token=token).status_code == 400


@pytest.mark.usefixtures("story")
def test_a_refused_attempt_is_no_part_of_the_history(server: Server) -> None:
    commit(server.opened, create("r-2"))
    fact = Fact(type="AccessDenied", kind="rule", id="r-2", outcome="denied")
    server.opened.committer.operate(as_account("stranger"), lambda _connection, _now: Deed(facts=[fact], answer={}))
    last = server.get("/api/25/events?limit=1").get_json()["data"]["events"][0]["seq"]

    assert [entry["type"] for entry in history(server, "r-2")] == ["RuleAdded"]
    assert at(server, "r-2", f"seq:{last}").status_code == 200
