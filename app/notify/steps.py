"""Mails about change requests: the log is followed, and each step becomes the mails that are configured for it.

The mails and the place in the log are written in one transaction, so each step is mailed once, whatever dies meanwhile.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import Any, Final

from sqlalchemy import Connection

from app.changes.review.model import change_request_of
from app.changes.review.telling import ADDED, BROKEN, MOVED
from app.config_mails import WORDS, StepMail, StepName
from app.core.canonical import JSON
from app.core.clock import now_ms
from app.core.ids import new_id
from app.core.logs import LOG
from app.core.tenancy import DEFAULT
from app.core.values import dataclass
from app.notify.readers import Readers
from app.notify.templates import HTML, SUBJECTS, TEXT, fill_html, fill_line, fill_text
from app.store import mails as store
from app.store.change_requests import lock_record
from app.store.db import Database
from app.store.format1 import json_object
from app.store.log import Event
from app.store.mails import Mail

FOLLOWER: Final = "mails"
TYPES: Final = (ADDED, MOVED, BROKEN)
AT_ONCE: Final = 200
STEPS: Final[Mapping[str, StepName]] = {
    "Pending validation": "validation",
    "Pending deployment": "deployment",
    "Cancelled": "cancelled",
    "Deployed": "deployed",
}
SAID: Final[Mapping[str, str]] = {
    "validation": "It waits for review.",
    "deployment": "It is approved and waits for its deployment.",
    "cancelled": "It was cancelled by {{approver}}.",
    "deployed": "It was deployed by {{approver}}.",
    "breakGlass": "{{approver}} deployed it without the reviews that it needed, yours among them. Reason: {{because}}",
}


@dataclass(slots=True)
class StepMails:
    """Follows the log of every tenant; `read` is how far this process has seen each, so that it looks at news only."""

    database: Database
    steps: Mapping[StepName, StepMail]
    public_url: str
    is_on: bool
    clock: Callable[[], int] = now_ms
    read: dict[str, int] = field(default_factory=dict)

    def follow(self) -> int:
        """Write down the mails that the news of every log ask for, and say how many."""
        with self.database.everywhere("logs that mails follow") as connection:
            behind = store.tenants_behind(connection, FOLLOWER)
        return sum(
            self._follow(tenant, max(cursor, self.read.get(tenant, 0)), newest)
            for tenant, (cursor, newest) in behind.items()
            if self.read.get(tenant, 0) < newest
        )

    def _follow(self, tenant: str, after: int, newest: int) -> int:
        with self.database.connect(tenant) as connection:
            if not store.events_of_types(connection, tenant, TYPES, after, newest, 1):
                self.read[tenant] = newest
                return 0
        with self.database.writing(tenant) as connection:
            cursor = store.lock_cursor(connection, tenant, FOLLOWER)
            events = store.events_of_types(connection, tenant, TYPES, cursor, newest, AT_ONCE)
            # With the switch off the place moves on all the same: mails of long ago interest nobody later.
            mails = [mail for one in events for mail in self._mails(connection, one)] if self.is_on else []
            for mail in mails:
                store.insert_mail(connection, mail)
            done = events[-1].seq if len(events) == AT_ONCE else newest
            store.move_cursor(connection, tenant, FOLLOWER, max(cursor, done))
        self.read[tenant] = done
        return len(mails)

    def _mails(self, connection: Connection, one: Event) -> Iterator[Mail]:
        told = _told(connection, one, self.public_url)
        if one.type == BROKEN:
            yield from self._to_skipped(connection, one, told)
            return
        step = step_of(one)
        if step is None or step not in self.steps:
            return
        wanted = self.steps[step]
        recipients = _recipients(connection, one, told, wanted)
        if any(recipients[name] for name in ("to", "cc", "bcc")):
            custom = _template(wanted)
            subject = wanted.subject or SUBJECTS[step]
            yield self._mail(one, told, {**recipients, "reply_to": _listed(wanted.reply_to)}, subject, custom, step)

    def _to_skipped(self, connection: Connection, one: Event, told: dict[str, str]) -> Iterator[Mail]:
        data: dict[str, Any] = dict(json_object(one.data or "{}"))
        told["because"] = str(data.get("because", ""))
        for address in Readers(connection, one.tenant, self.clock()).addresses_of(data.get("skipped", [])):
            yield self._mail(one, told, {"to": [address]}, SUBJECTS["breakGlass"], "", "breakGlass")

    def _mail(
        self,
        one: Event,
        told: Mapping[str, str],
        recipients: Mapping[str, list[str]],
        subject: str,
        custom: str,
        step: str,
    ) -> Mail:
        values = {**told, "said": fill_text(SAID[step], told)}
        now = self.clock()
        return Mail(
            tenant=one.tenant,
            id=new_id(),
            seq=one.seq,
            recipients=recipients,
            subject=fill_line(subject, values)[:200],
            text=fill_text(TEXT, values),
            html=fill_html(custom or HTML, values),
            due=now,
            created=now,
            updated=now,
        )


def step_of(one: Event) -> StepName | None:
    """Say which step of Rudder's an event is; a draft and a change of our own states alone are none."""
    data = json_object(one.data or "{}")
    state, status = data.get("to"), str(data.get("toStatus"))
    if state == "draft" or (data.get("fromStatus") == status and data.get("from") != "draft"):
        return None
    return STEPS.get(status)


def _told(connection: Connection, one: Event, public_url: str) -> dict[str, str]:
    data = json_object(one.data or "{}")
    number = str(data["id"])
    record = lock_record(connection, one.tenant, int(number))
    in_tenant = "" if one.tenant == DEFAULT else f"?tenant={one.tenant}"
    author = _author(data.get("author"), record)
    return {
        "id": number,
        "name": str(data.get("name", "")),
        "description": "" if record is None else record.description,
        "author": author,
        "approver": one.actor.handle if one.type != ADDED else "",
        "link": f"{public_url}/console/changeRequests/{number}{in_tenant}",
    }


def _author(handle: JSON, record: Any) -> str:  # noqa: ANN401  a row or None
    """Name the author as people know them; the handle where there is no other name."""
    name = "" if record is None else change_request_of(record).author.name
    return name or str(handle or "")


def _recipients(connection: Connection, one: Event, told: Mapping[str, str], wanted: StepMail) -> dict[str, list[str]]:
    """Find the addresses: an operator's own are for the installation's own tenant, words are for every one."""
    readers = Readers(connection, one.tenant, one.time)
    found: dict[str, list[str]] = {}
    for name, asked in (("to", wanted.to), ("cc", wanted.cc), ("bcc", wanted.bcc)):
        plain = [address for address in asked if address not in WORDS and one.tenant == DEFAULT]
        words = [word for word in asked if word in WORDS]
        people = [address for word in words for address in readers.addresses(word, int(told["id"]))]
        found[name] = list(dict.fromkeys([*plain, *people]))
    return found


def _template(wanted: StepMail) -> str:
    """Read the operator's template; ours takes the place of one that cannot be read (any more)."""
    if wanted.template is None:
        return ""
    try:
        return wanted.template.read_text("utf-8")
    except (OSError, UnicodeError) as fault:
        LOG.warning("template of a mail cannot be read", file=str(wanted.template), reason=type(fault).__name__)
        return ""


def _listed(address: str) -> list[str]:
    return [address] if address else []
