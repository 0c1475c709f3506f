"""Mailing links, to invite or for a new password.

Rows that are due are claimed, sent and marked, each step in a transaction of its own. A crash between two steps sends a
mail again and never loses one.
"""

import smtplib
import ssl
from collections.abc import Callable, Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate
from itertools import takewhile
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from app.core.clock import rfc3339
from app.core.faults import fault_point
from app.core.logs import LOG
from app.core.values import dataclass
from app.people.invitations import Purpose, token_of
from app.store.db import Database
from app.store.logins import Invitation, claim_invitation, due_invitations, update_invitation
from app.store.people import User, lock_user
from app.store.secrets import KeyRing
from app.store.tenants import find_tenant

LEASE_MS: Final = 120_000
"""A worker that has taken a mail and is not heard of again for so long has died: another one sends it."""
FIRST_RETRY_MS: Final = 60_000
LONGEST_RETRY_MS: Final = 3_600_000
TIMEOUT_S: Final = 30.0
MOST: Final = 50
PORTS: Final = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
NOT_AN_ADDRESS: Final = "the address cannot be written into a mail"
NOT_CONFIGURED: Final = "no mail server is configured; set STERNPOST_SMTP_URL"

_WORDS: Final[Mapping[Purpose, tuple[str, str, str]]] = {
    "invitation": (
        "Your invitation to Sternpost",
        "accept-invitation",
        "You are invited to {tenant} on Sternpost, as '{username}'.\n\nOpen this link to accept:",
    ),
    "reset": (
        "A new password for Sternpost",
        "reset-password",
        "Somebody asked for a new password of '{username}' in {tenant} on Sternpost.\n\nOpen this link to set one:",
    ),
}
"""By what a link is for: the subject, the path, and what stands before the link."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails are handed in, from whom they are, and the URL that their links begin with."""

    url: str
    sender: str
    public_url: str

    def send(self, message: EmailMessage) -> None:
        """Hand one message in.

        Raises:
            OSError: the server cannot be reached, or refuses (`smtplib.SMTPException` is one).
        """
        place = urlsplit(self.url)
        host, port = place.hostname or "", place.port or PORTS[place.scheme]
        if place.scheme == "smtps":
            client: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_S, context=ssl.create_default_context())
        else:
            client = smtplib.SMTP(host, port, timeout=TIMEOUT_S)
        with client:
            if place.scheme == "smtp+starttls":
                client.starttls(context=ssl.create_default_context())
            if place.username is not None:
                client.login(unquote(place.username), unquote(place.password or ""))
            client.send_message(message)

    def attempt(self, message: EmailMessage) -> str | None:
        """Hand one message in; give the reason when that failed, in words that name nobody."""
        if not self.url:
            return NOT_CONFIGURED
        try:
            self.send(message)
        except smtplib.SMTPResponseException as failure:
            return f"the mail server answered {failure.smtp_code}"
        except smtplib.SMTPRecipientsRefused as failure:
            codes = ", ".join(str(code) for code, _ in failure.recipients.values())
            return f"the mail server refused the address ({codes})"
        except ValueError:
            return NOT_AN_ADDRESS
        except OSError as failure:
            return f"the mail server cannot be reached ({failure.strerror or type(failure).__name__})"
        return None


def send_due(
    database: Database, ring: KeyRing, server: MailServer, now_ms: int, is_stopping: Callable[[], bool] = lambda: False
) -> int:
    """Mail every invitation that is due, in all tenants, and say how many went out."""
    with database.everywhere("mails that are due") as connection:
        due = due_invitations(connection, now_ms, MOST)
    going_on = takewhile(lambda _: not is_stopping(), due)
    return sum(_send_one(database, ring, server, invitation, now_ms) for invitation in going_on)


def _send_one(database: Database, ring: KeyRing, server: MailServer, invitation: Invitation, now_ms: int) -> bool:
    with database.writing(invitation.tenant) as connection:
        if not claim_invitation(connection, invitation, now_ms + LEASE_MS):
            return False
        user = lock_user(connection, invitation.tenant, invitation.user_id)
        tenant = find_tenant(connection, invitation.tenant)
        if (
            user is None
            or user.state == "disabled"
            or user.email is None
            or tenant is None
            or _is_over(invitation, now_ms)
        ):
            update_invitation(connection, invitation.tenant, invitation.id, due=None)
            return False
    fault_point("mail.claimed")
    fault = _try(ring, server, invitation, user, tenant.name)
    fault_point("mail.sent")
    values: dict[str, object] = {"due": None, "sent": now_ms, "fault": None}
    if fault is not None:
        values = {"due": now_ms + retry_after_ms(invitation.attempts + 1), "fault": fault}
        LOG.warning("mail not sent", tenant=invitation.tenant, invitation=invitation.id, reason=fault)
    with database.writing(invitation.tenant) as connection:
        update_invitation(connection, invitation.tenant, invitation.id, **values)
    return fault is None


def retry_after_ms(attempts: int) -> int:
    """Wait a minute after the first failure, twice as long after each further one, an hour at most."""
    return min(FIRST_RETRY_MS << min(attempts - 1, 16), LONGEST_RETRY_MS)


def _is_over(invitation: Invitation, now_ms: int) -> bool:
    return invitation.used is not None or invitation.expires <= now_ms


def _try(ring: KeyRing, server: MailServer, invitation: Invitation, user: User, tenant: str) -> str | None:
    """Send; give the reason when that failed, in words that name nobody."""
    if not server.url:
        return NOT_CONFIGURED
    try:
        message = _message(ring, server, invitation, user, tenant)
    except ValueError:
        return NOT_AN_ADDRESS
    return server.attempt(message)


def _message(ring: KeyRing, server: MailServer, invitation: Invitation, user: User, tenant: str) -> EmailMessage:
    purpose: Purpose = "invitation" if user.invited else "reset"
    subject, path, why = _WORDS[purpose]
    link = f"{server.public_url}/auth/{path}?token={quote(token_of(ring, invitation, purpose), safe='')}"
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = server.sender
    message["To"] = _address(user)
    message["Date"] = formatdate(invitation.created / 1000)
    message["Message-ID"] = f"<{invitation.id}@{server.sender.rpartition('@')[2].rstrip('>')}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(
        f"{why.format(tenant=' '.join(tenant.split()), username=user.username)}\n\n{link}\n\n"
        f"It opens once, until {rfc3339(invitation.expires)}. If you do not know why you get this, ignore it.\n"
    )
    return message


def _address(user: User) -> Address:
    name, _, domain = (user.email or "").rpartition("@")
    return Address(display_name=" ".join(user.name.split()), username=name, domain=domain)
