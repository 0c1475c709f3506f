"""Whatever people and nodes write is shown as text, and no list of the administration grows in statements with rows."""

from html.parser import HTMLParser

import pytest

from app.changes.change import Edit
from app.store.nodes import Node, put_node
from app.store.writes import lock_tenant
from tests.console.conftest import HOSTILE
from tests.console.visiting import Visit, text_of
from tests.installations import Server
from tests.resources.fleet_samples import directive, node_token, report, rule
from tests.review.cast import Cast
from tests.statements import statements_of

MANY = 300
MANY_NODES = 240
"""The compliance of a whole fleet is read in parts of 500 nodes, each with the same few statements."""


@pytest.fixture
def migrated_url(migrated_sqlite_url: str) -> str:
    """Take one database: what pages ask of it is asked by the API's own tests on both."""
    return migrated_sqlite_url


def test_whatever_people_and_nodes_write_is_shown_as_text(server: Server) -> None:
    Cast(server).person("ann")
    visit = Visit.of(server, "id-ann")
    texts = {"name": HOSTILE, "description": HOSTILE}
    for method, path, body in (
        ("POST", "/users/id-ann", {"name": HOSTILE}),
        ("POST", "/apiaccounts", {**texts, "id": "evil", "status": "enabled", "tenants": "*"}),
        ("PUT", "/roles", {**texts, "id": "evil", "name": HOSTILE[:20]}),
        ("PUT", "/webhooks", {"id": "evil", "name": HOSTILE, "url": "https://example.org/?<script>"}),
        ("PUT", "/teams", {"id": "evil", "name": HOSTILE, "members": []}),
        ("POST", "/settings/change_message_prompt", {"value": HOSTILE}),
        ("PUT", "/nodes", [{"id": "evil", "hostname": "evil.example.org", "status": "pending", "os": {"type": "linux",
         "name": "debian", "version": "9", "fullName": "x"}}]),
        ("POST", "/inventories", {"id": "evil2", "hostname": HOSTILE, "description": HOSTILE, "os": {
            "type": "Linux", "name": HOSTILE, "version": HOSTILE, "fullName": HOSTILE,
        }, "software": [{"name": HOSTILE}]}),
    ):  # fmt: skip
        answer = server.call(method, f"/api/25{path}?reason=Try{HOSTILE[:8]}", json=body)
        assert answer.status_code == 200, (path, answer.text)
    directive(server, "d-a", "/etc/a", displayName=HOSTILE)
    rule(server, "r-1", "d-a")
    report(server, "n-1", node_token(server, "n-1"), {"/etc/a": "error"}, message=HOSTILE)
    server.post(
        "/api/25/nodes/n-1", json={"properties": [{"name": "evil", "value": HOSTILE}], "documentation": HOSTILE}
    )
    (run,) = server.get("/api/25/nodes/n-1/reports").get_json()["data"]["runs"]
    server.put("/api/25/reviewPolicies", json={"id": "evil", **texts, "require": [{"team": "evil", "min": 1}]})
    query = "q=%3Cscript%3Ealert(1)%3C%2Fscript%3E&done=%3Cscript%3E&held=%3Cscript%3E&cursor=%3Cscript%3E"

    seen = 0
    for path in (
        *("users", "users/id-ann", "roles", "roles/evil", "accounts", "accounts/evil", "webhooks", "webhooks/evil"),
        *("reviewPolicies", "reviewPolicies/evil", "settings", "settings/change_message_prompt", "tenant"),
        *("nodes?status=pending", "nodes/evil2", "nodes/n-1", f"nodes/n-1?run={run['id']}", "compliance", "start"),
        *("compliance?by=node", f"users?{query}", f"accounts?{query}", f"nodes?{query}", f"settings?{query}"),
        *("nodes/%3Cscript%3Ealert(1)%3C%2Fscript%3E", "users/%3Cscript%3E", f"webhooks?{query}"),
    ):
        page = visit.get(f"/console/{path}")
        assert page.status_code in (200, 400, 404), path
        assert _running(page.text) == [], path
        seen += HOSTILE in text_of(page) or "&lt;script&gt;alert(1)" in page.text
    assert seen >= 20
    wrong = visit.act("/console/accounts", "create", name=HOSTILE, expires=HOSTILE)
    assert (wrong.status_code, "<script>alert" in wrong.text) == (400, False)


def test_lists_take_the_same_statements_however_much_there_is(server: Server) -> None:
    cast = Cast(server)
    cast.person("ann")
    visit = Visit.of(server, "id-ann")
    pages = [f"/console/{name}" for name in ("users", "roles", "accounts", "reviewPolicies", "nodes", "start")]
    pages += ["/console/compliance?by=node", "/console/compliance?by=rule", "/console/nodes/n-1", "/console/tenant"]
    pages += ["/console/settings", "/console/users/id-ann"]
    node_token(server, "n-1")
    directive(server, "d-a", "/etc/a")
    rule(server, "r-1", "d-a")
    few = _count(server, visit, pages)
    with server.opened.database.writing("default") as connection:
        lock_tenant(connection, "default")
        for number in range(MANY_NODES):
            node = Node(id=f"n-x{number}", hostname=f"x{number}", created=1, accepted=1)
            put_node(connection, "default", node, is_new=True, now_ms=1)
    for number in range(60):
        cast.person(f"p{number}")
        server.account(f"a{number}")
    body = {"displayName": "Rule", "directives": ["d-a"], "targets": ["special:all"]}
    cast.system(*(Edit("rule", f"r-x{number}", "create", body) for number in range(MANY)))

    many = _count(server, visit, pages)

    assert many == few
    assert "Further" in visit.get("/console/nodes").text
    assert "Further" in visit.get("/console/users").text
    assert visit.get("/console/compliance").text.count("<tr>") == 51
    assert "x299" in visit.get("/console/nodes?q=x299&page=1").text
    assert "page=2" in visit.get("/console/nodes?page=3").text


class _Running(HTMLParser):
    """Collects what a browser would run or fetch that is none of ours."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        ours = given.get("src", "").startswith("/console/static/")
        if tag in ("script", "img", "iframe", "object") and not ours:
            self.found.append(tag)
        self.found += [name for name in given if name.startswith("on") or name == "style"]
        self.found += [value for value in given.values() if value.strip().lower().startswith("javascript:")]


def _running(text: str) -> list[str]:
    parser = _Running()
    parser.feed(text)
    return parser.found


def _count(server: Server, visit: Visit, pages: list[str]) -> dict[str, int]:
    """Count the statements of each page, once what is remembered between requests is there."""
    counted: dict[str, int] = {}
    with statements_of(server.opened.database) as told:
        for path in pages:
            for _ in range(2):
                told.clear()
                assert visit.get(path).status_code == 200, path
            counted[path] = len(told)
    return counted
