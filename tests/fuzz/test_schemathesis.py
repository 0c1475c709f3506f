"""Fuzzing by the OpenAPI documents of versions 24 and 25: nothing unforeseen, nothing undocumented."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.application import create_app
from app.changes.change import Edit
from app.http.openapi import document
from app.resources import ENDPOINTS
from tests.installations import Server, at_its_end, configured, found_installation, open_for_test, submit

EXAMPLES = int(os.environ.get("STERNPOST_TEST_FUZZ_EXAMPLES", "10"))
DOCUMENTED = [status_code_conformance, content_type_conformance, response_schema_conformance]
BOUNDED = settings(
    max_examples=EXAMPLES,
    phases=[Phase.generate],
    database=None,
    derandomize=True,  # a run of the suite is repeatable; more examples and other ones by hand
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

CHECKS = {24: DOCUMENTED, 25: [*DOCUMENTED, not_a_server_error]}
METHODS = {"get", "put", "post", "delete"}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A founded installation with a few objects, so that calls meet something."""
    folder = tmp_path_factory.mktemp("fuzz")
    url = f"sqlite:///{folder}/sternpost.db"
    found_installation(url, folder / "keys", folder / "data")
    config = configured(url, folder / "keys", folder / "data", log_level="error")
    with open_for_test(config) as opened:
        server = Server(config, opened)
        submit(opened, *(Edit("rule", f"{n}", "create", {"displayName": f"Rule {n}"}) for n in range(5)))
        yield server


@pytest.fixture(scope="module")
def api(seeded: Server) -> dict[tuple[int, str], Any]:
    """Every operation of both versions, as served."""
    app = create_app(seeded.config, seeded.opened, pause=at_its_end)
    found = {}
    for version in CHECKS:
        schema = schemathesis.openapi.from_wsgi(f"/api/docs/{version}/openapi.json", app)
        for result in schema.get_all_operations():
            operation = result.ok()
            found[version, operation.label] = operation
    return found


def labels() -> Iterator[tuple[int, str]]:
    for version in CHECKS:
        for path, operations in document(ENDPOINTS, version)["paths"].items():
            for method in sorted(METHODS & set(operations)):
                yield version, f"{method.upper()} {path}"


@pytest.mark.parametrize(("version", "label"), list(labels()))
def test_whatever_is_sent_is_answered_as_documented(
    version: int, label: str, api: dict[tuple[int, str], Any], seeded: Server
) -> None:
    @given(case=api[version, label].as_strategy())
    @BOUNDED
    def send(case: schemathesis.Case) -> None:
        # The in-process transport does not unpack compressed answers.
        headers = {"X-API-Token": seeded.token, "Accept-Encoding": "identity"}
        case.call_and_validate(headers=headers, checks=CHECKS[version])

    send()
