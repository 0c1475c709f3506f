"""The people of a tenant to whom a mail about a change request goes."""

from collections.abc import Iterable
from functools import cached_property
from typing import Final

from sqlalchemy import Connection

from app.changes.review.model import change_request_of
from app.core.values import dataclass
from app.people.callers import rights_of_user
from app.store.change_requests import lock_record
from app.store.people import User, lock_users

RIGHTS: Final = {
    "reviewers": frozenset({"validator_write", "validator_edit"}),
    "deployers": frozenset({"deployer_write", "deployer_edit"}),
}


@dataclass
class Readers:
    """Finds addresses of people who are active, as of a moment."""

    connection: Connection
    tenant: str
    now_ms: int

    @cached_property
    def active(self) -> list[User]:
        """Everybody who may log in and can be written to, by name."""
        people = [user for user in lock_users(self.connection, self.tenant) if user.is_active and user.email]
        return sorted(people, key=lambda user: user.username)

    def addresses(self, word: str, number: int) -> list[str]:
        """Give the addresses that a word stands for; nobody is asked to review or deploy who wrote it."""
        authors = self._authors(number)
        if word == "author":
            return [str(user.email) for user in self.active if user.id in authors]
        needed = RIGHTS[word]
        able = (user for user in self.active if needed <= rights_of_user(self.connection, user, self.now_ms))
        return [str(user.email) for user in able if user.id not in authors]

    def addresses_of(self, handles: Iterable[object]) -> list[str]:
        """Give the addresses of people by their handles."""
        wanted = set(handles)
        return [str(user.email) for user in self.active if user.username in wanted]

    def _authors(self, number: int) -> set[str]:
        record = lock_record(self.connection, self.tenant, number)
        people = () if record is None else (one.person for one in change_request_of(record).contributors)
        return {person for person in people if person is not None}
