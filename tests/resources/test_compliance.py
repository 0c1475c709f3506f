"""Policies, reports, previews and compliance over HTTP, with nodes that report what the tests say."""

import json
from typing import Any

from app.core.clock import now_ms, rfc3339
from app.http.auth import OPEN_TO_NODES
from app.measuring import measure_compliance
from app.store.compliance_days import DAY_MS, drop_old_compliance_days
from tests.fleet.bundles.configurations import file_section
from tests.installations import Server
from tests.resources.fleet_samples import directive, node_token, policy, report, rule

HEADER = '"Directive","Block","Component","Node","Value","Status","Message"'


def two_nodes(server: Server) -> dict[str, str]:
    directive(server, "d-a", "/etc/a", "/etc/b")
    directive(server, "d-b", "/etc/c")
    rule(server, "r-1", "d-a", "d-b")
    tokens = {name: node_token(server, name) for name in ("n-1", "n-2")}
    report(server, "n-1", tokens["n-1"], {"/etc/b": "error"}, message="=no\nroom")
    report(server, "n-2", tokens["n-2"], {"/etc/c": "successRepaired"})
    return tokens


def test_a_rule_shows_its_compliance_down_to_each_report(server: Server) -> None:
    two_nodes(server)

    answer = server.get("/api/24/rules/r-1/compliance")

    assert (answer.status_code, answer.json["action"], answer.json["id"]) == (200, "getRulesComplianceId", "r-1")
    (shown,) = answer.json["data"]["rules"]
    assert list(shown) == ["id", "name", "compliance", "mode", "policyMode", "complianceDetails", "directives"]
    assert shown["compliance"] == 83.33
    assert shown["complianceDetails"] == {"successAlreadyOK": 66.66, "successRepaired": 16.67, "error": 16.67}
    first, second = shown["directives"]
    assert (first["id"], first["name"], first["compliance"]) == ("d-a", "Directive d-a", 75)
    assert second["compliance"] == 100
    (component,) = first["components"]
    assert component["name"] == "File"
    assert component["nodes"][0] == {
        "id": "n-1",
        "name": "n-1.example.com",
        "compliance": 50,
        "policyMode": "enforce",
        "complianceDetails": {"successAlreadyOK": 50, "error": 50},
        "values": [
            {
                "value": "/etc/a",
                "compliance": 100,
                "complianceDetails": {"successAlreadyOK": 100},
                "reports": [{"status": "successAlreadyOK", "message": "=no\nroom"}],
            },
            {
                "value": "/etc/b",
                "compliance": 0,
                "complianceDetails": {"error": 100},
                "reports": [{"status": "error", "message": "=no\nroom"}],
            },
        ],
    }
    assert server.get("/api/7/compliance/rules/r-1").json["data"] == answer.json["data"]


def test_level_and_precision_cut_the_tree_and_the_digits(server: Server) -> None:
    two_nodes(server)

    flat = server.get("/api/25/rules/compliance?level=1&precision=0").json["data"]["rules"]
    deeper = server.get("/api/25/nodes/n-1/compliance?level=3").json["data"]["nodes"][0]

    assert flat == [
        {
            "id": "r-1",
            "name": "Rule r-1",
            "compliance": 83,
            "mode": "full-compliance",
            "policyMode": "enforce",
            "complianceDetails": {"successAlreadyOK": 66, "successRepaired": 17, "error": 17},
        }
    ]
    assert [one["id"] for one in deeper["rules"][0]["directives"]] == ["d-a", "d-b"]
    assert "components" not in deeper["rules"][0]["directives"][0]


def test_a_table_is_text_with_every_field_quoted_and_no_formula(server: Server) -> None:
    two_nodes(server)

    answer = server.get("/api/24/rules/r-1/compliance/byDirective?format=csv")

    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    lines = answer.text.split("\n")
    assert lines[0] == HEADER
    assert lines[1] == '"Directive d-a","","File","n-1.example.com","/etc/a","successAlreadyOK","\'=no'
    by_rule = server.get("/api/24/directives/d-a/compliance/byRule?format=csv").text
    assert by_rule.split("\n")[0] == '"Rule","Block","Component","Node","Value","Status","Message"'
    by_node = server.get("/api/24/directives/d-a/compliance/byNode?format=csv").text
    assert by_node.split("\n")[0] == '"Node","Rule","Block","Component","Value","Status","Message"'


def test_every_view_of_compliance_answers_in_its_container(server: Server) -> None:
    two_nodes(server)
    group = {"id": "g-1", "displayName": "First", "dynamic": False, "nodeIds": ["n-1"]}
    assert server.put("/api/25/groups", json=group).status_code == 200

    for path, action, container in (
        ("/24/compliance", "getGlobalCompliance", "globalCompliance"),
        ("/10/compliance", "getGlobalCompliance", "globalCompliance"),
        ("/7/compliance/rules", "getRulesCompliance", "rules"),
        ("/7/compliance/nodes", "getNodesCompliance", "nodes"),
        ("/24/nodes/compliance", "getNodesCompliance", "nodes"),
        ("/17/compliance/directives", "getDirectivesCompliance", "directivesCompliance"),
        ("/17/compliance/directives/d-a", "getDirectiveComplianceId", "directiveCompliance"),
        ("/24/directives/d-a/compliance", "getDirectiveComplianceId", "directiveCompliance"),
        ("/24/directives/d-a/compliance/byNode", "getDirectiveComplianceByNodeId", "nodes"),
        ("/24/directives/d-a/compliance/byRule", "getDirectiveComplianceByRuleId", "rules"),
        ("/23/compliance/summary/groups", "getNodeGroupComplianceSummary", "nodeGroups"),
        ("/23/compliance/summary/groups?groups=g-1", "getNodeGroupComplianceSummary", "groupCompliance"),
        ("/24/compliance/summary/groups", "getNodeGroupComplianceSummary", "groupCompliance"),
        ("/24/groups/compliance?groups=g-1", "getNodeGroupCompliance", "groupCompliance"),
        ("/17/compliance/groups/g-1", "getNodeGroupComplianceId", "groupCompliance"),
        ("/17/compliance/groups/g-1/target", "getNodeGroupComplianceTargetId", "groupCompliance"),
        ("/24/groups/g-1/compliance/global/byRule", "getGlobalNodeGroupComplianceByRuleId", "rules"),
        ("/24/groups/g-1/compliance/targeted/byNode", "getTargetedNodeGroupComplianceByNodeId", "nodes"),
    ):
        answer = server.get(f"/api{path}")
        assert (answer.status_code, answer.json["action"], list(answer.json["data"])) == (200, action, [container]), (
            path
        )

    both = server.get("/api/25/groups/compliance?groups=g-1").json["data"]["groupCompliance"][0]
    assert (both["id"], both["global"]["compliance"], both["targeted"]["compliance"]) == ("g-1", 66.67, 0)
    assert server.get("/api/25/compliance").json["data"]["globalCompliance"] == {
        "compliance": 83,
        "complianceDetails": {"successAlreadyOK": 66.66, "successRepaired": 16.67, "error": 16.67},
    }
    assert server.get("/api/25/rules/r-1/compliance/byNode").json["data"]["nodes"][0]["id"] == "n-1"


def test_a_new_rule_is_applying_at_once_and_what_was_there_keeps_its_result(server: Server) -> None:
    tokens = two_nodes(server)
    directive(server, "d-new", "/etc/new")

    rule(server, "r-2", "d-new")
    new = server.get("/api/25/rules/r-2/compliance").json["data"]["rules"][0]
    old = server.get("/api/25/rules/r-1/compliance?level=1").json["data"]["rules"][0]
    policy(server, "n-1", tokens["n-1"])
    told = server.get("/api/25/nodes/n-1/compliance?level=2").json["data"]["nodes"][0]["rules"]

    assert new["complianceDetails"] == {"applying": 100}
    assert [one["id"] for one in new["directives"][0]["components"][0]["nodes"]] == ["n-1", "n-2"]
    assert old["compliance"] == 83.33
    assert {one["id"]: one["complianceDetails"] for one in told} == {
        "r-1": {"successAlreadyOK": 66.67, "error": 33.33},
        "r-2": {"applying": 100},
    }


def test_refusals_of_compliance_name_what_is_wrong(server: Server) -> None:
    old = server.get("/api/24/rules/r-none/compliance")
    new = server.get("/api/25/rules/r-none/compliance")
    level = server.get("/api/25/rules/compliance?level=11")
    form = server.get("/api/25/nodes/root/compliance?format=xml")
    node = server.get("/api/25/nodes/n-none/compliance")

    assert (old.status_code, old.json["errorDetails"]) == (500, "Rule with id 'r-none' was not found")
    assert (new.status_code, new.json["errorDetails"]) == (
        404,
        "Rule 'r-none' was not found; GET /rules lists those that exist",
    )
    assert level.status_code == 400
    assert "level" in level.json["errors"]
    assert form.status_code == 400
    assert node.status_code == 404


def test_the_policy_is_told_once_and_again_only_when_it_changes(server: Server) -> None:
    directive(server, "d-a", "/etc/a")
    rule(server, "r-1", "d-a")
    token = node_token(server, "n-1")

    first = server.get("/api/25/nodes/n-1/policy", token=token)
    same = server.get("/api/25/nodes/n-1/policy", token=token, headers={"If-None-Match": first.headers["ETag"]})
    seen = server.get("/api/25/nodes/n-1/policy").json["data"]["policy"]
    directive(server, "d-b", "/etc/b")
    untouched = server.get("/api/25/nodes/n-1/policy", token=token, headers={"If-None-Match": first.headers["ETag"]})
    rule(server, "r-2", "d-b")
    second = server.get("/api/25/nodes/n-1/policy", token=token, headers={"If-None-Match": first.headers["ETag"]})

    assert (first.status_code, same.status_code, untouched.status_code, second.status_code) == (200, 304, 304, 200)
    before, after = (answer.json["data"]["policy"]["statement"] for answer in (first, second))
    assert before["node"] == "n-1"
    assert before["tenant"] == "default"
    assert after["serial"] > before["serial"]
    assert (seen["isTold"], seen["hash"], "signature" in seen) == (True, before["bundle"], False)
    told = server.get("/api/25/nodes/n-1/policy/history?limit=1").json
    assert [one["hash"] for one in told["data"]["policies"]] == [after["bundle"]]
    rest = server.get(f"/api/25/nodes/n-1/policy/history?limit=1&cursor={told['meta']['next']}").json
    assert [one["hash"] for one in rest["data"]["policies"]] == [before["bundle"]]
    assert server.get("/api/25/nodes/n-1/policy/history/1").status_code == 404
    newest = server.get(f"/api/25/nodes/n-1/policy/history/{after['serial']}").json["data"]["policy"]
    assert newest["before"]["serial"] == before["serial"]
    ((added,), oldest) = newest["changes"], server.get(f"/api/25/nodes/n-1/policy/history/{before['serial']}")
    assert (added["directive"], added["value"], added["action"]) == ("d-b", "/etc/b", "added")
    assert {"name": "FILE_CONTENT", "after": "x"} in added["values"]
    assert "changes" not in oldest.json["data"]["policy"]


def test_only_the_node_itself_gets_its_secrets_and_reports(server: Server) -> None:
    directive(server, "d-a", "/etc/${rudder.param.folder}")
    rule(server, "r-1", "d-a")
    secret = {"id": "folder", "value": "s3cr3t", "secret": True}
    assert server.put("/api/25/parameters", json=secret).status_code == 200
    body = {"section": {"name": "sections", "sections": [file_section("/etc/a", "is ${rudder.param.folder}")]}}
    assert server.post("/api/25/directives/d-a", json={"parameters": body}).status_code == 200
    token, other = node_token(server, "n-1"), node_token(server, "n-2")
    pending = node_token(server, "n-3", status="pending")

    mine = server.get("/api/25/nodes/n-1/policy", token=token)
    seen = server.get("/api/25/nodes/n-1/policy")
    stolen = server.get("/api/25/nodes/n-1/policy", token=other)
    early = server.get("/api/25/nodes/n-3/policy", token=pending)
    forged = server.post("/api/25/nodes/n-1/reports", json={"runs": []})

    assert list(mine.json["data"]["policy"]["secrets"].values()) == ["s3cr3t"]
    assert (mine.headers["Cache-Control"], seen.headers["Cache-Control"]) == ("no-store", "private, no-cache")
    assert "s3cr3t" not in json.dumps(mine.json["data"]["policy"]["bundle"])
    assert (seen.status_code, "s3cr3t" in seen.text) == (200, False)
    assert stolen.status_code == 403
    assert (early.status_code, "accept it first" in early.json["errorDetails"]) == (409, True)
    assert forged.status_code == 403
    assert "Only node 'n-1' itself reports" in forged.json["errorDetails"]


def test_a_node_calls_only_from_the_allowed_networks_of_its_policy_server(server: Server) -> None:
    token = node_token(server, "n-1")
    calls: list[tuple[str, str, Any]] = [
        ("GET", "/nodes/n-1/policy", None),
        ("POST", "/nodes/n-1/reports", {"runs": []}),
        ("PUT", "/nodes/n-1/inventory", {"hostname": "n-1.example.com"}),
        ("POST", "/inventories", {"hostname": "n-1.example.com"}),
    ]

    def statuses(address: str) -> list[int]:
        peer = {"REMOTE_ADDR": address}
        return [
            server.call(method, f"/api/25{path}", token=token, json=body, environ_overrides=peer).status_code
            for method, path, body in calls
        ]

    assert {f"{method} {path}" for method, path, _ in calls} == {
        f"{verb.upper()} /{path.format(id='n-1')}" for path, verb in OPEN_TO_NODES
    }
    assert statuses("198.51.100.7") == [200] * 4
    networks = {"allowed_networks": ["10.0.0.0/8"]}
    assert server.post("/api/25/settings/allowed_networks/root", json=networks).status_code == 200

    assert statuses("198.51.100.7") == [403] * 4
    assert statuses("10.1.2.3") == statuses("::ffff:10.1.2.3") == [200] * 4
    assert statuses("") == [403] * 4
    refused = server.get("/api/25/nodes/n-1/policy", token=token, environ_overrides={"REMOTE_ADDR": "192.0.2.1"})
    assert refused.json["errorDetails"] == (
        "Node 'n-1' may not call from 192.0.2.1, which is in no allowed network of its policy server 'root'; an "
        "administrator adds one with POST /settings/allowed_networks/root/diff"
    )
    others = server.get("/api/25/nodes/n-1/policy", environ_overrides={"REMOTE_ADDR": "192.0.2.1"})
    assert others.status_code == 200


def test_a_report_that_does_not_fit_is_refused_whole_and_one_that_came_before_is_kept_once(server: Server) -> None:
    directive(server, "d-a", "/etc/a")
    rule(server, "r-1", "d-a")
    token = node_token(server, "n-1")
    told = policy(server, "n-1", token)["statement"]
    good = {"id": "a", "serial": told["serial"], "bundle": told["bundle"], "start": 1, "end": 2, "results": []}
    bad = {**good, "id": "b", "results": [{"directive": "d-a", "status": "fine"}], "extra": 1}

    def send(body: Any) -> Any:
        return server.post("/api/25/nodes/n-1/reports", token=token, json=body)

    refused = send({"runs": [good, bad]})

    assert refused.status_code == 400
    assert set(refused.json["errors"]) >= {"runs[1].extra", "runs[1].results[0].status", "runs[1].results[0].rules"}
    assert send([]).status_code == 400
    assert server.get("/api/25/nodes/n-1/reports").json["data"] == {"runs": []}
    assert send({"runs": [good]}).json["data"] == {"received": 1, "added": 1}
    assert send({"runs": [good]}).json["data"] == {"received": 1, "added": 0}
    (run,) = server.get("/api/25/nodes/n-1/reports").json["data"]["runs"]
    assert (run["id"], run["endedAt"]) == ("a", "1970-01-01T00:00:00.002Z")
    assert server.get("/api/25/nodes/n-1/reports/a").json["data"]["runs"][0]["results"] == []
    assert server.get("/api/25/nodes/n-1/reports/none").status_code == 404


def test_a_late_report_never_hides_a_newer_one(server: Server) -> None:
    directive(server, "d-a", "/etc/a")
    rule(server, "r-1", "d-a")
    token = node_token(server, "n-1")

    report(server, "n-1", token, {"/etc/a": "error"}, id="new", end=now_ms())
    report(server, "n-1", token, {}, id="old", end=now_ms() - 60_000)

    assert server.get("/api/25/compliance").json["data"]["globalCompliance"]["complianceDetails"] == {"error": 100}
    runs = server.get("/api/25/nodes/n-1/reports").json["data"]["runs"]
    assert [run["id"] for run in runs] == ["new", "old"]


def test_a_preview_shows_the_values_that_would_change_on_each_node_and_changes_nothing(server: Server) -> None:
    tokens = two_nodes(server)
    group = {"id": "g-1", "displayName": "First", "dynamic": False, "nodeIds": ["n-1"]}
    assert server.put("/api/25/groups", json=group).status_code == 200
    before = policy(server, "n-1", tokens["n-1"])["statement"]["bundle"]
    parameters = {"section": {"name": "sections", "sections": [file_section("/etc/c", "new")]}}
    change = {"kind": "directive", "id": "d-b", "action": "modify", "after": {"parameters": parameters}}
    narrowed = {"kind": "rule", "id": "r-1", "action": "modify", "after": {"targets": ["group:g-1"]}}

    def preview(*changes: Any) -> Any:
        answer = server.post("/api/25/policies/preview", json={"changes": [*changes]})
        assert answer.status_code == 200, answer.text
        return answer.json["data"]

    changed, less = preview(change), preview(narrowed)

    assert (changed["reached"], changed["changed"]) == (3, 3)
    assert [node["id"] for node in changed["nodes"]] == ["n-1", "n-2", "root"]
    assert changed["nodes"][0]["before"] == before
    assert changed["nodes"][0]["changes"] == [
        {
            "directive": "d-b",
            "component": "File",
            "value": "/etc/c",
            "action": "changed",
            "values": [{"name": "FILE_CONTENT", "before": "x", "after": "new"}],
        }
    ]
    assert [node["id"] for node in less["nodes"]] == ["n-2", "root"]
    assert {one["action"] for one in less["nodes"][0]["changes"]} == {"removed"}
    assert policy(server, "n-1", tokens["n-1"])["statement"]["bundle"] == before
    for wrong in ({}, {"changes": []}, {"changes": [{"kind": "node", "id": "x", "action": "delete"}]}):
        assert server.post("/api/25/policies/preview", json=wrong).status_code == 400
    assert preview(change)["nodes"][0]["after"] == changed["nodes"][0]["after"]


def test_another_tenant_sees_nothing_of_policies_reports_and_compliance(server: Server) -> None:
    two_nodes(server)
    answer = server.get("/api/25/compliance", token=server.account("spy", tenant="public"))

    assert answer.json["data"]["globalCompliance"] == {"compliance": 0, "complianceDetails": {}}
    for path in ("/nodes/n-1/policy", "/nodes/n-1/policy/history", "/nodes/n-1/reports", "/nodes/n-1/compliance"):
        assert server.get(f"/api/25{path}", token=f"stp{'spy':x<29}").status_code == 404, path


def test_settings_of_runs_and_modes_reach_the_node(server: Server) -> None:
    directive(server, "d-a", "/etc/a")
    rule(server, "r-1", "d-a")
    token = node_token(server, "n-1")
    settings = {"run_frequency": 30, "splay_time": 7, "reporting_mode": "changes-only", "global_policy_mode": "audit"}

    assert server.post("/api/25/settings", json=settings).status_code == 200

    bundle = policy(server, "n-1", token)["bundle"]
    assert bundle["schedule"] == {
        "runFrequency": 30,
        "splayTime": 7,
        "startHour": 0,
        "startMinute": 0,
        "reportingMode": "changes-only",
    }
    assert bundle["directives"][0]["mode"] == "audit"
    assert server.get("/api/25/nodes/n-1/compliance?level=1").json["data"]["nodes"][0]["mode"] == "changes-only"


def test_hostile_input_is_refused_and_never_a_fault_of_the_server(server: Server) -> None:
    token = node_token(server, "n-1")
    good = {"id": "a", "serial": 1, "bundle": "0" * 64, "start": 1, "end": 2, "results": []}
    result = {"directive": "d", "rules": [], "component": "c", "value": "v", "status": "error", "message": "m"}
    bodies: list[Any] = [
        1,
        [],
        {"runs": {}},
        {"runs": [None]},
        {"runs": [[]]},
        {"runs": [good] * 101},
        *(
            {"runs": [{**good, name: value}]}
            for name in good
            for value in (None, -1, 2**70, "x" * 200, [1], {"a": 1}, True)
        ),
        *(
            {"runs": [{**good, "results": [{**result, name: value}]}]}
            for name in result
            for value in (None, 1, [1], {})
        ),
        {"runs": [{**good, "results": [result] * 20_001}]},
    ]

    for body in bodies:
        answer = server.post("/api/25/nodes/n-1/reports", token=token, json=body)
        assert answer.status_code == 400, (body, answer.text)
    for path in (
        "/rules/compliance?level=0",
        "/rules/compliance?level=1&level=2",
        "/rules/compliance?precision=-1",
        "/rules/compliance?precision=99999999999999999999",
        "/rules/compliance?levl=1",
        "/compliance?level=1",
        "/nodes/n-1/policy/history?cursor=x",
        "/nodes/n-1/reports?cursor=x",
        "/nodes/n-1/reports?limit=0",
    ):
        assert server.get(f"/api/25{path}").status_code == 400, path
    for path in (
        "/nodes/n-1/policy/history/-1",
        f"/nodes/n-1/policy/history/{'9' * 400}",
        "/nodes/n-1/policy/history/\u0661",
        "/nodes/n-1/reports/%00",
        "/nodes/%00/policy",
        "/nodes/..%2f/compliance",
        "/rules/%00/compliance",
        "/groups/compliance?groups=none",
        "/groups/compliance?groups=%00",
        "/groups/compliance?groups=a,%ff,b",
        "/groups/g-none/compliance/global",
        "/directives/d-none/compliance/byRule",
    ):
        assert server.get(f"/api/25{path}").status_code in (400, 404), path
    change = {"kind": "rule", "id": "r-1", "action": "create", "after": {"displayName": "Rule"}}
    for wrong in (
        {**change, "kind": ["rule"]},
        {**change, "id": 1},
        {**change, "action": {}},
        {**change, "after": []},
        {**change, "after": {"displayName": ["a"]}},
        {**change, "after": {"displayName": "Rule", "targets": {"include": 1}}},
        {"kind": "group", "id": "g", "action": "create", "after": {"displayName": "Group", "query": {"where": 1}}},
        {"kind": "technique", "id": "x", "action": "create", "after": {"parameters": 1}},
        {"kind": "setting", "id": "run_frequency", "action": "modify", "after": {"value": "never"}},
        {"kind": "setting", "id": "none", "action": "create", "after": {"value": 1}},
    ):
        answer = server.post("/api/25/policies/preview", json={"changes": [wrong]})
        assert answer.status_code in (400, 404), (wrong, answer.text)
    assert server.get("/api/25/nodes/n-1/reports").json["data"] == {"runs": []}


def test_what_the_fleet_came_to_is_kept_day_by_day(server: Server) -> None:
    two_nodes(server)
    now = now_ms()

    for when in (now - 40 * DAY_MS, now - 2 * DAY_MS, now - 2 * DAY_MS + 1000, now):
        measure_compliance(server.opened, "default", when)
    measure_compliance(server.opened, "public", now)

    answer = server.get("/api/25/compliance/history").json
    assert answer["action"] == "getComplianceHistory"
    shown = answer["data"]["complianceHistory"]
    assert [one["day"] for one in shown] == [rfc3339(now - 2 * DAY_MS)[:10], rfc3339(now)[:10]]
    assert [one["measuredAt"] for one in shown] == [rfc3339(now - 2 * DAY_MS), rfc3339(now)]
    assert (shown[0]["components"], shown[0]["compliance"]) == (6, 83.33)
    assert set(shown[0]["complianceDetails"]) == {"successAlreadyOK", "successRepaired", "error"}
    assert len(server.get("/api/25/compliance/history?days=60").json["data"]["complianceHistory"]) == 3
    assert len(server.get("/api/25/compliance/history?days=1").json["data"]["complianceHistory"]) == 1
    for anew in (False, True):
        measure_compliance(server.opened, "default", now - DAY_MS, anew=anew)
        assert len(server.get("/api/25/compliance/history").json["data"]["complianceHistory"]) == (3 if anew else 2)
    with server.opened.database.writing_everywhere("test") as connection:
        drop_old_compliance_days(connection, before_day=now // DAY_MS)
    assert len(server.get("/api/25/compliance/history?days=60").json["data"]["complianceHistory"]) == 1
