"""Every example of the introduction that the product grew from, as meant: host, method, quoting and `%20` completed."""

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.live import Live, serving

DIRECTIVES = ("aDirectiveId", "directiveId")


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("seed"), "--no-worker") as server:
        for directive in DIRECTIVES:
            asked = {"id": directive, "displayName": directive, "techniqueName": "motdConfiguration"}
            put(server, "directives", asked)
        put(server, "rules", {"id": "id", "displayName": "The rule"})
        (server.folder / "directiveId").write_text("directives=directiveId", "utf-8")
        (server.folder / "jsonParam").write_text(
            '{ "displayName" : "new name", "enabled" : false, "directives" : "directiveId"}', "utf-8"
        )
        yield server


def curl(live: Live, *arguments: str, token: str | None = None) -> tuple[int, str]:
    """Run curl with a token; give the status and the body."""
    header = f"X-API-Token: {live.token if token is None else token}"
    done = subprocess.run(
        ["curl", "-sS", "-w", "\n%{http_code}", "-H", header, *arguments],
        cwd=live.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body


def put(live: Live, path: str, value: dict[str, Any]) -> None:
    status, body = curl(
        live,
        "-X",
        "PUT",
        "-H",
        "Content-Type: application/json",
        "-d",
        json.dumps(value),
        f"{live.url}/api/latest/{path}",
    )
    assert status == 200, body


def rule(live: Live) -> dict[str, Any]:
    status, body = curl(live, f"{live.url}/api/latest/rules/id")
    assert status == 200
    shown: dict[str, Any] = json.loads(body)["data"]["rules"][0]
    return shown


def reason(live: Live) -> str:
    _, body = curl(live, f"{live.url}/api/latest/rules/id/history?limit=1")
    said: str = json.loads(body)["data"]["history"][0]["reason"]
    return said


def test_a_call_needs_the_token_header(live: Live) -> None:
    assert curl(live, f"{live.url}/rudder/api/latest/rules")[0] == 200
    assert curl(live, f"{live.url}/rudder/api/latest/rules", token="nothing")[0] == 401


@pytest.mark.parametrize(("version", "status"), [("2", 200), ("latest", 200), ("3.14", 404)])
def test_the_version_can_stand_in_the_url(live: Live, version: str, status: int) -> None:
    assert curl(live, f"{live.url}/rudder/api/{version}/rules")[0] == status


def test_the_version_can_stand_in_a_header(live: Live) -> None:
    assert curl(live, "-H", "X-API-Version:2", f"{live.url}/rudder/api/rules")[0] == 200


def test_a_wrong_version_in_the_header_is_told_which_there_are(live: Live) -> None:
    status, body = curl(live, "-H", "X-API-Version:3.14", f"{live.url}/rudder/api/rules")

    assert status == 400
    assert "please use one of the following: [ latest, 2, 3," in json.loads(body)["errorDetails"]


def test_the_event_has_the_account_as_actor(live: Live) -> None:
    _, body = curl(live, f"{live.url}/api/latest/events?object=id&limit=1")

    assert json.loads(body)["data"]["events"][0]["actor"]["kind"] == "account"


def test_the_envelope_has_the_generic_format(live: Live) -> None:
    _, good = curl(live, f"{live.url}/api/24/rules/id")
    _, bad = curl(live, f"{live.url}/api/24/rules/nope")

    assert list(json.loads(good)) == ["action", "id", "result", "data"]
    assert list(json.loads(bad)) == ["action", "result", "errorDetails"]


def test_the_url_names_the_data_to_work_with(live: Live) -> None:
    assert rule(live)["id"] == "id"


def test_parameters_in_the_url(live: Live) -> None:
    url = f"{live.url}/api/rules/id?displayName=my%20new%20name&enabled=false&directives=aDirectiveId"

    assert curl(live, "-X", "POST", url)[0] == 200

    shown = rule(live)
    assert (shown["displayName"], shown["enabled"], shown["directives"]) == ("my new name", False, ["aDirectiveId"])


def test_parameters_in_the_request_data_with_a_file(live: Live) -> None:
    url = f"{live.url}/api/rules/id"

    assert curl(live, url, "-d", "displayName=from a form", "-d", "enabled=false", "-d", "@directiveId")[0] == 200

    shown = rule(live)
    assert (shown["displayName"], shown["enabled"], shown["directives"]) == ("from a form", False, ["directiveId"])


def test_parameters_in_json_inline(live: Live) -> None:
    inline = '{ "displayName" : "inline name", "enabled" : false, "directives" : "aDirectiveId"}'

    status, body = curl(live, f"{live.url}/api/rules/id", "-H", "Content-Type: application/json", "-d", inline)

    assert status == 200, body
    assert rule(live)["displayName"] == "inline name"


def test_parameters_in_json_from_a_file(live: Live) -> None:
    url = f"{live.url}/api/rules/id"

    assert curl(live, url, "-H", "Content-Type: application/json", "-d", "@jsonParam")[0] == 200

    assert rule(live)["displayName"] == "new name"


def test_general_parameters_beside_json_count_in_the_url_only(live: Live) -> None:
    assert curl(live, "-X", "POST", f"{live.url}/api/rules/id?displayName=before")[0] == 200
    url = f"{live.url}/api/rules/id?reason=Reason%20used"
    more = ("-H", "Content-Type: application/json", "-d", "@jsonParam", "-d", "reason=Reason ignored")

    assert curl(live, url, *more)[0] == 200

    assert rule(live)["displayName"] == "new name"
    assert reason(live) == "Reason used"


def test_prettify_is_for_people(live: Live) -> None:
    _, body = curl(live, f"{live.url}/api/latest/rules/id?prettify=true")

    assert '\n  "action" : "ruleDetails"' in body
