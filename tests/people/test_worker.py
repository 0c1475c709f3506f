"""A real server with its worker and a real mail server: an invitation goes out without anybody asking."""

import json
import re
import threading
import urllib.request
from pathlib import Path
from typing import Any

from tests.live import Live, serving
from tests.people.conftest import Sink


def call(server: Live, method: str, path: str, asked: Any, token: str | None = None) -> Any:
    headers = {"Content-Type": "application/json", **({"X-API-Token": token} if token else {})}
    request = urllib.request.Request(
        f"{server.url}{path}", method=method, headers=headers, data=json.dumps(asked).encode()
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def test_a_server_mails_an_invitation_whose_link_opens(tmp_path: Path, sink: Sink) -> None:
    arrived = threading.Event()
    sink.when_taken = arrived.set
    with serving(
        tmp_path, environment={"STERNPOST_SMTP_URL": sink.url, "STERNPOST_MAIL_FROM": "a@example.org"}
    ) as live:
        invited = {"email": "ann@example.com", "roles": ["administrator"]}
        call(live, "POST", "/api/25/users/invite", invited, live.token)

        assert arrived.wait(60), (tmp_path / "server.log").read_text()

        link = re.search(r"token=(\S+)", sink.mails[0].get_content())
        assert link is not None
        pair = call(live, "POST", "/auth/accept-invitation", {"token": link[1], "password": "a sentence of my own"})
        assert set(pair) == {"access", "refresh", "expiresIn"}
