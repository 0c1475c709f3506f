"""Which writes wait for whom: policies of a tenant's own, and that none of them can be lowered past itself."""

from typing import Any

from app.changes.change import Edit
from app.changes.review.policy import built_in_of
from app.store.documents import Stored
from tests.review.cast import Cast

TARGETS = [{"include": {"or": ["group:prod"]}, "exclude": {"or": []}}]


class Unreadable:
    """The settings of a tenant, each with a value that nobody could have written."""

    def find(self, kind: str, document_id: str) -> Stored | None:
        return Stored(kind, document_id, "", '{"value":"what?"}', "", 1, "", 0, 0)

    def all(self, _kind: str) -> list[Stored]:
        return []


def production(cast: Cast) -> dict[str, Any]:
    """Make a tenant whose production asks for two people of security."""
    people = {name: cast.person(name) for name in ("anna", "carol", "dave", "erin")}
    cast.team("security", people["carol"], people["dave"])
    cast.nodes("n1", "n2", "n9")
    cast.system(
        Edit("group", "prod", "create", {"displayName": "Production", "dynamic": False, "nodeIds": ["n1", "n2"]}),
        Edit("rule", "r1", "create", {"displayName": "Rule one"}),
        Edit("group", "lab", "create", {"displayName": "Lab", "dynamic": False, "nodeIds": ["n9"]}),
    )
    cast.policy("prod", match={"groupsAny": ["prod"]}, require=[{"team": "security", "min": 2}])
    return people


def test_moving_a_rule_onto_production_waits_for_two_of_security(cast: Cast) -> None:
    anna, carol, dave, erin = production(cast).values()
    anna.ok("POST", "/rules/r1", json={"targets": ["group:lab"]})

    number = anna.asks("POST", "/rules/r1", json={"targets": ["group:prod"]})

    shown = anna.request(number)
    assert shown["state"] == "inReview"
    assert shown["gate"]["missing"] == [
        {"need": "2 of security", "have": 0, "because": "prod", "eligible": ["carol", "dave"]}
    ]
    assert shown["can"]["approve"]["allowed"] is False
    assert "ask carol, dave" in shown["can"]["approve"]["reason"]
    impact = anna.ok("GET", f"/changeRequests/{number}/impact")["data"]
    assert (impact["before"], impact["after"], impact["added"]) == (["n9"], ["n1", "n2"], ["n1", "n2"])
    assert carol.approve(number).status_code == 200
    assert erin.approve(number).status_code == 200  # not of the team: it counts for nothing
    refused = erin.deploy(number)
    assert refused.status_code == 409
    assert "missing: 1 of security for policy prod (may be given by dave)" in refused.get_json()["errorDetails"]
    assert refused.get_json()["allowed"] == [
        "approve", "requestChanges", "comment", "decline", "breakGlass",
    ]  # fmt: skip
    said = dave.approve(number).get_json()["data"]["changeRequests"][0]
    assert (said["state"], said["gate"]["satisfied"]) == ("approved", True)

    assert erin.deploy(number).status_code == 200

    assert anna.ok("GET", "/rules/r1")["data"]["rules"][0]["targets"] == TARGETS
    assert anna.request(number)["gate"]["approvals"][0]["reviewer"] == "carol"


def test_a_query_rewritten_to_catch_production_nodes_waits_for_productions_reviewers(cast: Cast) -> None:
    anna, *_ = production(cast).values()
    query = {"select": "node", "composition": "and", "where": [
        {"objectType": "node", "attribute": "nodeId", "comparator": "eq", "value": "n9"}
    ]}  # fmt: skip
    anna.ok("PUT", "/groups", json={"id": "odd", "displayName": "Odd", "query": query})
    query["where"][0]["value"] = "n2"  # type: ignore[index]

    number = anna.asks("POST", "/groups/odd", json={"query": query})

    assert anna.request(number)["gate"]["missing"][0]["because"] == "prod"
    impact = anna.ok("GET", f"/changeRequests/{number}/impact")["data"]
    assert (impact["before"], impact["after"], impact["unseen"]) == (["n9"], ["n2"], [])


def test_lowering_a_policy_or_its_team_waits_for_the_policy_itself(cast: Cast) -> None:
    anna, carol, dave, _ = production(cast).values()

    lowered = anna.asks("POST", "/reviewPolicies/prod", json={"require": [{"team": "security", "min": 1}]})
    switched = anna.asks("POST", "/reviewPolicies/prod", json={"enabled": False})
    deleted = anna.asks("DELETE", "/reviewPolicies/prod")
    joined = anna.asks("POST", "/teams/security", json={"members": [anna.id, carol.id, dave.id]})
    emptied = anna.asks("POST", "/groups/prod", json={"nodeIds": []})

    for number in (lowered, switched, deleted, joined, emptied):
        assert anna.request(number)["gate"]["missing"][0]["need"] == "2 of security"
    assert anna.ok("GET", "/reviewPolicies/prod")["data"]["reviewPolicies"][0]["require"] == [
        {"team": "security", "min": 2}
    ]


def test_a_policy_that_nobody_can_satisfy_says_so_when_it_is_written_and_on_what_it_hits(cast: Cast) -> None:
    anna, carol = cast.person("anna"), cast.person("carol")
    cast.team("lonely", carol)

    made = anna.ok(
        "PUT",
        "/reviewPolicies",
        json={"id": "p", "match": {"kinds": ["rule"]}, "require": [{"team": "lonely", "min": 2}]},
    )

    (policy,) = made["data"]["reviewPolicies"]
    assert policy["unsatisfiable"] == ["2 of lonely is wanted, and there are 1 who may approve"]
    number = anna.asks("PUT", "/rules", json={"displayName": "Held"})
    shown = anna.request(number)
    assert shown["unsatisfiable"] is True
    assert carol.approve(number).status_code == 200
    assert anna.request(number)["gate"]["satisfied"] is False


def test_a_policy_is_checked_when_it_is_written(cast: Cast) -> None:
    bad: list[tuple[dict[str, Any], str]] = [
        ({"require": []}, "require"),
        ({"require": [{"min": 0}]}, "require[0].min"),
        ({"require": [{"team": "nobody"}]}, "require"),
        ({"require": [{"min": 1}], "match": {"kinds": ["rules"]}}, "match.kinds"),
        ({"require": [{"min": 1}], "match": {"paths": ["parameters"]}}, "match.paths"),
        ({"require": [{"min": 1}], "match": {"groupsAny": ["nowhere"]}}, "match.groupsAny"),
        ({"require": [{"min": 1}], "expiresAfter": "a week"}, "expiresAfter"),
        ({"freeze": [{"cron": "often", "duration": "PT1H", "timezone": "UTC"}]}, "freeze[0].cron"),
        ({"freeze": [{"cron": "0 18 * * 5", "duration": "PT1H", "timezone": "Mars/Olympus"}]}, "freeze[0].timezone"),
    ]

    for members, field in bad:
        said = cast.ci.refused(400, "PUT", "/reviewPolicies", json={"id": "p", **members})
        assert list(said["errors"]) == [field], said


def test_validated_users_escape_the_settings_only(cast: Cast) -> None:
    robot, other = cast.account("robot"), cast.account("other")
    said = cast.ci.ok("POST", "/validatedUsers", version=24, json={"validatedUsers": ["robot", "ann"]})
    assert (said["action"], said["data"]) == (
        "saveWorkflowUser",
        [
            {"username": "ann", "isValidated": True, "userExists": False},
            {"username": "robot", "isValidated": True, "userExists": True},
        ],
    )
    cast.switch_on()

    robot.ok("PUT", "/parameters", json={"id": "one", "value": "1"})
    other.asks("PUT", "/parameters", json={"id": "two", "value": "2"})
    cast.policy("all", match={"kinds": ["parameter"]}, require=[{"min": 1}])
    robot.asks("PUT", "/parameters", json={"id": "three", "value": "3"})

    # Who is validated is itself under review now, and a dry run says so.
    asked = {"json": {"validatedUsers": ["other"]}, "headers": {"Prefer": "dry-run"}}
    foreseen = cast.ci.ok("POST", "/validatedUsers", **asked)["data"]
    assert (foreseen["diff"][0]["id"], foreseen["gate"]["waits"]) == ("validated_users", True)
    held = cast.ci.ok("POST", "/validatedUsers", version=24, json={"validatedUsers": ["other"]})
    assert held["changeRequestId"] == "3"
    gone = cast.ci.ok("DELETE", "/validatedUsers/nobody", version=24)
    assert (gone["action"], gone["data"]) == ("removeValidatedUser", "nobody")
    said = cast.ci.refused(500, "POST", "/validatedUsers", version=24, json=[])["errorDetails"]
    assert said == ("Could not extract workflow user list from request; cause was: Unexpected: (expected '{' got '[')")


def test_only_supervised_nodes_need_validation_and_a_rule_that_reaches_none_needs_none(cast: Cast) -> None:
    anna = cast.person("anna")
    cast.nodes("n1", "n9", "n10")
    cast.system(
        Edit("group", "web", "create", {"displayName": "Web", "dynamic": False, "nodeIds": ["n1"]}),
        Edit("group", "lab", "create", {"displayName": "Lab", "dynamic": False, "nodeIds": ["n9"]}),
    )
    listed = anna.ok("GET", "/changevalidation/supervised/targets", version=24)["data"]
    assert {one["id"]: one["supervised"] for one in listed["targets"]}["group:lab"] is True
    said = anna.ok("POST", "/changevalidation/supervised/targets", version=24, json={"supervised": ["group:web"]})
    assert said["data"] == "Set of target needing validation has been updated"
    cast.switch_on()

    anna.ok("PUT", "/rules", json={"id": "none", "displayName": "Reaches none"})
    anna.ok("POST", "/rules/none", json={"targets": ["group:lab"]})
    anna.asks("POST", "/rules/none", json={"targets": ["group:web"]})
    anna.asks("POST", "/rules/none", json={"targets": ["special:all"]})
    # A new group is supervised from its birth.
    anna.ok("POST", "/groups/lab", json={"nodeIds": ["n9", "n10"]})
    anna.asks("PUT", "/groups", json={"displayName": "Newborn", "dynamic": False, "nodeIds": ["n9"]})


def test_settings_that_cannot_be_read_protect() -> None:
    found = built_in_of(Unreadable())

    assert (found.is_on, found.validates_all) == (True, True)
    assert (found.self_validation, found.self_deployment) == (False, False)
    assert (found.validated, found.unsupervised) == (frozenset(), frozenset())
