"""An auditor in a real browser: filters, opens, exports, checks, and finds what is gone; and how the pages look."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from app.changes.change import Edit
from app.measuring import measure_compliance
from app.store.checkpoints import keep_checkpoints
from app.store.compliance_days import DAY_MS
from tests.console.browsing import CHROMIUM, chromium, painted, served, watched
from tests.console.test_browser import give_password, log_in
from tests.console.visiting import Visit
from tests.installations import Server, as_account, submit
from tests.resources.fleet_samples import directive, node_token, report, rule
from tests.review.cast import Cast

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f"no browser; install Chromium as {CHROMIUM}")

SHOWN = {
    "overview": "/console/",
    "events": "/console/events",
    "event": "/console/events/4",
    "integrity": "/console/integrity",
    "kinds": "/console/objects",
    "rules": "/console/objects/rule",
    "rule": "/console/objects/rule/r-web",
    "compare": "/console/objects/rule/r-web/compare?from=3&to=9",
    "deleted": "/console/objects/parameter/motd",
    "directive": "/console/objects/directive/d-ssh",
    "edit": "/console/objects/directive/d-ssh/edit",
    "new": "/console/new/directive",
    "delete": "/console/objects/rule/r-web/delete",
    "empty": "/console/objects/team",
    "refused": "/console/events?limit=x&changeRequest=x",
}


@pytest.fixture
def migrated_url(migrated_sqlite_url: str) -> str:
    """Pages ask the API, whose own tests run on both databases."""
    return migrated_sqlite_url


@pytest.fixture
def fleet(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """Make a small believable fleet with a month behind it."""
    now = server.opened.committer.clock()
    directive(server, "d-ssh", "/etc/ssh/sshd_config", displayName="Harden SSH")
    rule(server, "r-web", "d-ssh")
    report(server, "n-1", node_token(server, "n-1"), {})
    for day in (28, 21, 20, 13, 6, 1):
        measure_compliance(server.opened, "default", now - day * DAY_MS)
    report(server, "n-2", node_token(server, "n-2"), {"/etc/ssh/sshd_config": "error"}, id="run-2")
    measure_compliance(server.opened, "default", now)
    submit(server.opened, Edit("parameter", "motd", "create", {"value": "Kept by Sternpost"}))
    for place, text in enumerate(("Every server of the shop", "Every server of the shop and its tests")):
        when = now + (place + 1) * 60_000
        monkeypatch.setattr(server.opened.committer, "clock", lambda when=when: when)
        edit = Edit("rule", "r-web", "modify", {"longDescription": text, "displayName": f"Web servers {place + 1}"})
        submit(server.opened, edit, ctx=as_account("ci", reason="The shop moved to new machines"))
    submit(server.opened, Edit("parameter", "motd", "delete"), ctx=as_account("ci", reason="Nobody reads it"))
    submit(server.opened, *(Edit("rule", f"r-{n}", "create", {"displayName": f"Rule {n}"}) for n in range(3)))
    keep_checkpoints(server.opened.database, server.opened.committer.ring)
    cast = Cast(server)
    cast.person("rita")
    author = cast.person("olaf", "configuration")
    give_password(server, "id-rita")
    cast.switch_on()
    author.asks("POST", "/rules/r-web", query_string={"changeRequestName": "Pause the shop"}, json={"enabled": False})
    return server


def test_an_auditor_filters_opens_exports_checks_and_finds_what_is_gone(fleet: Server, tmp_path: Path) -> None:
    shown: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
    with served(fleet) as url, chromium() as browser, watched(browser, url, **shown) as page:
        log_in(page, url, "/console/events")
        page.get_by_label("What happened").fill("GlobalParameterDeleted")
        page.get_by_role("button", name="Filter").click()
        expect(page).to_have_url(re.compile("type=GlobalParameterDeleted"))
        row = page.locator(".event summary")
        expect(row).to_have_count(1)
        row.press("Enter")
        expect(page.locator(".event")).to_contain_text("Nobody reads it")
        with page.expect_download() as started:
            page.get_by_role("link", name="NDJSON").click()
        started.value.save_as(tmp_path / "events.ndjson")
        lines = (tmp_path / "events.ndjson").read_text("utf-8").splitlines()
        assert json.loads(lines[0])["type"] == "GlobalParameterDeleted"
        assert len(lines) == 2
        expect(page.locator(".integrity")).to_contain_text("The log is whole")
        page.get_by_role("link", name="Check all of it").click()
        expect(page.get_by_role("status")).to_contain_text("The log is whole")
        page.go_back()
        page.locator(".event summary").press("Enter")
        page.get_by_role("link", name="Open parameter motd").click()
        expect(page.get_by_role("status")).to_contain_text("It was deleted")
        expect(page.locator("dl.facts").first).to_contain_text("Kept by Sternpost")
        page.goto(f"{url}/console/events")
        page.locator(".bars a:has(rect:not(.back):not([height='0.0']))").first.press("Enter")
        expect(page).to_have_url(re.compile("from="))
        expect(page.locator(".event").first).to_be_visible()


def test_every_page_fits_and_can_be_used_by_everybody(fleet: Server) -> None:
    with served(fleet) as url, chromium() as browser, watched(browser, url, Visit.of(fleet, "id-rita")) as page:
        assert painted(page, url, SHOWN) == []


def test_a_visit_without_scripts_sees_the_same(fleet: Server) -> None:
    page = Visit.of(fleet, "id-rita").get("/console/")
    assert "Pause the shop" in page.text
    assert "<polyline" in page.text
