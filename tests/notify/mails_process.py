"""Sends the mails that are due in a process of its own, to be killed on the way; its argument is the server's URL."""

import sys

from app.boot import installation
from app.config import load
from app.core.clock import now_ms
from app.notify.mailing import send_mails
from app.people.mailing import MailServer

with installation(load()) as opened:
    server = MailServer(sys.argv[1], "sternpost@example.org", "https://sternpost.example.org")
    send_mails(opened.database, server, now_ms())
