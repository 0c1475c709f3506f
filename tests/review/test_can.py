"""`can` is reality: people by states by verbs, each verb really called; and each rule is there for a reason."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from app.changes.review import rules
from app.changes.review.case import VERBS
from app.changes.review.rules import RULES
from app.core.clock import now_ms, rfc3339
from app.store.change_requests import Record, find_record, save_records
from app.store.session import TenantSession
from tests.review.cast import TENANT, Caller, Cast

Json = dict[str, Any]


def calls(number: int) -> Mapping[str, tuple[str, str, Json | None]]:
    """Say how each verb is called."""
    one = f"/changeRequests/{number}"
    later = rfc3339(now_ms() + 3_600_000)
    return {
        "edit": ("PATCH", one, {"description": "edited"}),
        "submit": ("POST", f"{one}/submit", {}),
        "approve": ("POST", f"{one}/reviews", {"verdict": "approve"}),
        "requestChanges": ("POST", f"{one}/reviews", {"verdict": "requestChanges", "comment": "why?"}),
        "comment": ("POST", f"{one}/reviews", {"verdict": "comment", "comment": "well"}),
        "deploy": ("POST", f"{one}/deploy", {}),
        "schedule": ("POST", f"{one}/deploy", {"scheduleAt": later}),
        "confirm": ("POST", f"{one}/confirm", {}),
        "rebase": ("POST", f"{one}/rebase", {}),
        "withdraw": ("POST", f"{one}/withdraw", {}),
        "decline": ("DELETE", one, None),
        "reopen": ("POST", f"{one}/reopen", {}),
        "breakGlass": ("POST", f"{one}/deploy", {"breakGlass": {"reason": "it burns"}}),
    }


STATES: Mapping[str, Callable[[Caller, Caller, int], None]] = {
    "draft": lambda _author, _chief, _number: None,
    "inReview": lambda author, _chief, number: _do(author, number, "submit"),
    "approved": lambda author, chief, number: _do(author, number, "submit") or _do(chief, number, "approve"),
    "scheduled": lambda author, chief, number: (
        _do(author, number, "submit") or _do(chief, number, "approve") or _do(chief, number, "schedule")
    ),
    "applied": lambda author, chief, number: (
        _do(author, number, "submit") or _do(chief, number, "approve") or _trial(chief, number)
    ),
    "rejected": lambda author, chief, number: _do(author, number, "submit") or _do(chief, number, "decline"),
    "withdrawn": lambda author, _chief, number: _do(author, number, "withdraw"),
    "expired": lambda author, _chief, number: _expire(author, number),
}


def _do(who: Caller, number: int, verb: str) -> None:
    method, path, body = calls(number)[verb]
    answer = who.call(method, path, **({} if body is None else {"json": body}))
    assert answer.status_code == 200, (verb, answer.get_json())


def _trial(who: Caller, number: int) -> None:
    assert who.deploy(number, confirmWithin="PT1H").status_code == 200


def _expire(who: Caller, number: int) -> None:
    with who.server.opened.database.writing(TENANT) as connection:
        session = TenantSession(who.server.opened.database, TENANT)
        record = find_record(session, number)
        session.release()
        assert record is not None
        save_records(connection, TENANT, [record._replace(state="expired", due=None)], ())


def people_of(cast: Cast) -> dict[str, Caller]:
    """Make a dozen different people."""
    author = cast.person("author", "user")
    chief = cast.person("chief")
    return {
        "author": author,
        "chief": chief,
        "authors-account": cast.account("authors-account", author),
        "editor": cast.person("editor", "user"),
        "validator": cast.person("validator", "validator"),
        "deployer": cast.person("deployer", "deployer"),
        "workflow": cast.person("workflow", "workflow"),
        "reader": cast.person("reader", "read_only"),
        "ruler": cast.person("ruler", "rule_only"),
        "nobody": cast.person("nobody", "no_rights"),
        "robot": cast.account("robot"),
        "reviews-only": _by_acl(cast, "reviews-only", chief, ("changeRequests/*/reviews", ["post"])),
        "all-but-deploy": _by_acl(
            cast,
            "all-but-deploy",
            chief,
            ("changeRequests/*/deploy", []),
            ("changeRequests/*/accept", []),
            ("changeRequests/**", _EVERY),
        ),
        "accepts-only": _by_acl(cast, "accepts-only", chief, ("changeRequests/*/accept", ["post"])),
        "chiefs-account": cast.account("chiefs-account", chief),
        "chief-readonly": replace(cast.person("onlooker", token="ro")),
    }


_BY_PATH = ("chief-readonly", "reviews-only", "all-but-deploy", "accepts-only")
"""Refused by their credential, before anybody asks about the change request."""
_EVERY = ["get", "post", "patch", "delete"]


def _by_acl(cast: Cast, name: str, owner: Caller, *entries: tuple[str, list[str]]) -> Caller:
    acl = (("changeRequests/*", ["get"]), *entries)
    listed = tuple({"path": path, "actions": actions} for path, actions in acl)
    return cast.account(name, owner, authorization="acl", acl=listed)


def put_back(cast: Cast, record: Record) -> None:
    """Put a change request and its parameter back as they were, past everything."""
    from app.changes.change import Edit  # noqa: PLC0415
    from app.store.documents import find_document  # noqa: PLC0415

    session = TenantSession(cast.server.opened.database, TENANT)
    found = find_document(session, "parameter", "p")
    session.release()
    if found is not None and record.state != "applied":
        cast.system(Edit("parameter", "p", "delete"))
    with cast.server.opened.database.writing(TENANT) as connection:
        save_records(connection, TENANT, [record], ())


@pytest.mark.parametrize("state", STATES)
def test_can_says_what_the_verb_does(cast: Cast, state: str) -> None:
    people = people_of(cast)
    cast.switch_on()
    author, chief = people["author"], people["chief"]
    made = author.ok(
        "POST",
        "/changeRequests",
        json={
            "changes": [{"kind": "parameter", "id": "p", "action": "create", "after": {"value": "1"}}],
            "draft": True,
            "editors": ["editor"],
        },
    )
    number = made["data"]["changeRequests"][0]["id"]
    STATES[state](author, chief, number)
    session = TenantSession(cast.server.opened.database, TENANT)
    record = find_record(session, number)
    session.release()
    assert record is not None
    assert record.state == state

    mismatches = []
    counted = {True: 0, False: 0}
    for name, who in people.items():
        shown = who.call("GET", f"/changeRequests/{number}")
        said = shown.get_json()["data"]["changeRequests"][0]["can"] if shown.status_code == 200 else None
        for verb in VERBS:
            method, path, body = calls(number)[verb]
            answer = who.call(method, path, **({} if body is None else {"json": body}))
            allowed = answer.status_code == 200
            counted[allowed] += 1
            expected = False if said is None else said[verb]["allowed"]
            if allowed != expected or (not allowed and answer.status_code not in (403, 409)):
                mismatches.append((name, verb, expected, answer.get_json()))
            elif not allowed and said is not None and name not in _BY_PATH:
                assert said[verb]["reason"] in answer.get_json()["errorDetails"]
            if allowed:
                put_back(cast, record)
        to = [] if said is None else said["accept"].get("to", [])
        accepted = accepted_to(cast, who, record)
        if accepted != to or (said is not None and said["accept"]["allowed"] != bool(to)):
            mismatches.append((name, "accept", to, accepted))
    assert mismatches == []
    print(f"{state}: {counted[True]} allowed, {counted[False]} refused")  # noqa: T201


def accepted_to(cast: Cast, who: Caller, record: Record) -> list[str]:
    """Send Rudder's `accept` with each status, and say which were taken."""
    taken = []
    for status in ("Pending deployment", "Deployed"):
        answer = who.call("POST", f"/changeRequests/{record.id}/accept", json={"status": status})
        if answer.status_code == 200:
            taken.append(status)
            put_back(cast, record)
    return taken


def test_an_account_that_may_only_accept_approves_and_deploys_with_it_alone(cast: Cast) -> None:
    people = people_of(cast)
    cast.switch_on()
    who, number = people["accepts-only"], people["author"].asks("PUT", "/parameters", json={"id": "p", "value": "1"})
    said = who.ok("GET", f"/changeRequests/{number}")["data"]["changeRequests"][0]["can"]
    assert said["accept"] == {"allowed": True, "to": ["Pending deployment", "Deployed"]}
    refused = f"the ACL of 'accepts-only' does not open POST /changeRequests/{number}/deploy"
    assert said["deploy"] == {"allowed": False, "reason": refused}
    assert who.call("POST", f"/changeRequests/{number}/deploy", json={}).status_code == 403
    assert who.call("POST", f"/changeRequests/{number}/accept", json={"status": "deployed"}).status_code == 200


def test_every_verb_has_a_rule_about_its_state() -> None:
    assert {verb for rule in RULES for verb in rule.verbs} == set(VERBS)
    assert set(rules.STATES) == set(VERBS)
