"""The administrator's pages in a real browser, and the API's page that knows who is logged in."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.console.browsing import CHROMIUM, chromium, painted, served, watched
from tests.console.visiting import Visit
from tests.installations import Server
from tests.people.persons import make_tenant
from tests.resources.fleet_samples import directive, node_token, report, rule
from tests.review.cast import Cast

pytestmark = [
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f"no browser; install Chromium as {CHROMIUM}"),
    pytest.mark.timeout(900),
]


@pytest.fixture
def migrated_url(migrated_sqlite_url: str) -> str:
    """Take one database: a browser does not see which it is."""
    return migrated_sqlite_url


def test_an_administrator_makes_a_person_a_token_and_a_review_policy(server: Server) -> None:
    cast = Cast(server)
    cast.person("ann")
    make_tenant(server)
    cast.person("bob", tenant="acme")
    with served(server) as url, chromium() as browser:
        with watched(browser, url, Visit.of(server, "id-ann")) as page:
            page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=url)
            page.goto(f"{url}/console/administration")
            page.get_by_role("main").get_by_role("link", name="People").last.click()
            page.get_by_text("Add a person").click()
            page.locator("#create-username").fill("carl")
            page.locator("#create").get_by_label("read_only").check()
            page.get_by_role("button", name="Add the person").click()
            expect(page.get_by_role("status").first).to_contain_text("The person can log in now.")

            page.get_by_role("navigation", name="Administration").get_by_role("link", name="API accounts").click()
            page.get_by_label("Name", exact=True).fill("Backup")
            page.get_by_role("button", name="Make the account and its token").click()
            token = page.locator("#shown-secret").input_value()
            page.get_by_role("button", name="Copy").click()
            expect(page.get_by_role("button", name="Copied")).to_be_visible()
            assert page.evaluate("navigator.clipboard.readText()") == token

            page.get_by_role("navigation", name="Administration").get_by_role("link", name="Review policies").click()
            page.get_by_text("Make a policy").click()
            page.get_by_label("Name", exact=True).fill("Two for rules")
            page.get_by_label("rule", exact=True).check()
            page.locator("#min-1").fill("2")
            page.get_by_role("button", name="Make the policy").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("Two for rules")
        with watched(browser, url, Visit.of(server, "id-bob", tenant="acme")) as page:
            for path, hidden in (("users", "carl"), ("accounts", "Backup"), ("reviewPolicies", "Two for rules")):
                page.goto(f"{url}/console/{path}")
                expect(page.get_by_role("main")).not_to_contain_text(hidden)
    assert server.get("/api/25/rules", token=token).status_code == 200


def test_every_page_fits_and_keeps_nobody_out_and_is_painted_to_be_looked_at(server: Server) -> None:
    pages = _furnished(server)
    visit = Visit.of(server, "id-ann")
    with served(server) as url, chromium() as browser, watched(browser, url, visit) as page:
        assert painted(page, url, pages) == []


def test_requirement_14_the_page_of_the_api_stays_authorised_after_a_refresh_and_writes(server: Server) -> None:
    Cast(server).person("ann")
    with (
        served(server) as url,
        chromium() as browser,
        watched(browser, url, Visit.of(server, "id-ann")) as page,
    ):
        page.goto(f"{url}/api/docs/25/")
        page.reload()
        expect(page.locator("#session")).to_contain_text("You are logged in as ann in default")

        page.locator('.opblock-tag[data-tag="settings"]').click()
        for action, body in (("getAllSettings", None), ("modifySettings", '{"run_frequency": 15}')):
            block = page.locator(f'.opblock[id$="-{action}"]')
            block.locator(".opblock-summary-control").click()
            block.get_by_role("button", name="Try it out").click()
            if body is not None:
                block.locator("textarea").first.fill(body)
            block.get_by_role("button", name="Execute").click()
            expect(block.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
    assert server.get("/api/25/settings/run_frequency").get_json()["data"]["settings"]["run_frequency"] == 15


def _furnished(server: Server) -> dict[str, str]:
    """Fill a tenant with one of everything, and give the pages by the names of their pictures."""
    cast = Cast(server)
    ann = cast.person("ann")
    cast.person("rita", "workflow")
    cast.person("w" * 60, "read_only")
    cast.team("security", ann)
    server.account("backup", description="Copies everything at night", owner=ann.id)
    server.put("/api/25/webhooks", json={"id": "chat", "name": "Chat", "url": f"https://example.org/{'x' * 200}"})
    directive(server, "d-a", "/etc/a", "/etc/b")
    rule(server, "r-1", "d-a")
    message = "No room left on the device; " * 10
    report(server, "web1", node_token(server, "web1"), {"/etc/b": "error"}, message=message)
    os = {"type": "Linux", "name": "Debian", "version": "12", "fullName": "Debian GNU/Linux 12 (bookworm)"}
    software = [{"name": f"package-{number}", "version": "1.0"} for number in range(40)]
    for name in ("db1", "db2"):
        sent = {"id": name, "hostname": f"{name}.example.org", "os": os, "software": software}
        assert server.post("/api/25/inventories", json=sent).status_code == 200
    policy = {"name": "Production", "match": {"kinds": ["rule"]}, "require": [{"team": "security", "min": 2}]}
    server.put("/api/25/reviewPolicies", json={"id": "prod", **policy})
    server.post("/api/25/settings/run_frequency", json={"value": 15})
    (run,) = server.get("/api/25/nodes/web1/reports").get_json()["data"]["runs"]
    names = (
        "administration",
        "users",
        "roles",
        "accounts",
        "reviewPolicies",
        "webhooks",
        "settings",
        "tenant",
        "start",
    )
    return {
        **{name: f"/console/{name}" for name in names},
        "user": "/console/users/id-ann",
        "role": "/console/roles/everyone",
        "account": "/console/accounts/backup",
        "reviewPolicy": "/console/reviewPolicies/prod",
        "webhook": "/console/webhooks/chat",
        "setting": "/console/settings/run_frequency",
        "key": "/console/tenant/key",
        "nodes": "/console/nodes",
        "pending": "/console/nodes?status=pending",
        "none": "/console/nodes?q=nothing",
        "node": "/console/nodes/web1",
        "waiting": "/console/nodes/db1",
        "run": f"/console/nodes/web1?run={run['id']}",
        "compliance": "/console/compliance",
        "compliance-nodes": "/console/compliance?by=node",
        "installation": "/console/installation",
    }
