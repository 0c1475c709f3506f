"""The pages in a real browser: by keyboard alone, without scripts, on a phone, and as screen readers get them."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.config_mails import StepMail
from app.core.clock import now_ms
from app.notify.mailing import send_mails
from app.notify.steps import StepMails
from app.people.passwords import hash_password
from app.store.people import lock_user, update_user
from tests.console.browsing import CHROMIUM, chromium, faults, painted, served, watched
from tests.console.conftest import HOSTILE, People, ask
from tests.console.visiting import Visit
from tests.installations import Server
from tests.people.conftest import Sink, sink
from tests.people.persons import PASSWORD
from tests.review.cast import Cast

__all__ = ["sink"]

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f"no browser; install Chromium as {CHROMIUM}")


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

        page.locator("#comment").focus()
        page.keyboard.type("Looks good")
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Approve")).to_be_focused()
        page.keyboard.press("Enter")

        expect(page.get_by_role("status").first).to_contain_text("You approved it.")
        page.get_by_role("status").get_by_role("link").press("Enter")
        page.wait_for_url(f"{url}/console/changeRequests/{second}")
        page.get_by_role("button", name="Reject").press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("Say why")
        page.locator("#comment").fill("Too long")
        page.get_by_role("button", name="Reject").press("Enter")
        expect(page.get_by_role("status").first).to_contain_text("You rejected it.")
        page.locator(".menu > summary").press("Enter")
        page.get_by_role("button", name="Log out").press("Enter")
        page.wait_for_url(f"{url}/console/login")
    states = [
        server.get(f"/api/25/changeRequests/{number}").get_json()["data"]["changeRequests"][0]["state"]
        for number in (first, second)
    ]
    assert states == ["approved", "rejected"]


def test_every_page_fits_can_be_used_by_everybody_and_runs_nothing(server: Server, people: People) -> None:
    first = ask(people["ann"], HOSTILE, name=f"N{HOSTILE}", description=HOSTILE)
    path = "rule ssh/shortDescription"
    people["olaf"].ok(
        "POST", f"/changeRequests/{first}/reviews", json={"verdict": "comment", "comment": HOSTILE, "path": path}
    )
    long = ask(people["ann"], "x" * 3000, name="w" * 200, description="y" * 500)
    done = ask(people["rita"], "of rita")
    assert people["olaf"].approve(done).status_code == people["olaf"].deploy(done).status_code == 200
    queue = "/console/changeRequests"
    shown = {
        "queue": f"{queue}?show=waiting",
        "closed": f"{queue}?show=closed",
        "hostile": f"{queue}/{first}",
        "long": f"{queue}/{long}",
        "deployed": f"{queue}/{done}",
        "edit-request": f"{queue}/{done}/edit",
        "missing": f"{queue}/99",
    }
    with served(server) as url, chromium() as browser:
        with watched(browser, url) as page:
            assert painted(page, url, {"login": "/console/login"}) == []
        with watched(browser, url, Visit.of(server, "id-rita")) as page:
            assert painted(page, url, shown) == []
            page.goto(f"{url}{queue}/{first}")
            page.get_by_role("button", name="Ask for changes").first.click()
            expect(page.get_by_role("alert")).to_contain_text("Say why")
            page.wait_for_load_state()
            page.keyboard.press("?")
            expect(page.get_by_role("dialog", name="Keys of this page")).to_contain_text("write a comment")
            assert faults(page) == []


def test_a_reviewer_follows_a_mail_reads_and_approves_in_two_clicks_and_goes_on(
    server: Server, people: People, sink: Sink
) -> None:
    give_password(server, "id-rita")
    nodes = Cast(server)
    nodes.nodes("n-1", "n-2")
    mail: Any = {"validation": StepMail.model_validate({"to": ["team@example.org"]})}
    with served(server) as url, chromium() as browser, watched(browser, url, timezone_id="Asia/Kolkata") as page:
        mails = StepMails(server.opened.database, mail, url, is_on=True)
        first, second = ask(people["ann"]), ask(people["ann"], "other", name="Second one")
        mails.follow()
        send_mails(server.opened.database, sink.server, now_ms())
        text = next(one for one in sink.mails if "Explain the rule" in str(one["Subject"]))
        body = text.get_body(("plain", "html"))
        assert body is not None
        link = re.search(rf"{re.escape(url)}/console/changeRequests/{first}[^\s\"<]*", body.get_content())
        assert link is not None
        log_in(page, url, link[0].removeprefix(url))
        expect(page.get_by_role("heading", name="Machines")).to_be_visible()
        expect(page.locator("#main")).to_contain_text("It reached 3 machines before and reaches 3 after")
        expect(page.get_by_role("row", name="shortDescription")).to_contain_text("new text")
        expect(page.locator("time").first).to_contain_text("+05:30")
        assert str(page.locator("time").first.get_attribute("title")).endswith("UTC")

        page.get_by_role("button", name="Approve").click()
        expect(page.get_by_role("status").first).to_contain_text("You approved it.")
        page.get_by_role("link", name="Next").first.click()

        page.wait_for_url(f"{url}/console/changeRequests/{second}")
        for key, name in (("j", "article"), ("a", "button"), ("r", "button"), ("c", "textarea")):
            page.keyboard.press(key)
            assert page.evaluate("document.activeElement.localName") == name
        page.keyboard.press("Escape")
        page.keyboard.press("q")
        page.wait_for_url(f"{url}/console/changeRequests")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{url}/console/changeRequests/*")
        before = page.locator(".diff").inner_text()
        with page.expect_response(lambda answer: "wait=PT25S" in answer.url):
            asked = page.wait_for_event("request", lambda request: "wait=PT25S" in request.url)
            assert asked.headers["if-none-match"]
            number = int(page.url.rpartition("/")[2])
            edit = [{"kind": "rule", "id": "ssh", "action": "modify", "after": {"shortDescription": "newest"}}]
            people["ann"].ok("PATCH", f"/changeRequests/{number}", json={"changes": edit})
        expect(page.locator("#news")).to_contain_text("What it asks for was changed: revision")
        assert page.locator(".diff").inner_text() == before
    shown = people["rita"].request(first)
    assert shown["state"] == "approved"
