"""Mails what is due in a process of its own, to be killed on the way; its argument is the mail server's URL."""

import sys

from app.boot import installation
from app.config import load
from app.core.clock import now_ms
from app.people.mailing import MailServer, send_due

with installation(load()) as opened:
    mail_server = MailServer(sys.argv[1], "sternpost@example.org", "https://sternpost.example.org")
    send_due(opened.database, opened.committer.ring, mail_server, now_ms())
