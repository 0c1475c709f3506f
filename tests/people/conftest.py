"""A mail server that keeps what it is sent."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

import pytest
from aiosmtpd.controller import Controller

from app.people.mailing import MailServer


@dataclass
class Sink:
    """A real SMTP server on loopback; `refuse` is what it answers instead of taking a mail."""

    port: int = 0
    refuse: str = ""
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    when_taken: Callable[[], None] = lambda: None

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  the library's name
        if self.refuse:
            return self.refuse
        self.mails.append(cast("EmailMessage", message_from_bytes(envelope.content, policy=policy.default)))
        self.recipients.append(list(envelope.rcpt_tos))
        self.when_taken()
        return "250 taken"

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def server(self) -> MailServer:
        return MailServer(self.url, "sternpost@example.org", "https://sternpost.example.org")


@pytest.fixture
def sink() -> Iterator[Sink]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        kept = Sink(free.getsockname()[1])
    controller = Controller(kept, hostname="127.0.0.1", port=kept.port)
    controller.start()
    try:
        yield kept
    finally:
        controller.stop()
