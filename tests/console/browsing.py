"""A real browser at a real server of this process, on a free loopback port."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from app.application import create_app
from tests.installations import Server

CHROMIUM = "/usr/bin/chromium"


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
def watched(browser: Browser, url: str, **context: Any) -> Iterator[Page]:
    """Open a page that nothing may go wrong on, and look at its end that nothing did.

    That is: no dialog, no error of a script, nothing on the console but refusals that the page shows anyway, nothing
    that its own policy forbids, and no request to another host.
    """
    opened = browser.new_context(**context)
    page, said = opened.new_page(), list[str]()
    page.on("dialog", lambda dialog: (said.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    page.on("console", lambda line: said.append(f"console: {line.text}") if _is_fault(line) else None)
    page.on("request", lambda request: None if request.url.startswith(url) else said.append(f"host: {request.url}"))
    try:
        yield page
    finally:
        opened.close()
    assert said == []


def _is_fault(line: ConsoleMessage) -> bool:
    # Chromium writes a line for every page of status 400 and more, which are pages like others.
    return line.type in ("error", "warning") and not line.text.startswith("Failed to load resource")
