"""Nobody approves their own work: not by another token, an ownerless account, a later edit, nor in one step."""

from typing import Any

from app.store.people import lock_user
from tests.review.cast import TENANT, Cast, at_once

Json = dict[str, Any]
APPROVE = {"verdict": "approve"}


def test_a_second_token_and_an_owned_account_are_the_same_person(cast: Cast) -> None:
    anna = cast.person("anna")
    hers, robot = cast.account("hers", anna), cast.account("robot")
    cast.switch_on()
    number = hers.asks("PUT", "/parameters", json={"id": "p", "value": "1"})

    own = anna.refused(403, "POST", f"/changeRequests/{number}/reviews", json=APPROVE)
    ownerless = robot.refused(403, "POST", f"/changeRequests/{number}/reviews", json=APPROVE)

    assert "you wrote this change request" in own["errorDetails"]
    assert "give the account an owner" in ownerless["errorDetails"]
    shown = anna.request(number)
    assert shown["gate"]["missing"][0]["eligible"] == []
    assert shown["unsatisfiable"] is True


def test_an_edit_after_anothers_approval_needs_a_new_approval_of_somebody_else(cast: Cast) -> None:
    anna, rita = cast.person("anna"), cast.person("rita")
    cast.switch_on()
    number = anna.asks("PUT", "/parameters", json={"id": "p", "value": "1"})
    assert rita.approve(number).status_code == 200

    edit = {"changes": [{"kind": "parameter", "id": "p", "action": "create", "after": {"value": "evil"}}]}
    anna.ok("PATCH", f"/changeRequests/{number}", json=edit)

    anna.refused(409, "POST", f"/changeRequests/{number}/deploy", json={})
    anna.refused(403, "POST", f"/changeRequests/{number}/accept", json={"status": "deployed"})
    assert anna.call("GET", "/parameters/p").status_code == 404


def test_a_renamed_account_is_still_the_author(cast: Cast) -> None:
    anna = cast.person("anna")
    hers = cast.account("hers", anna)
    cast.switch_on()
    number = hers.asks("PUT", "/parameters", json={"id": "p", "value": "1"})

    anna.ok("POST", "/apiaccounts/hers", json={"name": "somebody else"})

    hers.refused(403, "POST", f"/changeRequests/{number}/reviews", json=APPROVE)


def test_an_approver_who_was_disabled_counts_no_longer(cast: Cast) -> None:
    anna, rita, chief = cast.person("anna"), cast.person("rita"), cast.person("chief")
    cast.switch_on()
    number = anna.asks("PUT", "/parameters", json={"id": "p", "value": "1"})
    rita.approve(number)

    chief.ok("POST", f"/users/{rita.id}/disable")

    said = chief.refused(409, "POST", f"/changeRequests/{number}/deploy", json={})
    assert "missing: 1 of those who may validate" in said["errorDetails"]
    with cast.server.opened.database.connect(TENANT) as connection:
        assert lock_user(connection, TENANT, rita.id) is not None


def test_two_who_deploy_at_once_make_one_commit(cast: Cast) -> None:
    anna, rita = cast.person("anna"), cast.person("rita")
    cast.switch_on()
    number = anna.asks("PUT", "/parameters", json={"id": "p", "value": "1"})
    rita.approve(number)

    answers = at_once(*(lambda: rita.deploy(number).status_code for _ in range(4)))

    assert sorted(answers) == [200, 409, 409, 409]
    events = anna.ok("GET", f"/events?changeRequest={number}&kind=parameter")["data"]["events"]
    assert len(events) == 1


def test_a_race_of_edits_and_approvals_never_applies_what_nobody_approved(cast: Cast) -> None:
    anna, rita = cast.person("anna"), cast.person("rita")
    cast.switch_on()
    pairs = 200
    number = anna.asks("PUT", "/parameters", json={"id": "p", "value": "0"})

    def edit(turn: int) -> int:
        after = {"value": str(turn)}
        changes = [{"kind": "parameter", "id": "p", "action": "create", "after": after}]
        return anna.call("PATCH", f"/changeRequests/{number}", json={"changes": changes}).status_code

    def approve_what_is_seen() -> int:
        digest = rita.request(number)["diffHash"]
        return rita.approve(number, diffHash=digest).status_code

    done = {200: 0, 409: 0}
    for turn in range(1, pairs + 1):
        edited, approved = at_once(lambda turn=turn: edit(turn), approve_what_is_seen)
        assert edited == 200
        done[approved] += 1
    rita.approve(number)
    assert rita.deploy(number).status_code == 200

    shown = rita.request(number)
    approved_hashes = {review["diffHash"] for review in shown["reviews"]}
    assert shown["diffHash"] in approved_hashes
    assert shown["gate"]["approvals"][0]["diffHash"] == shown["diffHash"]
    assert sum(done.values()) == pairs
    (event,) = rita.ok("GET", f"/events?changeRequest={number}&kind=parameter")["data"]["events"]
    assert event["changeRequest"]["diffHash"] == shown["diffHash"]
    assert rita.ok("GET", "/parameters/p")["data"]["parameters"][0]["value"] == str(pairs)
