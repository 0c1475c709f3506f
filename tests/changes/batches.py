"""Forces several change sets into one batch, without a clock: the lane opens when the last of them waits in it."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.boot import KINDS, Installation
from app.changes.change import Edit, Idempotency, Outcome
from app.changes.committer import Committer
from app.changes.operating import Act
from app.config import Config
from app.core.context import Context
from tests.crash.checks import State, check
from tests.crash.serving import repository
from tests.installations import as_account


@dataclass(frozen=True)
class Asked:
    """One writer's change set."""

    edits: Sequence[Edit]
    ctx: Context | None = None
    idempotency: Idempotency | None = None
    act: Act | None = None


class _Queue(deque[Any]):
    """Tells when somebody has joined."""

    def __init__(self) -> None:
        super().__init__()
        self.joined = threading.Semaphore(0)

    def append(self, ticket: Any) -> None:
        super().append(ticket)
        self.joined.release()


def rule(document_id: str, action: str = "create", revision: int | None = None, **fields: Any) -> Edit:
    """Write an edit of a rule."""
    given = {"displayName": f"Rule {document_id}", **fields} if action != "delete" else {}
    return Edit("rule", document_id, action, given, expected_revision=revision)  # type: ignore[arg-type]


def submit_together(committer: Committer, *asked: Asked) -> list[Outcome | BaseException]:
    """Submit each change set from a thread of its own; all are in one batch, in this order."""
    tenant = (asked[0].ctx or as_account()).tenant
    lane, queue = committer._lanes._lane(tenant), _Queue()  # noqa: SLF001  the one way to hold a lane
    lane.waiting, lane.busy = queue, True
    answers: dict[int, Outcome | BaseException] = {}

    def write(number: int, one: Asked) -> None:
        try:
            ctx = one.ctx or as_account()
            answers[number] = committer.submit(ctx, one.edits, act=one.act, idempotency=one.idempotency)
        except BaseException as failure:  # noqa: BLE001  it is what the test looks at
            answers[number] = failure

    threads = [threading.Thread(target=write, args=(number, one)) for number, one in enumerate(asked)]
    for thread in threads:
        thread.start()
        assert queue.joined.acquire(timeout=30)
    queue[0].woken.set()
    for thread in threads:
        thread.join(60)
    assert not lane.busy
    return [answers[number] for number in range(len(asked))]


def replayed(config: Config, opened: Installation) -> State:
    """Let the git writer replay the log, which compares every commit's SHA, and check everything."""
    opened.git_writer.catch_up("default")
    return check(config.database_url, repository(config))


def broken_kinds(**broken: Callable[..., Any]) -> list[Any]:
    """Give the kinds, with rules that have these functions instead of their own."""
    return [replace(kind, **broken) if kind.name == "rule" else kind for kind in KINDS]


def committer_of(opened: Installation, **broken: Callable[..., Any]) -> Committer:
    """Open another committer, as another version of the program would."""
    return Committer(opened.database, broken_kinds(**broken), opened.committer.ring)
