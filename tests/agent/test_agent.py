"""The agent against a real server: what it applies, repairs, reports, refuses; and what its token cannot reach."""

import base64
import copy
import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from tests.agent.nodes import TestNode, call, done, make_node
from tests.fleet.bundles.configurations import file_section, section
from tests.live import Live, serving

WEB, OTHER = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
LITERAL = '{{ lookup("pipe", "id") }} \'"`id` $(id)\nsecond line\n'


def _directive(name: str, technique: str, *sections: Any, **more: Any) -> dict[str, Any]:
    parameters = {"section": {"name": "sections", "sections": list(sections)}}
    return {"id": name, "displayName": name, "techniqueName": technique, "parameters": parameters, **more}


def _configure(live: Live) -> None:
    done(live, "PUT", "/parameters", {"id": "greeting", "value": LITERAL})
    done(live, "PUT", "/parameters", {"id": "password", "value": "s3cr{{et}}", "secret": True})
    for one in (
        _directive(
            "d-motd", "fileManagement", file_section("/etc/hello", "${node.hostname}: ${rudder.param.greeting}")
        ),
        _directive("d-key", "fileManagement", file_section("/etc/key", "password=${rudder.param.password}\n")),
        _directive("d-cron", "cronManagement", section("Job", {"CRON_NAME": "tidy", "CRON_COMMAND": "true"})),
        _directive(
            "d-package",
            "packageManagement",
            section("Package", {"PACKAGE_LIST": "no-such-package"}),
            policyMode="audit",
        ),
    ):
        done(live, "PUT", "/directives", one)
    directives = ["d-motd", "d-key", "d-cron", "d-package"]
    rule = {"id": "r-web", "displayName": "Web servers", "directives": directives, "targets": ["special:all"]}
    done(live, "PUT", "/rules", rule)


def _statuses(live: Live, node: str = WEB) -> dict[str, list[str]]:
    """Read the statuses that the compliance of a node shows, by directive."""
    (shown,) = done(live, "GET", f"/nodes/{node}/compliance")["nodes"]
    return {
        directive["id"]: [
            report["status"]
            for component in directive["components"]
            for value in component["values"]
            for report in value["reports"]
        ]
        for rule in shown["rules"]
        for directive in rule["directives"]
    }


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_policy_is_applied_kept_repaired_audited_and_reported(tmp_path: Path) -> None:
    with serving(tmp_path) as live:
        _configure(live)
        node = make_node(live, tmp_path / "node", WEB)
        hello, key, job = (node.root / "etc" / name for name in ("hello", "key", "cron.d/sternpost-tidy"))

        before = _statuses(live)
        first = node.run()

        assert before == {name: ["noReport"] for name in ("d-motd", "d-key", "d-cron", "d-package")}
        assert first.returncode == 10, first.stderr
        assert hello.read_text("utf-8") == f"1111.example.com: {LITERAL}"
        assert key.read_text("utf-8") == "password=s3cr{{et}}\n"
        assert job.read_text("utf-8").endswith("* * * * * root true\n")
        assert _statuses(live) == {
            "d-motd": ["successRepaired"],
            "d-key": ["successRepaired"],
            "d-cron": ["successRepaired"],
            "d-package": ["auditNonCompliant"],
        }
        assert "s3cr" not in first.stderr
        assert "s3cr" not in json.dumps(done(live, "GET", f"/nodes/{WEB}/reports"))

        hello.write_text("changed by hand\n", "utf-8")
        second = node.run()

        assert hello.read_text("utf-8") == f"1111.example.com: {LITERAL}"
        assert "-changed by hand" in second.stderr
        assert _statuses(live) == {
            "d-motd": ["successRepaired"],
            "d-key": ["successAlreadyOK"],
            "d-cron": ["successAlreadyOK"],
            "d-package": ["auditNonCompliant"],
        }

        done(live, "POST", f"/nodes/{WEB}", {"policyMode": "audit"})
        hello.write_text("changed again\n", "utf-8")
        node.run()

        assert hello.read_text("utf-8") == "changed again\n"
        assert _statuses(live) == {
            "d-motd": ["auditNonCompliant"],
            "d-key": ["auditCompliant"],
            "d-cron": ["auditCompliant"],
            "d-package": ["auditNonCompliant"],
        }
        _check_compliance(live)
        _check_history(live, node)
        _check_reach(live, node)


def _check_compliance(live: Live) -> None:
    (rule,) = done(live, "GET", "/rules/r-web/compliance?level=1")["rules"]
    assert rule == {
        "id": "r-web",
        "name": "Web servers",
        "compliance": 50,
        "mode": "full-compliance",
        "policyMode": "audit",
        "complianceDetails": {"auditCompliant": 50, "auditNonCompliant": 50},
    }
    assert done(live, "GET", "/compliance")["globalCompliance"]["compliance"] == 50
    status, table = call(live, "GET", "/rules/r-web/compliance/byDirective?format=csv")
    assert status == HTTPStatus.OK
    assert table.splitlines()[:2] == [
        '"Directive","Block","Component","Node","Value","Status","Message"',
        '"d-cron","","Job","1111.example.com","tidy","auditCompliant",""',
    ]


def _check_history(live: Live, node: TestNode) -> None:
    told = done(live, "GET", f"/nodes/{WEB}/policy/history")["policies"]
    assert [one["serial"] for one in told] == sorted((one["serial"] for one in told), reverse=True)
    assert len(told) == 2
    old = done(live, "GET", f"/nodes/{WEB}/policy/history/{told[1]['serial']}")["policy"]
    assert old["bundle"]["directives"][0]["mode"] == "enforce"
    assert "s3cr" not in json.dumps(old)
    shown = done(live, "GET", f"/nodes/{WEB}/policy")["policy"]
    assert (shown["isTold"], shown["hash"]) == (True, told[0]["hash"])
    assert "s3cr" not in json.dumps(shown)
    assert len(done(live, "GET", f"/nodes/{WEB}/reports")["runs"]) == 3
    assert node.token not in json.dumps(shown)


def _check_reach(live: Live, node: TestNode) -> None:
    """A node's token opens its own policy and reports, and nothing else."""
    for method, path in (
        ("GET", "/rules"),
        ("GET", "/nodes"),
        ("GET", f"/nodes/{WEB}"),
        ("GET", f"/nodes/{OTHER}/policy"),
        ("GET", f"/nodes/{WEB}/policy/history"),
        ("GET", "/parameters/password"),
        ("POST", f"/nodes/{OTHER}/reports"),
        ("GET", "/compliance"),
        ("GET", "/settings"),
    ):
        status, answer = call(live, method, path, {"runs": []} if method == "POST" else None, token=node.token)
        assert status == HTTPStatus.FORBIDDEN, (path, answer)
    assert call(live, "POST", f"/nodes/{WEB}/reports", {"runs": []})[0] == HTTPStatus.FORBIDDEN


@contextmanager
def _answering(answer: dict[str, Any]) -> Iterator[str]:
    """Serve one answer to every request, as whoever sits between a node and its server could."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"action": "nodePolicy", "result": "success", "data": {"policy": answer}}).encode()
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _change(answer: dict[str, Any], how: str) -> None:
    if how == "bundle":
        answer["bundle"]["directives"][0]["components"][0]["values"]["FILE_CONTENT"] = "evil"
    elif how == "secret":
        answer["secrets"] = {"x": "y"}
    elif how == "serial":
        answer["statement"]["serial"] += 1
    elif how == "signature":
        answer["signature"] = base64.b64encode(bytes(64)).decode()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_what_the_server_did_not_sign_for_this_node_and_now_is_not_applied(tmp_path: Path) -> None:
    with serving(tmp_path) as live:
        directive = _directive("d-1", "fileManagement", file_section("/etc/hello", "one"))
        done(live, "PUT", "/directives", directive)
        done(
            live,
            "PUT",
            "/rules",
            {"id": "r-1", "displayName": "All", "directives": ["d-1"], "targets": ["special:all"]},
        )
        node = make_node(live, tmp_path / "node", WEB)
        other = make_node(live, tmp_path / "other", OTHER)
        signed = call(live, "GET", f"/nodes/{WEB}/policy", token=node.token)[1]["data"]["policy"]
        others = call(live, "GET", f"/nodes/{OTHER}/policy", token=other.token)[1]["data"]["policy"]
        hello = node.root / "etc" / "hello"

        for how, words in (
            ("bundle", "The bundle that came is not the one that was signed"),
            ("secret", "The secrets that came is not the one that was signed"),
            ("serial", "The signature was not made with a key that this node trusts"),
            ("signature", "The signature was not made with a key that this node trusts"),
        ):
            changed = copy.deepcopy(signed)
            _change(changed, how)
            with _answering(changed) as url:
                node.configure(url=url)
                assert words in node.refused()
        with _answering(others) as url:
            node.configure(url=url)
            assert f"The policy is for node '{OTHER}', but this is '{WEB}'" in node.refused()
        assert not hello.exists()

        done(live, "POST", "/directives/d-1", _directive("d-1", "fileManagement", file_section("/etc/hello", "two")))
        node.configure(url=live.url)
        assert node.run().returncode == 0
        assert hello.read_text("utf-8") == "two"
        with _answering(signed) as url:
            node.configure(url=url)
            assert "is lower than" in node.refused()
        assert hello.read_text("utf-8") == "two"
    node.configure(url=live.url)
    hello.write_text("by hand", "utf-8")
    alone = node.run()

    assert alone.returncode == 0
    assert "the policy of the last run is applied again" in alone.stderr
    assert "the reports are kept and handed in later" in alone.stderr
    assert hello.read_text("utf-8") == "two"
