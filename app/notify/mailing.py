"""Sending the mails that are written down: claimed, handed in and marked, each step in a transaction of its own.

A crash between two steps sends a mail again and never loses one.
"""

from collections.abc import Callable
from email.message import EmailMessage
from email.utils import formatdate
from itertools import takewhile
from typing import Final

from app.core.faults import fault_point
from app.core.logs import LOG
from app.people.mailing import LEASE_MS, MOST, MailServer, retry_after_ms
from app.store import mails as store
from app.store.db import Database
from app.store.mails import Mail

GIVE_UP_MS: Final = 3 * 86_400_000


def send_mails(
    database: Database, server: MailServer, now_ms: int, is_stopping: Callable[[], bool] = lambda: False
) -> int:
    """Send every mail that is due, in all tenants, and say how many went out."""
    if not server.url:
        return 0
    with database.everywhere("mails that are due") as connection:
        due = store.due_mails(connection, now_ms, MOST)
    going_on = takewhile(lambda _: not is_stopping(), due)
    return sum(_send_one(database, server, mail, now_ms) for mail in going_on)


def _send_one(database: Database, server: MailServer, mail: Mail, now_ms: int) -> bool:
    with database.writing(mail.tenant) as connection:
        if not store.claim_mail(connection, mail, now_ms, now_ms + LEASE_MS):
            return False
    fault_point("notice.claimed")
    fault = _try(server, mail)
    fault_point("notice.sent")
    values: dict[str, object] = {"due": None, "sent": now_ms, "fault": None}
    if fault is not None:
        again = now_ms + retry_after_ms(mail.attempts + 1)
        values = {"due": again if again - mail.created < GIVE_UP_MS else None, "fault": fault}
        LOG.warning("mail not sent", tenant=mail.tenant, mail=mail.id, reason=fault)
    with database.writing(mail.tenant) as connection:
        store.update_mail(connection, mail, updated=now_ms, **values)
    return fault is None


def _try(server: MailServer, mail: Mail) -> str | None:
    try:
        message = _message(server, mail)
    except ValueError:
        return "the head of the mail cannot be written"
    return server.attempt(message)


def _message(server: MailServer, mail: Mail) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = mail.subject
    message["From"] = server.sender
    for header, name in (("To", "to"), ("Cc", "cc"), ("Bcc", "bcc"), ("Reply-To", "reply_to")):
        addresses = mail.recipients.get(name)
        if addresses:
            message[header] = ", ".join(addresses)
    message["Date"] = formatdate(mail.created / 1000)
    message["Message-ID"] = f"<{mail.id}@{server.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    return message
