"""One event of a tenant's log as a value; the columns of `events` and the fields of format 1."""

from typing import Literal, NamedTuple

from app.core.values import dataclass

Outcome = Literal["success", "denied", "failed"]

NO_HASH = "0" * 64
"""What stands for the hash of the event before the first one."""


@dataclass(frozen=True, slots=True)
class Party:
    """An actor, or somebody on whose behalf one acts, as the log names them: never by display name."""

    handle: str
    id: str
    kind: str


@dataclass(frozen=True, slots=True)
class ReviewTrail:
    """The change request through which a change came."""

    id: int
    diff_hash: str
    author_handle: str
    author_id: str
    approved_by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Private:
    """Personal data kept beside an event, outside its hash; `salt` is hex."""

    salt: str
    ip: str | None
    name: str | None
    user_agent: str | None


class Event(NamedTuple):
    """One row of the log, see docs/format-1.md; `after` and `data` are canonical JSON texts.

    `commit` and `hash` are empty while the event is being made: the commit is built from seqs, bodies, actors and
    times, its SHA is put into the events, and then they are hashed. A tuple, because each change makes three of them
    and a frozen value of 24 fields takes six times as long to make.
    """

    tenant: str
    seq: int
    time: int
    type: str
    actor: Party
    credential: str | None = None
    on_behalf_of: Party | None = None
    object_kind: str | None = None
    object_id: str | None = None
    object_name: str | None = None
    revision: int | None = None
    before: str | None = None
    after: str | None = None
    data: str | None = None
    reason: str = ""
    request_id: str | None = None
    change_request: ReviewTrail | None = None
    outcome: Outcome = "success"
    private: Private | None = None
    private_digest: str | None = None
    commit: str | None = None
    prev_hash: str = NO_HASH
    hash: str = ""
    format: int = 1
