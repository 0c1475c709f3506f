"""Request ids, log lines, metrics, health, and the documents."""

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import schemathesis

from app.http.docs import ASSETS
from app.http.openapi import document
from app.http.versions import VERSIONS
from tests.http.conftest import Caller, Server
from tests.http.sample import ENDPOINTS
from tests.logs import said


@pytest.mark.parametrize("sent", ["r-1", "A.b_c-9", "x" * 128])
def test_a_harmless_request_id_comes_back(call: Caller, sent: str) -> None:
    assert call("GET", "/api/25/lamps", headers={"X-Request-Id": sent}).headers["X-Request-Id"] == sent


@pytest.mark.parametrize("sent", [None, "", "x" * 129, "a b", "a;b", "é"])
def test_any_other_is_replaced(call: Caller, sent: str | None) -> None:
    headers = {} if sent is None else {"X-Request-Id": sent}

    assert re.fullmatch("[0-9a-f]{32}", call("GET", "/healthz", headers=headers).headers["X-Request-Id"])


def test_each_request_is_one_line(server: Server) -> None:
    with said() as logs, server.client() as client:
        Caller(client)("GET", "/api/24/lamps/none", headers={"X-Request-Id": "r-1"})

    assert len(logs) == 1
    line = logs[0]
    assert isinstance(line.pop("duration_ms"), float)
    assert line == {
        "event": "request",
        "level": "info",
        "action": "lampDetails",
        "actor": "admin",
        "tenant": "default",
        "request_id": "r-1",
        "method": "GET",
        "path": "/lamps/{id}",
        "version": 24,
        "status": 500,
    }


def test_a_failure_is_logged_once_with_its_cause(call: Caller) -> None:
    with said() as logs:
        call("GET", "/api/25/broken")

    failures = [line for line in logs if line["event"] == "unhandled"]
    assert len(failures) == 1
    assert failures[0]["exception"].startswith("Traceback (most recent call last):\n")
    assert "RuntimeError: " in failures[0]["exception"]


def test_metrics_count_by_action_and_status_only(call: Caller) -> None:
    call("GET", "/api/25/lamps/a")
    call("GET", "/api/25/lamps/b")
    call("GET", "/api/25/nowhere")
    call("GET", "/somewhere/else")

    text = call("GET", "/metrics").text

    assert 'sternpost_requests_total{action="lampDetails",method="GET",status="404"} 2.0' in text
    assert 'sternpost_requests_total{action="unknown",method="GET",status="404"} 2.0' in text
    assert 'sternpost_request_seconds_count{action="lampDetails"} 2.0' in text


def test_metrics_ask_for_a_credential_unless_they_are_open(server: Server, call: Caller) -> None:
    assert call.using(None)("GET", "/metrics").status_code == 401
    assert call.using("idle-token")("GET", "/metrics").status_code == 403
    with server.client(metrics_open=True) as client:
        assert client.get("/metrics").status_code == 200


def test_metrics_of_several_processes_are_added_up(tmp_path: Path) -> None:
    script = (
        "from app.http.observe import Call, Metrics\n"
        "metrics = Metrics()\n"
        "metrics.count(Call('r', 0.0, 'GET', 'listLamps'), '200', 0.1)\n"
        "print(metrics.text().decode())\n"
    )

    def run() -> str:
        environment = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "PYTHONPATH": str(Path.cwd())}
        return subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
        ).stdout

    first, second = run(), run()

    assert 'sternpost_requests_total{action="listLamps",method="GET",status="200"} 1.0' in first
    assert 'sternpost_requests_total{action="listLamps",method="GET",status="200"} 2.0' in second


def test_health_and_readiness(server: Server, call: Caller) -> None:
    anybody = call.using(None)

    assert anybody("GET", "/healthz").json == {"healthy": True}
    assert anybody("GET", "/readyz").json == {"ready": True}
    server.fault = "migrations are pending"
    answer = anybody("GET", "/rudder/readyz")
    assert (answer.status_code, answer.json) == (503, {"ready": False, "reason": "migrations are pending"})


@pytest.mark.parametrize("version", VERSIONS)
def test_each_version_has_a_valid_document(version: int) -> None:
    written = document(ENDPOINTS, version)

    schema = schemathesis.openapi.from_dict(written)
    assert [error for result in schema.get_all_operations() if (error := getattr(result, "err", lambda: None)())] == []
    operations = {
        operation["operationId"]
        for path in written["paths"].values()
        for method, operation in path.items()
        if method != "parameters"
    }
    alive = {endpoint.action for endpoint in ENDPOINTS if version in endpoint.lifespan and len(endpoint.methods) == 1}
    assert alive <= operations
    assert all(path.startswith(f"/api/{version}/") for path in written["paths"])


def test_documents_name_every_refusal_and_every_form() -> None:
    put = document(ENDPOINTS, 25)["paths"]["/api/25/lamps"]["put"]

    refusals = {400, 401, 403, 404, 405, 409, 412, 413, 415, 429, 500, 503}
    assert set(put["responses"]) == {"200", *map(str, refusals)}
    assert set(put["requestBody"]["content"]) == {
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    }
    assert {"reason", "prettify", "If-Match", "Idempotency-Key"} <= {each["name"] for each in put["parameters"]}
    assert put["security"] == [{"X-API-Token": []}, {"login": []}]


def test_documents_follow_the_version() -> None:
    old, new = document(ENDPOINTS, 20), document(ENDPOINTS, 25)

    assert old["paths"]["/api/20/lamps"]["get"]["deprecated"] is True
    assert "category" in old["components"]["schemas"]["LampInput"]["properties"]
    assert "categoryId" in new["components"]["schemas"]["Lamp"]["properties"]
    assert new["components"]["schemas"]["LampInput"]["additionalProperties"] is False
    assert "deprecated" not in new["paths"]["/api/25/lamps"]["get"]


def test_documents_and_their_readers_are_served(call: Caller) -> None:
    anybody = call.using(None)

    assert json.loads(anybody("GET", "/api/docs/latest/openapi.json").data)["info"]["version"] == "25"
    for path in ("/api/docs/", "/api/docs/24/", "/api/docs/24/redoc", "/rudder/api/docs/2/"):
        answer = anybody("GET", path)
        assert (answer.status_code, answer.mimetype) == (200, "text/html")
        assert "://" not in answer.text
    assert anybody("GET", "/api/docs/99/openapi.json").status_code == 404


def test_pages_name_only_assets_that_exist(call: Caller) -> None:
    for reader in ("", "redoc"):
        page = call("GET", f"/api/docs/25/{reader}").text
        names = re.findall(r'(?:src|href)="\.\./assets/([^"]+)"', page)
        assert names
        for name in names:
            with call("GET", f"/api/docs/assets/{name}") as answer:
                assert answer.status_code == 200


@pytest.mark.parametrize("name", ["../docs.py", "..%2fdocs.py", "%2e%2e/docs.py", "/etc/passwd", "nothing.js"])
def test_nothing_but_assets_is_served(call: Caller, name: str) -> None:
    assert call("GET", f"/api/docs/assets/{name}").status_code == 404


def test_closed_documents_ask_for_a_credential(server: Server) -> None:
    with server.client(docs_open=False) as client:
        assert Caller(client, None)("GET", "/api/docs/25/openapi.json").status_code == 401
        assert Caller(client)("GET", "/api/docs/25/openapi.json").status_code == 200


def test_assets_are_those_that_were_vendored() -> None:
    listed = dict(reversed(line.split("  ")) for line in (ASSETS / "SHA256SUMS").read_text().splitlines())
    files = {path.relative_to(ASSETS).as_posix(): path for path in ASSETS.rglob("*") if path.is_file()}

    assert set(files) == {*listed, "SHA256SUMS"}
    for name, digest in listed.items():
        assert hashlib.sha256(files[name].read_bytes()).hexdigest() == digest


def test_assets_call_nobody() -> None:
    redoc = (ASSETS / "redoc-2.5.4" / "redoc.standalone.js").read_text()

    assert "cdn.redoc" not in redoc
    assert "fonts.googleapis" not in redoc
