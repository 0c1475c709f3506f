"""Pages and git over HTTP: nothing of one tenant reaches a person or an account of another."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from werkzeug.routing import Rule

from tests.console.visiting import Visit, text_of
from tests.installations import Server
from tests.tenants.isolation import MARK, ONLY_A, TWIN, UNKNOWN, Tenant, stop_the_clock
from tests.tenants.test_isolation import two

pytestmark = pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
_HOLE = re.compile(r"<(?:\w+:)?(\w+)>")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?|\d+ (seconds?|minutes?) ago|just now")


def rules_below(server: Server, start: str) -> list[Rule]:
    """List the routes of an application below a path, from its own table."""
    application: Any = server.client.application
    return [rule for rule in application.url_map.iter_rules() if rule.rule.startswith(start)]


def pages(server: Server, names: Sequence[str]) -> Iterator[str]:
    """Name every page, with each of the names as the id that is asked for."""
    for rule in rules_below(server, "/console/"):
        if "GET" in (rule.methods or ()) and not rule.endpoint.endswith((".static", ".login")):
            yield from {_HOLE.sub(name, rule.rule) for name in names}


def root_of(tenant: Tenant) -> str:
    """Give the id of the tenant's first person."""
    with tenant.server.opened.database.everywhere("test") as connection:
        found = connection.exec_driver_sql(
            f"SELECT id FROM users WHERE tenant = '{tenant.id}' AND username = 'root'"
        ).scalar_one()
    return str(found)


def test_no_page_shows_anything_of_another_tenant(server: Server) -> None:
    one, other = two(server)
    stop_the_clock(server)
    other.fill("of b", "motdConfiguration")
    listed = [*pages(server, ("1", TWIN, ONLY_A))]
    visit = Visit.of(server, root_of(other), tenant=other.id)

    def seen() -> dict[str, tuple[int, str]]:
        answers = {path: visit.get(path) for path in listed}
        assert [path for path, answer in answers.items() if MARK in answer.get_data(as_text=True)] == []
        return {path: (answer.status_code, _MOMENT.sub("", text_of(answer))) for path, answer in answers.items()}

    before = seen()
    one.fill(MARK, "journalConfiguration")
    one.fill_alone()

    assert len(listed) > 5
    assert [status for status, _ in before.values() if status == 200] != []
    assert [status for status, _ in before.values() if status >= 500] == []
    assert seen() == before
    assert visit.get(f"/console/changeRequests/1?tenant={one.id}").status_code == 404


def test_no_route_of_git_serves_the_repository_of_another_tenant(server: Server) -> None:
    one, other = two(server)
    one.fill(MARK, "journalConfiguration")
    rules = rules_below(server, "/git/")
    routes = [(method, rule.rule) for rule in rules for method in sorted({"GET", "POST"} & (rule.methods or set()))]

    def asked(tenant: str, method: str, path: str) -> tuple[int, str]:
        query = "?service=git-upload-pack" if path.endswith("refs") else ""
        answer = other.call(method, _HOLE.sub(tenant, path) + query)
        return answer.status_code, answer.get_data(as_text=True)

    assert len(routes) >= 4
    for method, path in routes:
        foreign, unknown = asked(one.id, method, path), asked(UNKNOWN, method, path)
        assert foreign == (unknown[0], unknown[1].replace(UNKNOWN, one.id)), path
        assert foreign[0] in (403, 404), path
        assert MARK not in foreign[1], path
    refs = one.call("GET", f"/git/{one.id}.git/info/refs?service=git-upload-pack").get_data(as_text=True)
    assert len(re.findall("[0-9a-f]{40}", refs)) > 0
    assert other.call("GET", f"/git/{other.id}.git/info/refs?service=git-upload-pack").status_code == 200
