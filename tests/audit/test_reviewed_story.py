"""The auditors' questions after real change requests: three of them and one direct write touch one rule."""

from typing import Any

from app.changes.change import Edit
from tests.installations import Server
from tests.review.cast import Caller, Cast

TO_PRODUCTION = {"targets": ["group:prod"]}


def deployed(number: int, deployer: Caller, *approvers: Caller) -> int:
    for approver in approvers:
        assert approver.approve(number).status_code == 200
    answer = deployer.deploy(number)
    assert answer.status_code == 200, answer.text
    return number


def why(caller: Caller, path: str) -> Any:
    return caller.ok("GET", f"/rules/r1/why?path={path}")["data"]["why"]


def test_why_and_the_missing_second_person_after_three_requests_and_a_direct_write(server: Server) -> None:
    cast = Cast(server)
    anna, carol, dave, erin = (cast.person(name) for name in ("anna", "carol", "dave", "erin"))
    cast.team("security", carol, dave)
    cast.nodes("n1")
    cast.system(
        Edit("group", "prod", "create", {"displayName": "Production", "dynamic": False, "nodeIds": ["n1"]}),
        Edit("rule", "r1", "create", {"displayName": "Rule one"}),
    )
    cast.policy("prod", match={"groupsAny": ["prod"]}, require=[{"team": "security", "min": 1}])

    first = deployed(anna.asks("POST", "/rules/r1", json=TO_PRODUCTION), erin, carol)
    second = deployed(
        anna.asks("POST", "/rules/r1?reason=Second+one", json={"longDescription": "by two", "enabled": False}),
        anna, dave,
    )  # fmt: skip
    cast.system(Edit("rule", "r1", "modify", {"longDescription": "directly"}))
    direct = erin.ok("GET", "/events?object=r1&limit=1")["data"]["events"][0]["seq"]
    third = deployed(carol.asks("POST", "/rules/r1", json={"shortDescription": "by three"}), carol, dave)

    targets, enabled, long, short = (
        why(erin, path) for path in ("/targets", "/enabled", "/longDescription", "/shortDescription")
    )
    assert (targets["changeRequest"]["id"], targets["approvedBy"]) == (first, ["carol"])
    assert (enabled["changeRequest"]["id"], enabled["approvedBy"]) == (second, ["dave"])
    assert enabled["changeRequest"]["author"]["handle"] == "anna"
    assert ("changeRequest" in long, long["value"], long["event"]["seq"]) == (False, "directly", direct)
    assert (short["changeRequest"]["id"], short["event"]["actor"]["handle"]) == (third, "carol")

    listed = erin.ok("GET", "/audit/answers/changes-without-second-person")["data"]["changes"]
    alone = [one["seqs"] for one in listed if any(each["id"] == "r1" for each in one["objects"])]
    assert [one["why"] for one in listed] == ["noChangeRequest"] * len(listed)
    assert alone[1:] == [[direct]]
    assert len(alone) == 2  # the rule's creation, before there was a policy
    of_requests = {targets["event"]["seq"], enabled["event"]["seq"], short["event"]["seq"]}
    assert of_requests.isdisjoint(seq for one in listed for seq in one["seqs"])
