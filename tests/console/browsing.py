"""A real browser at a real server of this process, on a free loopback port."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from app.application import create_app
from app.http.auth import SESSION_COOKIE
from tests.console.visiting import Visit
from tests.installations import Server

CHROMIUM = "/usr/bin/chromium"
SHOTS = Path(__file__).parents[2] / "build" / "screenshots"
"""Where pages are painted for people to look at; git does not keep it."""
SLOW_MS = 300_000
DESK, PHONE = 1280, 360
expect.set_options(timeout=SLOW_MS)

_AXE = (Path(__file__).with_name("axe-core-4.14.1") / "axe.min.js").read_text("utf-8")
_COLOURS = ["color-contrast", "link-in-text-block"]
"""The rules of axe that see whether a page is light or dark."""
_OPEN = (
    "document.querySelectorAll('details:not([open])').forEach((one) => { one.open = true; one.dataset.unfolded = ''; })"
)
_CLOSE = "document.querySelectorAll('[data-unfolded]').forEach((one) => { one.open = false; })"


class _Quiet(WSGIRequestHandler):
    def log_request(self, *_said: object) -> None:
        return


@contextmanager
def served(server: Server) -> Iterator[str]:
    """Serve an installation, and give its URL."""
    ending = threading.Event()
    app = create_app(server.config, server.opened, pause=ending.wait)
    listening = make_server("127.0.0.1", 0, app, True, request_handler=_Quiet)
    listening.daemon_threads = False  # so that closing waits for those that still answer
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.server_port}"
    finally:
        ending.set()
        listening.shutdown()
        thread.join()
        listening.server_close()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a browser without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def watched(browser: Browser, url: str, visit: Visit | None = None, **context: Any) -> Iterator[Page]:
    """Open a page that nothing may go wrong on, of somebody who is logged in or of nobody; its end says what did.

    That is: no dialog, no error of a script, nothing on the console but refusals that the page shows anyway, nothing
    that its own policy forbids, and no request to another host.
    """
    opened = browser.new_context(**context)
    opened.set_default_timeout(SLOW_MS)
    cookie = visit.client.get_cookie(SESSION_COOKIE) if visit is not None else None
    if cookie is not None:
        opened.add_cookies([{"name": SESSION_COOKIE, "value": cookie.value, "url": url}])
    page, said, ours = opened.new_page(), list[str](), (url, "data:", "blob:")
    page.on("dialog", lambda dialog: (said.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    page.on("console", lambda line: said.append(f"console: {line.text}") if _is_fault(line) else None)
    page.on("request", lambda sent: None if sent.url.startswith(ours) else said.append(f"host: {sent.url}"))
    try:
        yield page
    finally:
        opened.close()
    assert said == []


def painted(page: Page, url: str, pages: Mapping[str, str]) -> list[str]:
    """Visit each page once and say what is wrong with it: wide and light, then narrow and dark, each in both colours.

    Pictures are taken as somebody finds the page, and what is wrong is looked for with every fold open.
    """
    SHOTS.mkdir(parents=True, exist_ok=True)
    wrong: list[str] = []
    for name, path in pages.items():
        page.set_viewport_size({"width": DESK, "height": 800})
        page.emulate_media(color_scheme="light")
        page.goto(f"{url}{path}")
        page.evaluate(_AXE)
        for width, scheme in ((DESK, "light"), (PHONE, "dark")):
            wrong += [f"{name} at {width}: {fault}" for fault in _seen(page, name, width, scheme)]  # type: ignore[arg-type]  # one of the two
    return wrong


def _seen(page: Page, name: str, width: int, scheme: Literal["light", "dark"]) -> list[str]:
    page.evaluate(_CLOSE)
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    page.screenshot(path=SHOTS / f"{name}-{width}.png", full_page=True)
    page.evaluate(_OPEN)
    wrong = _violations(page, {})
    page.emulate_media(color_scheme="dark" if scheme == "light" else "light")
    wrong += _violations(page, {"runOnly": _COLOURS})
    if page.evaluate("document.documentElement.scrollWidth") > width:
        wrong.append("something is wider than the window")
    return wrong


def faults(page: Page) -> list[str]:
    """Ask axe what on the page keeps somebody out."""
    page.evaluate(_AXE)
    return _violations(page, {})


def _violations(page: Page, options: Mapping[str, Any]) -> list[str]:
    found: Any = page.evaluate("(options) => axe.run(options)", {"preload": False, **options})
    assert len(found["passes"]) > (0 if options else 10)
    return [f"{one['id']}: {node['html']}" for one in found["violations"] for node in one["nodes"]]


def _is_fault(line: ConsoleMessage) -> bool:
    # Chromium writes a line for every page of status 400 and more, which are pages like others.
    return line.type in ("error", "warning") and not line.text.startswith("Failed to load resource")
