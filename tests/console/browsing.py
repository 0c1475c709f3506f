"""A real browser at a real server of this process, on a free loopback port."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright
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
    listening = make_server("127.0.0.1", 0, create_app(server.config, server.opened), True, request_handler=_Quiet)
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.server_port}"
    finally:
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
