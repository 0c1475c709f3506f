"""What docs/absent.md says is not served is not served."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.http.versions import VERSIONS
from tests.installations import Server

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "absent.md").read_text("utf-8")
CALLS = re.findall(r"^\| (GET|POST|PUT|DELETE) \| `([^`]+)` \| [^|]+ \| [^|]+ \|$", PAGE, re.MULTILINE)
JSON = {"Content-Type": "application/json"}


def addresses(path: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Give every way to ask for a path: by each version, by `latest`, and without a version."""
    if path.startswith("/secure/"):
        yield path, {}
        yield f"/rudder{path}", {}
        return
    for version in (*VERSIONS, "latest"):
        yield f"/api/{version}{path}", {}
    yield f"/api{path}", {"X-API-Version": "latest"}
    yield f"/rudder/api{path}", {"X-API-Version": "24"}


def test_the_page_lists_what_is_left_out_on_purpose() -> None:
    rows = [line for line in PAGE.splitlines() if re.match(r"\| [A-Z]+ \|", line)]

    assert len(CALLS) == len(rows)
    for needed in ("/rules/revision/load/{id}", "/methods", "/nodes/{id}/applyPolicy", "/campaigns", "/plugins"):
        assert needed in [path for _, path in CALLS]
    assert ("POST", "/secure/api/eventlog") in CALLS


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_what_is_absent_answers_404_in_the_envelope_in_every_version(server: Server, method: str, path: str) -> None:
    path = re.sub(r"\{[^}]+\}", "x-1", path)

    for address, headers in addresses(path):
        for body in (None, "{}"):
            answer = server.call(method, address, headers={**headers, **(JSON if body else {})}, data=body)
            said = answer.get_json()
            assert (answer.status_code, answer.content_type) == (404, "application/json; charset=utf-8"), address
            assert list(said) == ["action", "result", "errorDetails"], address
            assert (said["action"], said["result"], type(said["errorDetails"])) == ("unknown", "error", str), address
