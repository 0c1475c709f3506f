"""The life of a change request in version 25: made, edited, reviewed, merged, deployed, taken back."""

import subprocess
from typing import Any

import pytest

from app.application import create_app
from app.changes.change import Edit
from app.core.clock import rfc3339
from app.core.context import Context
from app.worker import do_due
from tests.installations import Server
from tests.review.cast import Caller, Cast, at_once, seq

Json = dict[str, Any]


@pytest.fixture
def people(cast: Cast) -> tuple[Caller, Caller]:
    """Give an author and a reviewer, with the workflow on and validating everything."""
    pair = cast.person("anna"), cast.person("rita")
    cast.switch_on(enable_validate_all=True)
    return pair


def make(who: Caller, *changes: Json, **more: Any) -> int:
    """Make a change request."""
    said = who.ok("POST", "/changeRequests", json={"changes": [*changes], **more})
    assert said["action"] == "createChangeRequest"
    return int(said["data"]["changeRequests"][0]["id"])


def change(kind: str, document_id: str, action: str = "modify", **after: Any) -> Json:
    """Name one change."""
    return {"kind": kind, "id": document_id, "action": action, **({} if action == "delete" else {"after": after})}


def through(author: Caller, reviewer: Caller, *changes: Json) -> int:
    """Make, approve and deploy a change request."""
    number = make(author, *changes)
    assert reviewer.approve(number).status_code == 200
    answer = reviewer.deploy(number)
    assert answer.status_code == 200, answer.get_json()
    return number


def parameter(who: Caller, name: str) -> Json:
    """Read a parameter."""
    (found,) = who.ok("GET", f"/parameters/{name}")["data"]["parameters"]
    shown: Json = found
    return shown


def test_several_kinds_deploy_as_one_commit_of_their_author(cast: Cast, people: tuple[Caller, Caller]) -> None:
    anna, rita = people
    number = make(
        anna,
        change("group", "g-web", "create", displayName="Web", dynamic=False, nodeIds=["n1"]),
        change("directive", "d-motd", "create", displayName="Motd", techniqueName="motdConfiguration"),
        change("rule", "r-web", "create", displayName="Web rule", directives=["d-motd"], targets=["group:g-web"]),
        name="Bring up web",
        description="with all that it needs",
    )
    shown = anna.request(number)
    assert [(one["kind"], one["action"]) for one in shown["changeSet"]] == [
        ("directive", "create"), ("group", "create"), ("rule", "create"),
    ]  # fmt: skip
    assert (shown["state"], shown["author"]["handle"], shown["commit"]) == ("inReview", "anna", None)
    assert anna.call("GET", "/rules/r-web").status_code == 404

    rita.approve(number, comment="looks right", diffHash=shown["diffHash"])
    deployed = rita.deploy(number, diffHash=shown["diffHash"]).get_json()["data"]["changeRequests"][0]

    first, last = deployed["events"]["first"], deployed["events"]["last"]
    assert (deployed["state"], last - first) == ("applied", 2)
    cast.server.opened.git_writer.catch_up("default")
    repository = cast.server.opened.git_writer.path("default")
    told = subprocess.run(
        ["git", "-C", str(repository), "log", "-1", "--format=%H|%an|%cn|%B", deployed["commit"]],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert told.startswith(f"{deployed['commit']}|anna|rita|Change 3 documents: directives 1, groups 1, rules 1\n")
    assert f"Event: {first}-{last}\nChange-Request: {number}\nApproved-by: rita\n" in told
    kept = deployed["gate"]
    assert (kept["satisfied"], kept["policies"]) == (True, ["built-in@0"])
    assert [entry["what"] for entry in deployed["timeline"]] == [
        "ChangeRequestAdded", "review", "WorkflowStepChanged", "WorkflowStepChanged",
    ]  # fmt: skip


def test_an_edit_makes_an_approval_stale_and_its_editor_an_author(cast: Cast, people: tuple[Caller, Caller]) -> None:
    anna, rita = people
    eve = cast.person("eve")
    number = make(anna, change("parameter", "ntp", "create", value="a"), editors=["eve"])
    rita.approve(number)
    before = rita.request(number)

    edited = eve.ok(
        "PATCH", f"/changeRequests/{number}", json={"changes": [change("parameter", "ntp", "create", value="b")]}
    )

    (shown,) = edited["data"]["changeRequests"]
    assert shown["state"] == "inReview"
    assert shown["diffHash"] != before["diffHash"]
    assert [review["stale"] for review in shown["reviews"]] == [True]
    for who in (anna, eve):
        refused = who.approve(number)
        assert refused.status_code == 403
        assert "self-validation is disabled; ask rita" in refused.get_json()["errorDetails"]
    old = {"verdict": "approve", "diffHash": before["diffHash"]}
    assert rita.refused(409, "POST", f"/changeRequests/{number}/reviews", json=old)
    since = rita.ok("GET", f"/changeRequests/{number}/diff?since=my-last-review")["data"]
    assert since["diff"][0]["changes"] == [{"path": "/value", "label": "value", "new": "b", "reviewed": "a"}]
    rita.refused(403, "PATCH", f"/changeRequests/{number}", json={"name": "Mine"})
    assert rita.approve(number).status_code == 200
    assert rita.deploy(number).status_code == 200
    assert parameter(anna, "ntp")["value"] == "b"


def test_disjoint_edits_merge_and_the_same_field_is_a_conflict(people: tuple[Caller, Caller]) -> None:
    anna, rita = people
    through(anna, rita, change("rule", "r1", "create", displayName="Rule one"))
    first = make(anna, change("rule", "r1", shortDescription="mine", longDescription="also mine"))
    rita.approve(first)
    through(anna, rita, change("rule", "r1", displayName="Renamed"))
    assert rita.request(first)["state"] == "approved"
    assert rita.request(first)["reviews"][0]["stale"] is False

    second = through(anna, rita, change("rule", "r1", shortDescription="theirs"))
    refused = rita.refused(409, "POST", f"/changeRequests/{first}/deploy", json={})

    (conflict,) = refused["conflicts"]
    setter = conflict.pop("setBy")
    assert conflict == {
        "kind": "rule", "id": "r1", "path": "/shortDescription", "base": "", "now": "theirs", "mine": "mine",
    }  # fmt: skip
    assert (setter["actor"]["handle"], setter["changeRequest"]) == ("anna", second)
    old = rita.refused(500, "POST", f"/changeRequests/{first}/accept", version=24, json={"status": "deployed"})
    assert "rule r1/shortDescription" in old["errorDetails"]
    (shown,) = rita.ok("GET", f"/changeRequests/{first}", version=24)["data"]["changeRequests"]
    assert shown["acceptable"] is False
    said = anna.refused(409, "POST", f"/changeRequests/{first}/rebase", json={})
    assert said["conflicts"][0]["path"] == "/shortDescription"
    anna.ok("POST", f"/changeRequests/{first}/rebase", json={"conflicts": "mine"})
    assert rita.request(first)["state"] == "inReview"
    rita.approve(first)
    assert rita.deploy(first).status_code == 200
    (rule,) = anna.ok("GET", "/rules/r1")["data"]["rules"]
    assert (rule["displayName"], rule["shortDescription"], rule["longDescription"]) == ("Renamed", "mine", "also mine")


def test_undo_keeps_later_edits_and_restore_gives_back_the_same_bytes(
    cast: Cast, people: tuple[Caller, Caller]
) -> None:
    anna, rita = people
    through(anna, rita, change("rule", "r1", "create", displayName="Rule one"))
    body = _body(cast, "r1")
    moment = f"seq:{newest(cast)}"
    first = through(anna, rita, change("rule", "r1", shortDescription="a", longDescription="b"))
    through(anna, rita, change("rule", "r1", longDescription="c"))

    said = anna.ok("POST", "/changeRequests", json={"undo": first})

    setter = said["undo"]["conflicts"][0].pop("setBy")
    assert setter["actor"]["handle"] == "anna"
    assert said["undo"] == {
        "clean": [{"kind": "rule", "id": "r1", "path": "/shortDescription"}],
        "conflicts": [{"kind": "rule", "id": "r1", "path": "/longDescription", "base": "b", "now": "c", "mine": ""}],
        "impossible": [],
    }
    (shown,) = said["data"]["changeRequests"]
    assert (shown["reverts"], shown["name"].startswith(f"Undo of change request {first}")) == (first, True)
    rita.approve(shown["id"])
    assert rita.deploy(shown["id"]).status_code == 200
    (rule,) = anna.ok("GET", "/rules/r1")["data"]["rules"]
    assert (rule["shortDescription"], rule["longDescription"]) == ("", "c")

    back = anna.ok("POST", "/changeRequests", json={"restore": {"at": moment}})["data"]["changeRequests"][0]
    assert [(one["kind"], one["id"]) for one in back["changeSet"]] == [("rule", "r1")]
    rita.approve(back["id"])
    assert rita.deploy(back["id"]).status_code == 200
    assert _body(cast, "r1") == body


def newest(cast: Cast) -> int:
    """Read the tenant's newest seq."""
    work = cast.server.opened.work(Context.system("default", "test"))
    try:
        return work.session.head().seq
    finally:
        work.release()


def _body(cast: Cast, rule: str) -> str:
    from app.store.documents import find_document  # noqa: PLC0415
    from app.store.session import TenantSession  # noqa: PLC0415

    session = TenantSession(cast.server.opened.database, "default")
    try:
        stored = find_document(session, "rule", rule)
        assert stored is not None
        return stored.body
    finally:
        session.release()


def test_drafts_withdrawals_and_refusals_go_through_the_states(people: tuple[Caller, Caller]) -> None:
    anna, rita = people
    number = make(anna, change("parameter", "p", "create", value="1"), draft=True)
    assert anna.request(number)["state"] == "draft"
    said = rita.refused(409, "POST", f"/changeRequests/{number}/reviews", json={"verdict": "approve"})
    assert "comment" in said["allowed"]
    anna.ok("POST", f"/changeRequests/{number}/submit", json={})
    rita.refused(400, "POST", f"/changeRequests/{number}/reviews", json={"verdict": "requestChanges"})
    rita.refused(400, "POST", f"/changeRequests/{number}/reviews", json={"verdict": "approve", "coment": "typo"})
    rita.ok("POST", f"/changeRequests/{number}/reviews", json={"verdict": "requestChanges", "comment": "why?"})
    shown = anna.request(number)
    assert (shown["changesRequested"], shown["gate"]["blockedBy"]) == (
        True,
        [{"type": "changesRequested", "by": "rita", "comment": "why?"}],
    )
    rita.ok(
        "POST", f"/changeRequests/{number}/reviews", json={"verdict": "comment", "comment": "see", "path": "/value"}
    )
    anna.ok("POST", f"/changeRequests/{number}/withdraw", json={})
    anna.ok("POST", f"/changeRequests/{number}/reopen", json={})
    anna.ok("POST", f"/changeRequests/{number}/submit", json={})
    rita.ok("DELETE", f"/changeRequests/{number}")
    assert anna.request(number)["state"] == "rejected"
    anna.refused(409, "POST", f"/changeRequests/{number}/withdraw", json={})
    assert anna.call("GET", "/parameters/p").status_code == 404


def test_a_broken_glass_needs_both_rights_and_a_reason_and_tells_who_was_skipped(
    cast: Cast, people: tuple[Caller, Caller]
) -> None:
    anna, rita = people
    worker = cast.person("walter", "user", "deployer")
    number = make(anna, change("parameter", "p", "create", value="1"))
    glass = {"breakGlass": {"reason": "the site is down"}}

    worker.refused(403, "POST", f"/changeRequests/{number}/deploy", json=glass)
    anna.refused(400, "POST", f"/changeRequests/{number}/deploy", json={"breakGlass": {}})
    anna.ok("POST", f"/changeRequests/{number}/deploy", json=glass)

    shown = rita.request(number)
    assert shown["breakGlass"] == {"reason": "the site is down", "by": "anna", "skipped": ["rita"]}
    assert shown["gate"]["satisfied"] is False
    events = rita.ok("GET", f"/events?type=BreakGlass&changeRequest={number}")["data"]["events"]
    assert [(one["reason"], one["actor"]["handle"]) for one in events] == [("the site is down", "anna")]


class Clock:
    """A clock that tests move."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.ahead_ms = 0
        self.real = cast.server.opened.committer.clock
        cast.server.opened.committer.clock = lambda: self.real() + self.ahead_ms

    def pass_ms(self, more: int) -> None:
        """Let time go on, and do what is due then, twice."""
        self.ahead_ms += more
        for _ in range(2):
            do_due(self.cast.server.opened)


def test_what_nobody_confirms_is_taken_back_and_later_edits_stay(cast: Cast, people: tuple[Caller, Caller]) -> None:
    anna, rita = people
    clock = Clock(cast)
    through(anna, rita, change("rule", "r1", "create", displayName="Rule one"))
    number = make(anna, change("rule", "r1", shortDescription="on trial"))
    rita.approve(number)
    rita.deploy(number, confirmWithin="PT5S")
    kept = make(anna, change("rule", "r1", shortDescription="on trial", longDescription="stays"))
    rita.approve(kept)
    assert rita.deploy(kept, confirmWithin="PT5S").status_code == 200
    rita.ok("POST", f"/changeRequests/{kept}/confirm", json={})
    assert rita.request(number)["confirmBy"] is not None
    assert anna.ok("GET", "/rules/r1")["data"]["rules"][0]["shortDescription"] == "on trial"

    clock.pass_ms(6_000)

    (rule,) = anna.ok("GET", "/rules/r1")["data"]["rules"]
    assert (rule["shortDescription"], rule["longDescription"]) == ("", "stays")
    assert anna.request(number)["revertedBy"] is not None
    assert anna.request(kept)["revertedBy"] is None
    rita.refused(409, "POST", f"/changeRequests/{number}/confirm", json={})


def test_a_schedule_waits_for_its_time_and_falls_back_when_the_rules_change(
    cast: Cast, people: tuple[Caller, Caller]
) -> None:
    anna, rita = people
    clock = Clock(cast)
    first, second = (make(anna, change("parameter", name, "create", value="1")) for name in ("p1", "p2"))
    at = rfc3339(clock.real() + 60_000)
    rita.refused(409, "POST", f"/changeRequests/{first}/deploy", json={"scheduleAt": at})
    for number in (first, second):
        rita.approve(number)
    rita.refused(400, "POST", f"/changeRequests/{first}/deploy", json={"scheduleAt": "2020-01-01T00:00:00Z"})
    rita.deploy(first, scheduleAt=at)
    clock.pass_ms(30_000)
    assert rita.request(first)["state"] == "scheduled"
    clock.pass_ms(31_000)
    assert rita.request(first)["state"] == "applied"
    assert parameter(anna, "p1")["value"] == "1"

    rita.deploy(second, scheduleAt=rfc3339(clock.real() + 3_600_000))
    cast.policy("new", match={"kinds": ["parameter"]}, require=[{"min": 2}])
    assert rita.request(second)["state"] == "inReview"
    clock.pass_ms(7_200_000)
    assert anna.call("GET", "/parameters/p2").status_code == 404


def test_a_freeze_holds_deployments_and_an_expiry_ends_what_nobody_decides(cast: Cast) -> None:
    anna, rita = cast.person("anna"), cast.person("rita")
    clock = Clock(cast)
    cast.policy(
        "frozen",
        match={"kinds": ["parameter"]},
        require=[{"min": 1}],
        expiresAfter="P7D",
        freeze=[{"cron": "* * * * *", "duration": "PT2M", "timezone": "Europe/Paris"}],
    )
    number = anna.asks("PUT", "/parameters", json={"id": "p", "value": "1"})
    rita.approve(number)

    said = rita.refused(409, "POST", f"/changeRequests/{number}/deploy", json={})

    assert "deployments are frozen until" in said["errorDetails"]
    assert rita.request(number)["frozenUntil"] is not None
    clock.pass_ms(8 * 86_400_000)
    assert rita.request(number)["state"] == "expired"


def test_a_dry_run_shows_diff_impact_and_gate_and_writes_nothing(cast: Cast, people: tuple[Caller, Caller]) -> None:
    anna, _ = people
    cast.nodes("n1")
    cast.system(Edit("group", "web", "create", {"displayName": "Web", "dynamic": False, "nodeIds": ["n1"]}))
    before = seq(cast.server)

    said = anna.ok(
        "PUT", "/rules", json={"id": "r", "displayName": "Tried", "targets": ["group:web"]},
        headers={"Prefer": "dry-run"},
    )  # fmt: skip

    assert (said["action"], list(said["data"])) == ("createRule", ["diff", "impact", "gate"])
    assert said["data"]["impact"]["added"] == ["n1"]
    assert said["data"]["gate"]["missing"][0]["eligible"] == ["rita"]
    assert seq(cast.server) == before
    assert anna.ok("GET", "/changeRequests")["data"] == []


def test_a_held_write_answers_the_same_again_under_its_key(people: tuple[Caller, Caller]) -> None:
    anna, _ = people
    asked = {"json": {"id": "p", "value": "1"}, "headers": {"Idempotency-Key": "k-1"}}

    first, again = (anna.call("PUT", "/parameters", **asked) for _ in range(2))

    assert first.headers["Location"] == "/api/25/changeRequests/1"
    assert first.get_json()["gate"]["satisfied"] is False
    assert again.get_json()["data"]["parameters"][0]["changeRequestId"] == "1"
    assert len(anna.ok("GET", "/changeRequests?status=all")["data"]) == 1


def test_another_tenant_sees_no_change_request(cast: Cast, people: tuple[Caller, Caller]) -> None:
    from tests.people.persons import admin_of, make_tenant  # noqa: PLC0415

    anna, _ = people
    number = make(anna, change("parameter", "p", "create", value="1"))
    other = Caller(cast.server, "x", admin_of(cast.server, make_tenant(cast.server)))

    assert other.ok("GET", "/changeRequests?status=all")["data"] == []
    for method, path, body in [
        ("GET", "", None), ("GET", "/diff", None), ("GET", "/impact", None), ("DELETE", "", None),
        ("POST", "/reviews", {"verdict": "approve"}), ("POST", "/deploy", {}), ("POST", "/withdraw", {}),
        ("PATCH", "", {"name": "Mine"}),
    ]:  # fmt: skip
        said = other.refused(404, method, f"/changeRequests/{number}{path}", **({} if body is None else {"json": body}))
        assert said["errorDetails"] == f"Change request {number} was not found; GET /changeRequests lists them"


def test_who_holds_the_newest_answer_waits_for_the_next(people: tuple[Caller, Caller], server: Server) -> None:
    anna, rita = people
    server.client = create_app(server.config, server.opened).test_client()  # which pauses as a real server does
    number = make(anna, change("parameter", "p", "create", value="1"))
    tag = anna.call("GET", f"/changeRequests/{number}").headers["ETag"]
    asked = {"headers": {"If-None-Match": tag}}

    assert anna.call("GET", f"/changeRequests/{number}?wait=PT1S", **asked).status_code == 304
    waiter, _ = at_once(
        lambda: anna.call("GET", f"/changeRequests/{number}?wait=PT30S", **asked), lambda: rita.approve(number)
    )

    assert waiter.status_code == 200
    assert waiter.get_json()["data"]["changeRequests"][0]["state"] == "approved"
    anna.refused(400, "GET", f"/changeRequests/{number}?wait=soon")

    pauses: list[float] = []
    server.client = create_app(server.config, server.opened, pause=lambda s: not pauses.append(s)).test_client()
    asked = {"headers": {"If-None-Match": waiter.headers["ETag"]}}
    assert anna.call("GET", f"/changeRequests/{number}?wait=PT30S", **asked).status_code == 304
    assert len(pauses) == 1, "nobody who waits holds up a server that ends"


def test_lists_are_filtered_and_paged(people: tuple[Caller, Caller]) -> None:
    anna, rita = people
    numbers = [make(anna, change("parameter", f"p{turn}", "create", value="1")) for turn in range(5)]
    rita.ok("DELETE", f"/changeRequests/{numbers[0]}")

    def listed(who: Caller, query: str) -> list[int]:
        return [one["id"] for one in who.ok("GET", f"/changeRequests?{query}")["data"]]

    assert listed(anna, "") == numbers[1:]
    assert listed(anna, "status=all&sort=newest") == numbers[::-1]
    assert listed(anna, "status=rejected") == numbers[:1]
    assert listed(anna, "status=cancelled") == numbers[:1]
    assert listed(anna, "kind=parameter&object=p2") == [numbers[2]]
    assert listed(rita, "author=anna") == numbers[1:]
    assert listed(rita, "author=me") == []
    assert listed(rita, "waitingOn=me") == numbers[1:]
    assert listed(anna, "waitingOn=me") == []
    first = anna.ok("GET", "/changeRequests?status=all&sort=newest&limit=2")
    assert [one["id"] for one in first["data"]] == numbers[:2:-1]
    second = anna.ok("GET", f"/changeRequests?status=all&sort=newest&limit=2&cursor={first['meta']['next']}")
    assert [one["id"] for one in second["data"]] == numbers[2:0:-1]
    for query in ("status=later", "sort=name", "waitingOn=you", "colour=red"):
        anna.refused(400, "GET", f"/changeRequests?{query}")
