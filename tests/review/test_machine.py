"""The invariants of review as a machine: people, tokens, policies, edits, approvals, deployments in any order."""

import json
import random
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import bindparam, select

from app.changes.change import Edit
from app.changes.review import case
from app.changes.review.model import change_request_of
from app.changes.review.rules import STATES
from app.core.clock import now_ms, rfc3339
from app.store.change_requests import lock_record
from app.store.documents import find_document
from app.store.format1 import FOLDERS
from app.store.review_tables import ChangeRequestRow
from app.store.session import TenantSession
from app.store.tables import EventRecord
from app.worker import do_due
from tests.people.persons import make_tenant
from tests.review.cast import TENANT, Caller, Cast
from tests.review.test_can import calls

Json = dict[str, Any]
STEPS = 6000
LEAVES_AT = 200
"""The step before which a validator is disabled."""
ENOUGH = 50
"""How often each verb is done, and refused."""
AUTHORS = ("edit", "submit", "rebase", "withdraw", "reopen")
LIKELY: dict[str, tuple[str, ...]] = {**STATES, "deploy": ("approved",), "schedule": ("approved",)}
LIKELY |= {"approve": ("inReview",), "comment": ("inReview",)}
UNLIKELY: dict[str, tuple[str, ...]] = {"comment": ("nobody",), "write": ("nobody",), "create": ("nobody",)}
"""Who is refused what almost everybody may do."""
BEFORE = {"deploy": "approve", "schedule": "approve", "breakGlass": "create", "confirm": "deploy", "reopen": "withdraw"}
"""What brings a change request to where the verb is a step; `create` where nothing else is said."""
DECISIONS = ("approve", "requestChanges", "deploy", "schedule", "confirm")
VERBS = (*case.VERBS, "write", "create")
TEAM = ("rita", "dave")
Pair = tuple[str, bool]
_EVENTS = (
    select(EventRecord.seq, EventRecord.commit_id, EventRecord.change_request)
    .where(EventRecord.tenant == bindparam("tenant"), EventRecord.change_request_id == bindparam("number"))
    .where(EventRecord.commit_id.is_not(None))
)
_NEWEST = (
    select(ChangeRequestRow.id, ChangeRequestRow.author, ChangeRequestRow.due)
    .where(ChangeRequestRow.tenant == bindparam("tenant"))
    .where(ChangeRequestRow.state.in_(bindparam("states", expanding=True)))
    .order_by(ChangeRequestRow.id.desc())
    .limit(10)
)


class Machine:
    """Does what people may think of, and looks at the invariants after every step."""

    def __init__(self, cast: Cast, seed: int) -> None:
        self.random = random.Random(seed)
        self.cast = cast
        anna = cast.person("anna")
        self.people: dict[str, Caller] = {
            "anna": anna,
            "anna-robot": cast.account("anna-robot", anna),
            **{name: cast.person(name) for name in TEAM},
            "vera": cast.person("vera", "validator", "user"),
            "dora": cast.person("dora", "deployer", "user"),
            "robot": cast.account("robot"),
            "nobody": cast.person("nobody", "no_rights"),
        }
        self.person_of = {name: f"id-{name}" for name in self.people} | {"anna-robot": "id-anna", "robot": ""}
        self.chief = cast.person("chief")
        self.stranger = cast.person("bob", tenant="acme")
        cast.team("two", *(self.people[name] for name in TEAM))
        cast.switch_on()
        self.done: Counter[Pair] = Counter()
        self.numbers: list[int] = []
        self.later = 0
        committer = cast.server.opened.committer
        real = committer.clock
        committer.clock = lambda: real() + self.later

    def run(self, steps: int) -> None:
        """Take steps until every verb was done and refused often enough, the rarest most often."""
        for turn in range(steps):
            lacking = {(verb, went): ENOUGH - self.done[verb, went] for verb in VERBS for went in (True, False)}
            rare = {pair: more for pair, more in lacking.items() if more > 0}
            if not rare:
                break
            if turn % 40 == 0:
                self.change_policy()
            elif turn % 60 == 7:
                self.later += self.random.choice((1_000, 25_000))
                do_due(self.cast.server.opened)
            elif turn == LEAVES_AT:
                self.shut_out()
            else:
                (pair,) = self.random.choices([*rare], weights=[*rare.values()])
                self.act(*pair)
        for number in self.numbers:
            self.check(number)
        self.check_the_log()

    def choose(self, verb: str, *, likely: bool) -> tuple[str, int]:
        """Pick who acts on which change request: any, or where and by whom the verb is likely to be a step."""
        names = [*self.people]
        if not likely or verb in ("write", "create"):
            who = self.random.choice(UNLIKELY.get(verb, names) if not likely else names)
            return who, self.random.choice(self.numbers[-8:]) if self.numbers else 0
        if verb in ("deploy", "schedule", "confirm") and self.random.random() < 0.7:
            return self.random.choice(TEAM), self.ready(verb)
        wanted = LIKELY[verb]
        if not (found := self.listed(*wanted, on_trial=verb == "confirm")):
            # Somebody has to bring one there first.
            self.act(BEFORE.get(verb, "create"), likely=True)
            found = self.listed(*wanted, on_trial=verb == "confirm")
        if not found:
            return self.random.choice(names), self.random.choice(self.numbers) if self.numbers else 0
        number, author = self.random.choice(found)
        mine = [name for name in names if author in (name, self.person_of[name])] or ["anna"]
        return (self.random.choice(mine) if verb in AUTHORS else self.random.choice(TEAM)), number

    def ready(self, verb: str) -> int:
        """Have something new asked for that nobody else touches, approved by all, and on trial for whoever confirms."""
        change = {"kind": "parameter", "id": f"p{len(self.numbers)}", "action": "create", "after": {"value": "1"}}
        self.do("create", "anna", 0, {"changes": [change]})
        number = self.numbers[-1]
        for name in TEAM:
            self.do("approve", name, number)
        if verb == "confirm":
            self.do("deploy", self.random.choice(TEAM), number, {"confirmWithin": "PT60S"})
        return number

    def listed(self, *states: str, on_trial: bool = False) -> list[tuple[int, str]]:
        """List the newest change requests in some states, each with its author."""
        with self.cast.server.opened.database.connect(TENANT) as connection:
            rows = connection.execute(_NEWEST, {"states": states, "tenant": TENANT}).all()
        return [(row.id, row.author) for row in rows if not on_trial or row.due is not None]

    def change_policy(self) -> None:
        """Change what protects, past review, as an operator would: what was scheduled goes back, three of two never."""
        least = self.random.choice((1, 1, 2, 2, 3))
        on = self.random.random() < 0.7
        action = "modify" if self.exists("reviewPolicy", "pair") else "create"
        match = {"kinds": ["parameter"], "paths": ["/value"]}
        fields = {
            "match": match,
            "require": [{"team": "two", "min": least}],
            "enabled": on,
            "priority": len(self.numbers),
        }
        self.cast.system(Edit("reviewPolicy", "pair", action, fields))  # type: ignore[arg-type]
        assert self.listed("scheduled") == []
        for number, _ in self.listed("inReview")[:1] if on and least > len(TEAM) else ():
            for name in TEAM:
                self.people[name].approve(number)
                shown = self.people[name].request(number)
                assert (shown["state"], shown["unsatisfiable"]) == ("inReview", True)

    def shut_out(self) -> None:
        """Disable somebody who has approved; her tokens are gone with her."""
        self.chief.ok("POST", "/users/id-vera/disable")
        del self.people["vera"]

    def act(self, verb: str, likely: bool) -> None:  # noqa: FBT001  a counted pair
        """Let somebody do something."""
        self.do(verb, *self.choose(verb, likely=likely))

    def do(self, verb: str, name: str, number: int, said: Json | None = None) -> None:
        """Call a verb as somebody; `said` is the body, made up where there is none."""
        who = self.people[name]
        if verb == "write":
            answer = who.call("PUT", "/parameters", json={"id": f"w{len(self.numbers)}", "value": "1"})
            held = answer.status_code == 200 and answer.get_json()["data"]["parameters"][0].get("changeRequestId")
            self.noted(verb, answer, int(held) if held else None)
            return
        if verb == "create":
            body = said or {"changes": self.changes(), "draft": self.random.random() < 0.4}
            answer = who.call("POST", "/changeRequests", json=body)
            made = answer.get_json()["data"]["changeRequests"][0]["id"] if answer.status_code == 200 else None
            self.noted(verb, answer, made)
            return
        if number:
            method, path, asked = self.call(verb, number)
            asked = said or asked
            if verb in DECISIONS and self.random.random() < 0.05:
                self.misspell(who, method, path, asked or {})
            answer = who.call(method, path, **({} if asked is None else {"json": asked}))
            self.noted(verb, answer, None)
            assert answer.status_code in (200, 403, 409), (verb, answer.get_json())
            if verb in ("deploy", "breakGlass") and answer.status_code == 200:
                self.check(number, now=True)

    def misspell(self, who: Caller, method: str, path: str, asked: Json) -> None:
        """Send a key that no decision knows: it is refused whatever else it says."""
        answer = who.call(method, path, json={**asked, "coment": "a slip"})
        assert (answer.status_code, "coment" in answer.get_json()["errorDetails"]) in ((400, True), (403, False))

    def call(self, verb: str, number: int) -> tuple[str, str, Json | None]:
        """Say how a verb is called."""
        method, path, body = calls(number)[verb]
        if verb == "edit":
            body = {"changes": self.changes()}
        if verb == "deploy" and self.random.random() < 0.8:
            body = {"confirmWithin": "PT60S"}
        if verb == "rebase" and self.random.random() < 0.8:
            body = {"conflicts": "mine"}
        if verb == "schedule":
            body = {"scheduleAt": rfc3339(now_ms() + self.later + 20_000)}
        return method, path, body

    def changes(self) -> list[Json]:
        """Think of a change."""
        value, name = str(self.random.randrange(1000)), self.random.choice(("shared", "other", "third", "fourth"))
        action = "modify" if self.exists("parameter", name) else "create"
        return [{"kind": "parameter", "id": name, "action": action, "after": {"value": value}}]

    def exists(self, kind: str, document_id: str) -> bool:
        """Look whether a document is there."""
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

    def check(self, number: int, *, now: bool = False) -> None:
        """Look at one change request: what was applied was approved, by others, as it was applied."""
        with self.cast.server.opened.database.connect(TENANT) as connection:
            record = lock_record(connection, TENANT, number)
            events = connection.execute(_EVENTS, {"tenant": TENANT, "number": number}).all()
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
            assert not now or approvers <= self.people.keys()
            if one.evaluation["policies"]:
                assert approvers
        if one.deployed is not None:
            mine = [event for event in events if event.commit_id == one.commit]
            assert {event.seq for event in mine} == set(range(one.deployed[0], one.deployed[1] + 1))
            assert {json.loads(event.change_request)["diffHash"] for event in mine} == {one.diff_hash}

    def check_the_log(self) -> None:
        """Look at the whole log: each change has its commit, each commit its events, and others see none of it."""
        session = TenantSession(self.cast.server.opened.database, TENANT)
        rows = session.rows(select(EventRecord.seq, EventRecord.object_kind, EventRecord.type, EventRecord.commit_id))
        session.release()
        seqs: dict[str, list[int]] = {}
        for row in rows:
            changes = row.object_kind in FOLDERS and row.type.endswith(("Added", "Modified", "Deleted"))
            assert changes == (row.commit_id is not None) or row.type == "TenantCreated", row
            if changes:
                seqs.setdefault(row.commit_id, []).append(row.seq)
        assert all(sorted(each) == [*range(min(each), max(each) + 1)] for each in seqs.values())
        assert len(seqs) > len(self.numbers) // 10
        foreign = self.stranger
        assert foreign.ok("GET", "/changeRequests?status=all")["data"] == []
        assert foreign.ok("GET", "/events?kind=changeRequest")["data"]["events"] == []
        assert foreign.call("GET", f"/changeRequests/{self.numbers[-1]}").status_code == 404


@pytest.mark.timeout(1200)
def test_the_invariants_hold_whatever_people_do(cast: Cast) -> None:
    make_tenant(cast.server)
    machine = Machine(cast, seed=1)

    machine.run(STEPS)

    for verb in VERBS:
        print(f"{verb:15} {machine.done[verb, True]:4} done {machine.done[verb, False]:4} refused")  # noqa: T201
    assert {pair: count for pair, count in machine.done.items() if count < ENOUGH} == {}
    assert len(machine.done) == 2 * len(VERBS)
