"""The pages of nodes and of compliance, and the first steps of a new administrator."""

import pytest

from tests.console.visiting import Visit, text_of
from tests.installations import Server
from tests.people.persons import make_tenant
from tests.resources.fleet_samples import directive, node_token, report, rule
from tests.review.cast import Cast


@pytest.fixture
def migrated_url(migrated_sqlite_url: str) -> str:
    """Take one database: what pages ask of it is asked by the API's own tests on both."""
    return migrated_sqlite_url


@pytest.fixture
def visit(server: Server) -> Visit:
    """Come as an administrator."""
    Cast(server).person("ann")
    return Visit.of(server, "id-ann")


def test_a_node_shows_where_it_belongs_what_it_was_told_what_it_ran_and_where_it_drifts(
    server: Server, visit: Visit
) -> None:
    directive(server, "d-a", "/etc/a", "/etc/b")
    rule(server, "r-1", "d-a")
    report(server, "n-1", node_token(server, "n-1"), {"/etc/b": "error"}, message="no room")

    page = text_of(visit.get("/console/nodes/n-1"))

    assert "n-1.example.com accepted n-1 state enabled mode default last run" in page
    assert "Compliance 50 % 50 % 50 % as it must be , 50 % error" in page
    assert "File /etc/b Directive d-a, by Rule r-1 error no room" in page
    assert "Groups All nodes all-nodes Rules Rule r-1 r-1" in page
    assert "Policy It was told what it must run:" in page
    assert "1 error 1 as it must be" in page
    (run,) = server.get("/api/25/nodes/n-1/reports").get_json()["data"]["runs"]
    assert "File /etc/a d-a as it must be" in text_of(visit.get(f"/console/nodes/n-1?run={run['id']}"))
    assert visit.get("/console/nodes/n-1?run=nonsense").status_code == 404
    directive(server, "d-b", "/etc/c")
    assert server.post("/api/25/rules/r-1", json={"directives": ["d-a", "d-b"]}).status_code == 200
    assert "What it must run has changed since it was told" in text_of(visit.get("/console/nodes/n-1"))
    assert visit.act("/console/nodes/n-1", "change", state="ignored", documentation="In the cellar").status_code == 303
    assert "In the cellar" in text_of(visit.get("/console/nodes/n-1"))
    assert 'aria-label="Token of n-1.example.com"' in visit.act("/console/nodes/n-1", "token").text
    assert visit.act("/console/nodes/n-1", "delete").headers["Location"] == "/console/nodes?done=delete"
    assert visit.get("/console/nodes/n-1").status_code == 404
    for by, said in (("rule", "Rule r-1 r-1"), ("node", "No node has to report.")):
        assert said in text_of(visit.get(f"/console/compliance?by={by}"))


def test_a_machine_that_waits_is_looked_at_accepted_or_refused(server: Server, visit: Visit) -> None:
    for name in ("web1", "web2"):
        os = {"type": "Linux", "name": "Debian", "version": "12"}
        sent = server.post("/api/25/inventories", json={"id": name, "hostname": f"{name}.example.org", "os": os})
        assert sent.status_code == 200
    assert "2 nodes" in text_of(visit.get("/console/nodes?status=pending"))
    assert "waits to be accepted" in text_of(visit.get("/console/nodes/web2"))

    accepted = visit.act("/console/nodes?status=pending", "accept")
    refused = visit.act("/console/nodes/web2", "refuse")

    assert (accepted.status_code, refused.status_code) == (303, 303)
    assert "web1.example.org web1 Debian 12 enabled default never" in text_of(visit.get("/console/nodes?q=WEB"))
    assert "web2" not in text_of(visit.get("/console/nodes"))
    assert "No machine waits." in text_of(visit.get("/console/nodes?status=pending"))
    assert "No node is like that." in text_of(visit.get("/console/nodes?q=web&state=ignored"))
    page = text_of(visit.get("/console/nodes/web1"))
    assert "It has never asked for its policy. Is the agent running there?" in page
    assert '"version": "12"' in page


def test_compliance_is_listed_page_by_page(server: Server, visit: Visit) -> None:
    directive(server, "d-a", "/etc/a")
    rule(server, "r-1", "d-a")
    rule(server, "r-2", "d-a", targets=())
    for name in ("n-1", "n-2", "n-3"):
        node_token(server, name)

    first = server.get("/api/25/nodes/compliance?level=1&limit=2").get_json()
    rest = server.get(f"/api/25/nodes/compliance?level=1&limit=2&cursor={first['meta']['next']}").get_json()
    rules = server.get("/api/25/rules/compliance?level=1&limit=1").get_json()
    later = server.get(f"/api/25/rules/compliance?limit=1&cursor={rules['meta']['next']}").get_json()

    assert [[one["id"] for one in page["data"]["nodes"]] for page in (first, rest)] == [["n-1", "n-2"], ["n-3"]]
    assert [[one["id"] for one in page["data"]["rules"]] for page in (rules, later)] == [["r-1"], ["r-2"]]
    assert "next" not in rest["meta"] | later["meta"]
    assert len(server.get("/api/25/nodes/compliance").get_json()["data"]["nodes"]) == 3
    assert server.get("/api/24/nodes/compliance?limit=1").get_json()["data"]["nodes"][2]["id"] == "n-3"
    assert "Rule r-1 r-1 enforce 0 % 0 % 100 % no report" in text_of(visit.get("/console/compliance"))
    assert "n-3.example.com n-3 enforce 0 %" in text_of(visit.get("/console/compliance?by=node"))


def test_a_new_administrator_is_led_to_a_first_change(server: Server, visit: Visit) -> None:
    assert "Make a change To do" in text_of(visit.get("/console/start"))
    empty = visit.act("/console/start", "first", message=" ")
    assert (empty.status_code, "Write what people are to read" in text_of(empty)) == (400, True)

    asked = visit.act("/console/start", "first", message="Hello <b>you</b>")

    assert asked.headers["Location"].startswith("/console/changeRequests/1")
    page = visit.get("/console/changeRequests/1")
    assert "Hello <b>you</b>" in text_of(page)
    deployed = visit.act("/console/changeRequests/1", "deploy")
    assert deployed.status_code == 303, text_of(deployed)
    steps = text_of(visit.get("/console/start"))
    assert "Make a change Done The rule “Greet people on every machine” is there." in steps
    assert "Connect a machine To do" in steps
    assert server.get("/api/25/rules/first-message").status_code == 200


def test_a_person_sees_no_node_of_another_tenant(server: Server, visit: Visit) -> None:
    make_tenant(server)
    Cast(server).person("bob", tenant="acme")
    node_token(server, "n-1")
    other = Visit.of(server, "id-bob", tenant="acme")

    foreign, unknown = other.get("/console/nodes/n-1"), other.get("/console/nodes/n-9")

    assert foreign.status_code == unknown.status_code == 404
    assert text_of(foreign).replace("n-1", "n-9") == text_of(unknown)
    assert "n-1" not in other.get("/console/nodes").text
    assert "n-1" in visit.get("/console/nodes").text
