"""Fuzzing by the OpenAPI documents of versions 24 and 25: nothing unforeseen, nothing undocumented."""

import os
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.application import create_app
from app.changes.change import Edit
from tests.installations import Server, configured, found_installation, open_for_test, submit

EXAMPLES = int(os.environ.get("STERNPOST_TEST_FUZZ_EXAMPLES", "10"))
DOCUMENTED = [status_code_conformance, content_type_conformance, response_schema_conformance]
BOUNDED = settings(
    max_examples=EXAMPLES,
    phases=[Phase.generate],
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

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
def api_24(seeded: Server) -> "schemathesis.BaseSchema":
    return schemathesis.openapi.from_wsgi("/api/docs/24/openapi.json", create_app(seeded.config, seeded.opened))


@pytest.fixture(scope="module")
def api_25(seeded: Server) -> "schemathesis.BaseSchema":
    return schemathesis.openapi.from_wsgi("/api/docs/25/openapi.json", create_app(seeded.config, seeded.opened))


rudder = schemathesis.pytest.from_fixture("api_24")
strict = schemathesis.pytest.from_fixture("api_25")


@rudder.parametrize()
@BOUNDED
def test_version_24_answers_as_documented(case: schemathesis.Case, seeded: Server) -> None:
    case.call_and_validate(headers={"X-API-Token": seeded.token}, checks=DOCUMENTED)


@strict.parametrize()
@BOUNDED
def test_version_25_answers_as_documented_and_never_fails(case: schemathesis.Case, seeded: Server) -> None:
    case.call_and_validate(headers={"X-API-Token": seeded.token}, checks=[*DOCUMENTED, not_a_server_error])
