"""Rudder's five calls as old scripts make them; texts are those of rudder-change-requests, sections 4 to 7."""

import pytest

from tests.review.cast import Cast

STATUS = "POST", "/changeRequests/{}/accept"
KEYS = ["id", "displayName", "status", "created by", "acceptable", "description", "changes", "name"]
ALL = [{"include": {"or": ["special:all"]}, "exclude": {"or": []}}]


@pytest.mark.parametrize("version", [24, 15])
def test_a_rule_goes_through_validation_and_deployment(cast: Cast, version: int) -> None:
    writer, reviewer = cast.account("ci-deploy"), cast.account("desk", cast.person("rita"))
    writer.ok("PUT", "/rules", json={"id": "9a1e", "displayName": "Harden ssh", "targets": ["special:all"]})
    cast.switch_on()

    made = writer.ok(
        "POST",
        "/rules/9a1e?changeRequestDescription=ticket%20881",
        version=version,
        json={"shortDescription": "CIS 5.2"},
    )

    (rule,) = made["data"]["rules"]
    assert list(rule)[:3] == ["changeRequestId", "id", "displayName"]
    assert (rule["changeRequestId"], rule["shortDescription"]) == ("1", "CIS 5.2")
    assert (made["action"], made["id"]) == ("updateRule", "9a1e")
    assert writer.ok("GET", "/rules/9a1e", version=24)["data"]["rules"][0]["shortDescription"] == ""
    listed = reviewer.ok("GET", "/changeRequests", version=version)
    assert listed.keys() == {"action", "result", "data"}
    assert listed["data"] == [
        {
            "id": 1,
            "displayName": "update rule 'Harden ssh' (9a1e) by API request",
            "status": "Pending validation",
            "created by": "ci-deploy",
            "acceptable": True,
            "description": "ticket 881",
            "changes": {
                "directives": [],
                "rules": [
                    {
                        "action": "modify",
                        "change": {
                            "type": "RuleModifyChangeJson",
                            "id": "9a1e",
                            "displayName": "Harden ssh",
                            "shortDescription": {"from": "", "to": "CIS 5.2"},
                            "longDescription": "",
                            "directives": [],
                            "targets": ["special:all"],
                            "enabled": True,
                            "system": False,
                            "categoryId": "rootRuleCategory",
                        },
                    }
                ],
                "groups": [],
                "parameters": [],
            },
            "name": "update rule 'Harden ssh' (9a1e) by API request",
        }
    ]
    accepted = reviewer.ok(*_accept(1), version=version, data={"status": "pending deployment"})
    assert (accepted["action"], accepted["id"]) == ("acceptChangeRequest", "1")
    (shown,) = accepted["data"]["changeRequests"]
    assert (list(shown), shown["status"]) == (KEYS, "Pending deployment")

    deployed = writer.ok(*_accept(1), version=version, json={"status": "Deployed"})

    assert deployed["data"]["changeRequests"][0]["status"] == "Deployed"
    assert writer.ok("GET", "/rules/9a1e", version=24)["data"]["rules"][0]["shortDescription"] == "CIS 5.2"
    assert reviewer.ok("GET", "/changeRequests", version=version)["data"] == []
    closed = reviewer.ok("GET", "/changeRequests?status=CLOSED", version=version)["data"]
    assert [one["status"] for one in closed] == ["Deployed"]


def _accept(number: int | str) -> tuple[str, str]:
    return "POST", f"/changeRequests/{number}/accept"


def test_one_step_deployment_approves_and_deploys(cast: Cast) -> None:
    writer, reviewer = cast.account("writer"), cast.person("rita", "workflow")
    cast.switch_on()
    number = writer.asks("PUT", "/parameters", version=24, json={"id": "ntp", "value": "a.example"})

    said = reviewer.ok(*_accept(number), version=24, json={"status": "deployed"})

    (shown,) = said["data"]["changeRequests"]
    assert shown["status"] == "Deployed"
    assert shown["changes"]["parameters"] == [
        {
            "action": "create",
            "change": {
                "type": "GlobalParameterCreateChangeJson",
                "id": "ntp",
                "value": "a.example",
                "description": "",
            },
        }
    ]
    assert writer.ok("GET", "/parameters/ntp")["data"]["parameters"][0]["value"] == "a.example"


def test_each_error_has_rudders_text(cast: Cast) -> None:
    writer, reviewer = cast.account("writer"), cast.person("rita", "workflow")
    rules = cast.person("rolf", "rule_only", "validator")
    cast.switch_on()
    number = writer.asks("PUT", "/parameters", json={"id": "ntp", "value": "a"})
    caused = "Could not accept ChangeRequest {0}; cause was: Inconsistency: Could not accept ChangeRequest {0} "

    def text(who: object, *asked: object, **more: object) -> str:
        said = who.refused(500, *asked, version=24, **more)  # type: ignore[attr-defined]
        return str(said["errorDetails"])

    assert text(reviewer, "GET", "/changeRequests/999") == (
        "Could not find ChangeRequest 999; cause was: Inconsistency: Change request with id 999 does not exist."
    )
    assert text(reviewer, *_accept("x1"), data={"status": "deployed"}) == (
        "Could not accept ChangeRequest x1; cause was: Inconsistency: "
        "'x1' is not a valid change request id (need to be an integer)"
    )
    assert text(reviewer, "GET", "/changeRequests?status=Foo") == "'foo' is not a possible state for change requests"
    assert text(reviewer, *_accept("x1")) == "workflow status should not be empty"
    assert text(reviewer, *_accept(number), data={"status": "later"}) == (
        "'later' is not a possible state for change requests, available values are: "
        "[ Pending validation, Pending deployment, Deployed, Cancelled ]"
    )
    assert text(reviewer, *_accept(number), data={"status": "cancelled"}) == (
        caused.format(number)
        + "details cause is: you could not send Change Request from 'Pending validation' to 'Cancelled'."
    )
    assert text(rules, *_accept(number), data={"status": "deployed"}) == (
        f"Could not accept ChangeRequest {number}; cause was: Inconsistency: "
        "User is not authorized to update a 'pending validation' change to 'deployed' state"
    )
    assert text(writer, *_accept(number), data={"status": "pending deployment"}).startswith(
        f"Could not accept ChangeRequest {number}; cause was: "
    )
    for body in ({}, {"description": ""}):
        assert text(reviewer, "POST", f"/changeRequests/{number}", json=body) == (
            f"Could not update ChangeRequest {number}; cause was: Inconsistency: "
            f"Could not update ChangeRequest {number} details cause is: No changes to save."
        )
    assert text(reviewer, "POST", f"/changeRequests/{number}", json={"name": ""}).endswith(
        f"Could not update ChangeRequest {number} details cause is: Change request name cannot be empty."
    )
    renamed = reviewer.ok("POST", f"/changeRequests/{number}", version=24, json={"name": "Better title"})
    assert (renamed["action"], renamed["data"]["changeRequests"][0]["displayName"]) == (
        "updateChangeRequest",
        "Better title",
    )
    declined = reviewer.ok("DELETE", f"/changeRequests/{number}", version=24)
    assert declined["action"] == "declineChangeRequest"
    assert declined["data"]["changeRequests"][0]["status"] == "Cancelled"
    assert text(reviewer, "DELETE", f"/changeRequests/{number}") == (
        f"Could not decline ChangeRequest {number}; cause was: Inconsistency: "
        f"Could not decline ChangeRequest {number} details cause is: "
        f"could not decline ChangeRequest {number}, because status 'Cancelled' cannot be cancelled."
    )
    assert text(reviewer, *_accept(number), data={"status": "deployed"}) == (
        caused.format(number) + f"details cause is: ChangeRequest {number} has already been cancelled."
    )
    assert writer.call("GET", "/parameters/ntp").status_code == 404


def test_the_author_needs_both_self_settings_for_one_step(cast: Cast) -> None:
    author = cast.person("anna")
    cast.switch_on()
    number = author.asks("PUT", "/parameters", json={"id": "ntp", "value": "a"})
    own = "SecurityError: You are not authorized to do that action on your own change request: {} is disabled."

    said = author.refused(500, *_accept(number), version=24, json={"status": "deployed"})["errorDetails"]
    assert said == f"Could not accept ChangeRequest {number}; cause was: " + own.format("self-validation")

    cast.switch_on(enable_self_validation=True, enable_self_deployment=False)
    said = author.refused(500, *_accept(number), version=24, json={"status": "deployed"})["errorDetails"]
    assert said == f"Could not accept ChangeRequest {number}; cause was: " + own.format("self-deployment")

    cast.switch_on(enable_self_deployment=True)
    said = author.ok(*_accept(number), version=24, json={"status": "deployed"})
    assert said["data"]["changeRequests"][0]["status"] == "Deployed"


def test_without_a_workflow_the_five_calls_err_in_rudders_versions_only(cast: Cast) -> None:
    off = "Workflow are disabled in Rudder, change request API is not available"
    calls = [
        ("GET", "/changeRequests"),
        ("GET", "/changeRequests/1"),
        ("POST", "/changeRequests/1"),
        ("DELETE", "/changeRequests/1"),
        _accept(1),
    ]

    for call in calls:
        assert cast.ci.refused(500, *call, version=24)["errorDetails"] == off
    assert cast.ci.ok("GET", "/changeRequests")["data"] == []
    assert cast.ci.refused(404, "GET", "/changeRequests/1")["errorDetails"].startswith("Change request 1 was not found")
