"""Who may decide: the people of a tenant with their rights, the accounts that act for them, and teams."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Final

from sqlalchemy import Connection

from app.changes.review.model import Contributor, Review
from app.changes.review.policy import TEAM
from app.changes.review.reach import State
from app.core.context import Context
from app.core.rights import all_of
from app.core.values import dataclass
from app.store.accounts import lock_account
from app.store.people import User, lock_users
from app.store.roles import rights_by, role_table

APPROVE: Final = ("validator_write", "validator_edit")
DEPLOY: Final = ("deployer_write", "deployer_edit")
REVIEW: Final = frozenset({*APPROVE, *DEPLOY})
BREAK_GLASS: Final = tuple(sorted(all_of("deployer", "administration")))


@dataclass(frozen=True, slots=True)
class Standing:
    """How the caller stands: the person behind it, and whether that person is there and active.

    `member` is None for an account without owner and for the system.
    """

    ctx: Context
    person: str | None
    is_active: bool
    own_rights: frozenset[str] | None

    def holds(self, rights: Iterable[str]) -> bool:
        """Tell whether the caller has all of the rights: by its credential and, for a person, by its roles now."""
        return all(self.ctx.holds(right) and (self.own_rights is None or right in self.own_rights) for right in rights)

    @property
    def handle(self) -> str:
        """The caller's name in a sentence."""
        return self.ctx.actor.handle


class Voters:
    """The people of one tenant as they are under the lock; read when first asked for."""

    def __init__(self, connection: Connection, tenant: str, now_ms: int) -> None:
        self._connection = connection
        self._tenant = tenant
        self._now = now_ms

    @cached_property
    def people(self) -> Mapping[str, User]:
        """Every person who is active, by id."""
        return {user.id: user for user in lock_users(self._connection, self._tenant) if user.is_active}

    @cached_property
    def rights(self) -> Mapping[str, frozenset[str]]:
        """What every active person may do, by id."""
        table = role_table(self._connection, self._tenant)
        return {user.id: rights_by(table, user, self._now) for user in self.people.values()}

    def standing(self, ctx: Context) -> Standing:
        """Say how a caller stands now."""
        actor = ctx.on_behalf_of or ctx.actor
        if actor.kind == "user":
            known = actor.id in self.people
            return Standing(ctx, actor.id, known, self.rights.get(actor.id, frozenset()))
        if actor.kind == "account":
            account = lock_account(self._connection, self._tenant, actor.id)
            owner = None if account is None else account.owner
            return Standing(ctx, owner, owner in self.people, None)
        return Standing(ctx, None, is_active=False, own_rights=None)

    def eligible(self, team: str | None, state: State) -> list[User]:
        """List the people whose approval counts for a team (None: anybody who may validate), by handle."""
        members = None if team is None else self.members(team, state)
        found = [
            user
            for user in self.people.values()
            if self.may_approve(user.id) and (members is None or user.id in members)
        ]
        return sorted(found, key=lambda user: user.username)

    def members(self, team: str, state: State) -> frozenset[str]:
        """Name the people of a team, by id; one that does not exist has none."""
        stored = state.find(TEAM, team)
        members = None if stored is None else stored.document.get("members")
        return frozenset(map(str, members)) if isinstance(members, list) else frozenset()

    def may_approve(self, person: str) -> bool:
        """Tell whether a person has the rights of an approver."""
        return self.rights.get(person, frozenset()).issuperset(APPROVE)

    def still_counts(self, review: Review) -> bool:
        """Tell whether who gave an approval may still give one."""
        reviewer: Contributor = review.reviewer
        if reviewer.person is None or reviewer.person not in self.people:
            return False
        if reviewer.kind == "user":
            return self.may_approve(reviewer.person)
        account = lock_account(self._connection, self._tenant, reviewer.id)
        expired = account is not None and account.expires is not None and account.expires <= self._now
        return account is not None and account.enabled and not expired and account.owner == reviewer.person
