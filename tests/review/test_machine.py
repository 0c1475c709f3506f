"""The invariants of review as a machine: people, tokens, policies, edits, approvals, deployments in any order."""

import os
import random
from collections import Counter
from typing import Any

import pytest

from app.changes.change import Edit
from app.changes.review import rules
from app.changes.review.model import change_request_of
from app.store.change_requests import Filter, find_record, list_records
from app.store.session import TenantSession
from app.worker import do_due
from tests.review.cast import TENANT, Caller, Cast

Json = dict[str, Any]
STEPS = 4000
ENOUGH = int(os.environ.get("STERNPOST_TEST_REVIEW_STEPS", "6"))
"""How often each verb is to be done, and refused; 50 takes some minutes."""
AUTHORS = ("edit", "submit", "rebase", "withdraw", "reopen")
LIKELY = {"deploy": ("approved",), "schedule": ("approved",), "approve": ("inReview",)}
SETUPS = {
    "deploy": (("approve", True), ("create", True)),
    "schedule": (("approve", True), ("create", True)),
    "confirm": (("deploy", True), ("approve", True)),
    "reopen": (("withdraw", True),),
}
VERBS = (*rules.VERBS, "write", "create")


class Machine:
    """Does what people may think of, and looks at the invariants after every step."""

    def __init__(self, cast: Cast, seed: int) -> None:
        self.random = random.Random(seed)
        self.cast = cast
        anna, rita, dave = (cast.person(name) for name in ("anna", "rita", "dave"))
        self.people: dict[str, Caller] = {
            "anna": anna,
            "anna-robot": cast.account("anna-robot", anna),
            "rita": rita,
            "dave": dave,
            "vera": cast.person("vera", "validator", "user"),
            "dora": cast.person("dora", "deployer", "user"),
            "robot": cast.account("robot"),
            "nobody": cast.person("nobody", "no_rights"),
        }
        self.person_of = {
            "anna-robot": "id-anna",
            "robot": None,
            "nobody": "id-nobody",
            **{n: f"id-{n}" for n in ("anna", "rita", "dave", "vera", "dora")},
        }
        cast.team("two", rita, dave)
        cast.switch_on()
        self.done: Counter[tuple[str, bool]] = Counter()
        self.numbers: list[int] = []
        self.later = 0
        committer = cast.server.opened.committer
        real = committer.clock
        committer.clock = lambda: real() + self.later

    def run(self, steps: int) -> None:
        """Take steps until every verb was done and refused often enough."""
        for turn in range(steps):
            rare = [(verb, went) for verb in VERBS for went in (True, False) if self.done[verb, went] < ENOUGH]
            if not rare:
                break
            if turn % 40 == 0:
                self.change_policy()
            elif turn % 60 == 7:
                self.later += self.random.choice((1_000, 25_000))
                do_due(self.cast.server.opened)
            else:
                self.act(*self.random.choice(rare))
        for number in self.numbers:
            self.check(number)

    def choose(self, verb: str, *, likely: bool) -> tuple[str, int]:
        """Pick who acts on which change request: any, or where and by whom the verb is likely to be a step."""
        names = list(self.people)
        if not likely or verb in ("write", "create"):
            return self.random.choice(names), self.random.choice(self.numbers[-8:]) if self.numbers else 0
        wanted = Filter(states=LIKELY.get(verb, rules.STATES[verb]), newest_first=True, most=6)  # type: ignore[index]
        session = TenantSession(self.cast.server.opened.database, TENANT)
        found = [change_request_of(record) for record in list_records(session, wanted)]
        session.release()
        if verb == "confirm":
            found = [one for one in found if one.planned.confirm_by is not None]
        if not found:
            # Somebody has to bring one there first.
            self.act(*self.random.choice(SETUPS.get(verb, (("create", True),))))
            return self.random.choice(names), self.random.choice(self.numbers) if self.numbers else 0
        one = self.random.choice(found)
        author = one.author.handle if one.author.handle in self.people else "anna"
        return (author if verb in AUTHORS else self.random.choice(("rita", "dave"))), one.id

    def change_policy(self) -> None:
        """Change what protects, past review, as an operator would."""
        least = self.random.choice((1, 2))
        on = self.random.random() < 0.7
        action = "modify" if self.exists("reviewPolicy", "pair") else "create"
        match = {"kinds": ["parameter"], "paths": ["/value"]}
        fields = {"match": match, "require": [{"team": "two", "min": least}], "enabled": on}
        self.cast.system(Edit("reviewPolicy", "pair", action, fields))  # type: ignore[arg-type]

    def act(self, verb: str, likely: bool) -> None:  # noqa: FBT001  a counted pair
        """Let somebody do something."""
        name, number = self.choose(verb, likely=likely)
        who = self.people[name]
        if verb == "write":
            answer = who.call("PUT", "/parameters", json={"id": f"w{len(self.numbers)}", "value": "1"})
            held = answer.status_code == 200 and answer.get_json()["data"]["parameters"][0].get("changeRequestId")
            self.noted(verb, answer, int(held) if held else None)
            return
        if verb == "create":
            body = {"changes": self.changes(), "draft": self.random.random() < 0.5}
            answer = who.call("POST", "/changeRequests", json=body)
            made = answer.get_json()["data"]["changeRequests"][0]["id"] if answer.status_code == 200 else None
            self.noted(verb, answer, made)
            return
        if number:
            method, path, asked = self.call(verb, number)
            answer = who.call(method, path, **({} if asked is None else {"json": asked}))
            self.noted(verb, answer, None)
            assert answer.status_code in (200, 403, 409), (verb, answer.get_json())
            if verb in ("deploy", "breakGlass") and answer.status_code == 200:
                self.check(number)

    def call(self, verb: str, number: int) -> tuple[str, str, Json | None]:
        """Say how a verb is called."""
        from tests.review.test_can import calls  # noqa: PLC0415

        method, path, body = calls(number)[verb]
        if verb == "edit":
            body = {"changes": self.changes()}
        if verb == "deploy" and self.random.random() < 0.8:
            body = {"confirmWithin": "PT30S"}
        if verb == "rebase" and self.random.random() < 0.5:
            body = {"conflicts": "mine"}
        if verb == "schedule":
            from app.core.clock import now_ms, rfc3339  # noqa: PLC0415

            body = {"scheduleAt": rfc3339(now_ms() + self.later + 20_000)}
        return method, path, body

    def changes(self) -> list[Json]:
        """Think of a change."""
        value = str(self.random.randrange(1000))
        if self.exists("parameter", "shared"):
            return [{"kind": "parameter", "id": "shared", "action": "modify", "after": {"value": value}}]
        return [{"kind": "parameter", "id": "shared", "action": "create", "after": {"value": value}}]

    def exists(self, kind: str, document_id: str) -> bool:
        """Look whether a document is there."""
        from app.store.documents import find_document  # noqa: PLC0415

        session = TenantSession(self.cast.server.opened.database, TENANT)
        try:
            return find_document(session, kind, document_id) is not None
        finally:
            session.release()

    def noted(self, verb: str, answer: Any, made: int | None) -> None:
        """Count what became of a verb."""
        self.done[verb, answer.status_code == 200] += 1
        if made is not None:
            self.numbers.append(made)

    def check(self, number: int) -> None:
        """Look at one change request: what was applied was approved, by others, as it was applied."""
        session = TenantSession(self.cast.server.opened.database, TENANT)
        record = find_record(session, number)
        session.release()
        assert record is not None
        one = change_request_of(record)
        if one.state != "applied":
            assert one.commit is None
            return
        assert one.evaluation is not None
        assert one.evaluation["satisfied"] or one.break_glass is not None
        contributors = {each.person for each in one.contributors if each.person is not None}
        contributors |= {each.id for each in one.contributors}
        if one.break_glass is None:
            approvers = {str(each["reviewer"]) for each in one.evaluation["approvals"]}
            assert all(each["diffHash"] == one.diff_hash for each in one.evaluation["approvals"])
            assert not {self.person_of[name] for name in approvers} & contributors
            if one.evaluation["policies"]:
                assert approvers
        if one.deployed is not None:
            events = self.people["rita"].ok("GET", f"/events?changeRequest={number}&commit={one.commit}")["data"][
                "events"
            ]
            assert {event["seq"] for event in events} == set(range(one.deployed[0], one.deployed[1] + 1))
            assert {event["changeRequest"]["diffHash"] for event in events} == {one.diff_hash}


@pytest.mark.parametrize("seed", [1])
def test_the_invariants_hold_whatever_people_do(cast: Cast, seed: int) -> None:
    machine = Machine(cast, seed)

    machine.run(STEPS)

    for verb in VERBS:
        assert min(machine.done[verb, True], machine.done[verb, False]) >= ENOUGH, verb
        print(f"{verb:15} {machine.done[verb, True]:4} done {machine.done[verb, False]:4} refused")  # noqa: T201
