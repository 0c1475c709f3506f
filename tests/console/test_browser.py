"""The pages in a real browser: by keyboard alone, without scripts, on a phone, and as screen readers get them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from app.people.passwords import hash_password
from app.store.people import lock_user, update_user
from tests.console.browsing import CHROMIUM, chromium, served
from tests.console.conftest import HOSTILE, People, ask
from tests.installations import Server
from tests.people.persons import PASSWORD

AXE = (Path(__file__).with_name("axe-core-4.14.1") / "axe.min.js").read_text("utf-8")

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f"no browser; install Chromium as {CHROMIUM}")


def faults(page: Page) -> list[str]:
    """Ask axe what on the page keeps somebody out."""
    page.evaluate(AXE)
    found: Any = page.evaluate("axe.run()")
    assert len(found["passes"]) > 10
    return [f"{one['id']}: {node['html']}" for one in found["violations"] for node in one["nodes"]]


def give_password(server: Server, user_id: str) -> None:
    with server.opened.database.writing("default") as connection:
        user = lock_user(connection, "default", user_id)
        assert user is not None
        update_user(connection, replace(user, password=hash_password(PASSWORD)))


def log_in(page: Page, url: str, path: str) -> None:
    page.goto(f"{url}{path}")
    page.get_by_label("E-mail address or user name").fill("rita")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}{path}")


def test_a_reviewer_decides_by_keyboard_without_scripts_on_a_phone(server: Server, people: People) -> None:
    give_password(server, "id-rita")
    first, second = ask(people["ann"]), ask(people["ann"], "x" * 3000, name="w" * 200)
    with served(server) as url, chromium() as browser:
        phone = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False)
        page = phone.new_page()
        log_in(page, url, f"/console/changeRequests/{first}")

        page.get_by_label("Comment").focus()
        page.keyboard.type("Looks good")
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Approve")).to_be_focused()
        page.keyboard.press("Enter")

        expect(page.get_by_role("status")).to_contain_text("You approved it.")
        page.get_by_role("status").get_by_role("link").press("Enter")
        page.wait_for_url(f"{url}/console/changeRequests/{second}")
        page.get_by_role("button", name="Reject").press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("Say why")
        page.get_by_label("Comment").fill("Too long")
        page.get_by_role("button", name="Reject").press("Enter")
        expect(page.get_by_role("status")).to_contain_text("You rejected it.")
        page.get_by_role("button", name="Log out").press("Enter")
        page.wait_for_url(f"{url}/console/login")
    states = [
        server.get(f"/api/25/changeRequests/{number}").get_json()["data"]["changeRequests"][0]["state"]
        for number in (first, second)
    ]
    assert states == ["approved", "rejected"]


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark")])
def test_every_page_fits_can_be_used_by_everybody_and_runs_nothing(
    server: Server, people: People, width: int, scheme: Any
) -> None:
    give_password(server, "id-rita")
    ask(people["ann"], HOSTILE, name=f"N{HOSTILE}", description=HOSTILE)
    long = ask(people["ann"], "x" * 3000, name="w" * 200, description="y" * 500)
    with served(server) as url, chromium() as browser:
        page, said = _watched(browser, width, scheme)
        page.goto(f"{url}/console/login")
        assert faults(page) == []
        log_in(page, url, "/console/changeRequests")
        for path in ("?show=waiting", "?show=closed", "/1", f"/{long}", "/99"):
            page.goto(f"{url}/console/changeRequests{path}")
            assert faults(page) == [], path
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        page.goto(f"{url}/console/changeRequests/1")
        page.get_by_role("button", name="Ask for changes").click()
        assert faults(page) == []
    assert said == []


def _watched(browser: Browser, width: int, scheme: Any) -> tuple[Page, list[str]]:
    """Open a page that keeps what nobody should see: dialogs, errors, and requests that its own policy refused."""
    page = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme).new_page()
    said: list[str] = []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda line: said.append(line.text) if "Content Security Policy" in line.text else None)
    return page, said
