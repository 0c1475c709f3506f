"""What auditors ask: why is this so, what differs between two moments, what had no second person."""

from typing import Any

import pytest

from app.core.context import Context
from tests.audit.reviewed import deployed_by, trail
from tests.installations import Server, as_account
from tests.plain_documents import commit, copied_tenant, create, delete, modify


def why(server: Server, path: str, rule: str = "r-1") -> Any:
    return server.get(f"/api/25/rules/{rule}/why", query_string={"path": path})


def of(answer: Any, name: str) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.get_json()["data"][name]


@pytest.fixture
def story(server: Server) -> list[int]:
    """A rule that three change requests and one direct write changed; answers the last seq of each step."""
    opened, seqs = server.opened, []
    steps = [
        (trail(1, "ann", "bob"), create("r-1", enabled=False, calls=[{"id": "c1", "report": "x"}])),
        (trail(2, "ann", "carol"), modify("r-1", enabled=True, limit=1)),
        (None, modify("r-1", limit=2)),
        (trail(3, "bob", "ann"), modify("r-1", calls=[{"id": "c0"}, {"id": "c1", "report": "x"}], tags=["a"])),
    ]
    for one, edit in steps:
        with deployed_by(one):
            outcome = commit(opened, edit, ctx=as_account("dave", reason=f"Step {len(seqs)}"))
        seqs.append(int(outcome.last_seq or 0))
    return seqs


def test_why_names_the_change_that_made_a_field_what_it_is(server: Server, story: list[int]) -> None:
    enabled = of(why(server, "/enabled"), "why")

    assert enabled["path"] == "/enabled"
    assert enabled["value"] is True
    assert enabled["approvedBy"] == ["carol"]
    assert enabled["changeRequest"] == {"id": 2, "diffHash": f"{2:064x}", "author": {"id": "u-ann", "handle": "ann"}}
    assert (enabled["event"]["seq"], enabled["event"]["reason"]) == (story[1], "Step 1")
    assert enabled["event"]["actor"] == {"id": "dave", "kind": "account", "handle": "dave"}

    limit = of(why(server, "/limit"), "why")
    assert (limit["value"], limit["event"]["seq"], limit["approvedBy"]) == (2, story[2], [])
    assert "changeRequest" not in limit
    assert of(why(server, "/displayName"), "why")["changeRequest"]["id"] == 1
    assert of(why(server, "/calls/id=c1/report"), "why")["event"]["seq"] == story[0]
    assert of(why(server, "/calls"), "why")["event"]["seq"] == story[3]


def test_why_tells_who_took_a_field_away_and_who_deleted_the_object(server: Server, story: list[int]) -> None:
    gone = commit(server.opened, delete("r-1"))

    answer = of(why(server, "/tags"), "why")

    assert (answer["value"], answer["event"]["seq"], answer["event"]["type"]) == (None, gone.last_seq, "RuleDeleted")
    assert gone.last_seq == story[3] + 1


@pytest.mark.usefixtures("story")
def test_questions_without_an_answer_say_what_to_ask(server: Server) -> None:
    never, no_path, no_rule, none = (
        why(server, "/nothing"), why(server, "enabled"), why(server, "/enabled", "r-9"),
        server.get("/api/25/rules/r-1/why"),
    )  # fmt: skip

    assert never.status_code == 404
    assert never.get_json()["errorDetails"] == (
        "Rule 'r-1' never had the field '/nothing'; GET .../history shows those it has"
    )
    assert no_path.status_code == 400
    assert no_path.get_json()["errorDetails"] == "'enabled' is not a path; it begins with a slash, such as /enabled"
    assert no_rule.status_code == 404
    assert none.status_code == 400
    assert "path" in none.get_json()["errors"]
    assert server.get("/api/24/rules/r-1/why?path=/enabled").status_code == 404


def test_why_of_a_copied_document_is_the_creation_of_the_tenant(server: Server) -> None:
    copied_tenant(server.opened, "other", [create("r-7", enabled=True)])
    token = server.account("there", tenant="other")

    answer = server.get("/api/25/rules/r-7/why?path=/enabled", token=token).get_json()["data"]["why"]

    assert (answer["value"], answer["event"]["type"], answer["event"]["seq"]) == (True, "TenantCreated", 1)


def test_two_moments_are_compared_field_by_field(server: Server, story: list[int]) -> None:
    commit(server.opened, create("g-1", "group"))
    outcome = commit(server.opened, delete("r-1"), modify("g-1", "group", dynamic=True))

    changed = of(server.get(f"/api/25/compare?from=seq:{story[0]}&to=seq:{story[2]}"), "comparison")
    back = of(server.get(f"/api/25/compare?from=seq:{story[2]}&to=cr:1"), "comparison")
    rules = of(server.get(f"/api/25/compare?from=cr:3&to={outcome.commit}&kind=rule"), "comparison")
    now = of(server.get(f"/api/25/compare?from=seq:{story[3]}"), "comparison")

    assert changed == {
        "from": {"seq": story[0]},
        "to": {"seq": story[2]},
        "changes": [
            {
                "kind": "rule",
                "id": "r-1",
                "name": "R-1",
                "action": "modify",
                "changes": [
                    {"path": "/enabled", "old": False, "new": True},
                    {"path": "/limit", "old": None, "new": 2},
                ],
            }
        ],
    }
    assert back["changes"][0]["changes"] == [
        {"path": "/enabled", "old": True, "new": False},
        {"path": "/limit", "old": 2, "new": None},
    ]
    assert [(one["kind"], one["id"], one["action"]) for one in rules["changes"]] == [("rule", "r-1", "delete")]
    assert [(one["id"], one["action"]) for one in now["changes"]] == [("g-1", "create"), ("r-1", "delete")]


def test_all_that_a_copied_tenant_began_with_is_new_since_before_it_was(server: Server) -> None:
    copied_tenant(server.opened, "other", [create("r-7", enabled=True)])
    token = server.account("there", tenant="other")

    found = of(server.get("/api/25/compare?from=seq:0&kind=rule", token=token), "comparison")["changes"]

    assert [(one["id"], one["action"]) for one in found] == [("r-7", "create")]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "from"),
        ("from=2026-01-01T00:00:00", "from: Time '2026-01-01T00:00:00' has no time zone; add Z for UTC"),
        ("from=seq:1&to=seq:999", "to: Event 999 has not happened yet; the last one is"),
        ("from=cr:5", "from: Change request 5 was not deployed in this tenant"),
        ("from=2999-01-01T00:00:00Z", "from: '2999-01-01T00:00:00Z' has not come yet; use a time up to now"),
        ("from=seq:1&kind=rules", "'rules' is no kind of document; use one of: setting, technique"),
        ("from=" + "a" * 40, f"from: '{'a' * 40}' is not a commit of this tenant"),
        ("from=seq:1&until=now", "until"),
    ],
)
def test_moments_that_cannot_be_compared_are_refused(server: Server, query: str, said: str) -> None:
    answer = server.get(f"/api/25/compare?{query}")

    assert answer.status_code == 400
    assert said in answer.get_json()["errorDetails"]


ASKED = "/api/25/audit/answers/changes-without-second-person"


def test_exactly_the_changes_without_a_second_person_are_listed(server: Server, story: list[int]) -> None:
    with deployed_by(trail(4, "ann", "ann")):
        alone = commit(server.opened, create("r-4"), create("r-5"))
    with deployed_by(trail(5, "ann")):
        nobody = commit(server.opened, modify("r-4", enabled=True))
    with deployed_by(trail(6, "ann", "ann", "bob")):
        commit(server.opened, modify("r-5", enabled=True), ctx=Context.system("default", "Scheduled"))

    answer = server.get(ASKED).get_json()

    assert answer["action"] == "changesWithoutSecondPerson"
    assert answer["examined"] == {"first": 1, "last": story[3] + 4, "events": 8}
    changes = answer["data"]["changes"]
    assert [(one["why"], one["commit"], one["seqs"]) for one in changes] == [
        ("noChangeRequest", of(why(server, "/limit"), "why")["event"]["commit"], [story[2]]),
        ("approvedByNobodyElse", alone.commit, [alone.first_seq, alone.last_seq]),
        ("approvedByNobodyElse", nobody.commit, [nobody.first_seq]),
    ]
    assert changes[1]["objects"] == [
        {"kind": "rule", "id": "r-4", "type": "RuleAdded"},
        {"kind": "rule", "id": "r-5", "type": "RuleAdded"},
    ]
    assert (changes[0]["actor"]["handle"], changes[0]["reason"]) == ("dave", "Step 2")


@pytest.mark.usefixtures("story")
def test_the_answer_has_pages_and_spans_of_time(server: Server) -> None:
    for number in range(4):
        commit(server.opened, create(f"r-{number + 5}"))

    found, cursor = [], ""
    while cursor is not None:
        page = server.get(f"{ASKED}?limit=2{cursor and '&cursor=' + cursor}").get_json()
        found += [one["objects"][0]["id"] for one in page["data"]["changes"]]
        cursor = page["meta"].get("next")
    early = server.get(f"{ASKED}?to=2020-01-01T00:00:00Z").get_json()
    turned = server.get(f"{ASKED}?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z")
    naive = server.get(f"{ASKED}?from=2026-01-02T00:00:00")

    assert found == ["r-1", "r-5", "r-6", "r-7", "r-8"]
    assert (early["data"]["changes"], early["examined"]["events"]) == ([], 0)
    assert turned.status_code == naive.status_code == 400
    assert "exchange them" in turned.get_json()["errorDetails"]
    assert "has no time zone" in naive.get_json()["errorDetails"]
