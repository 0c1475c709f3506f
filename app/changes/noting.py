"""Events that nobody waits for: failed logins and refusals, written off the request's path, equal ones as one."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import structlog

from app.changes.committer import Committer
from app.changes.operating import Act, Deed
from app.changes.recording import Fact
from app.core.context import Context
from app.core.errors import SternpostError

DELAY_S = 1.0
MOST_WAITING = 1000

_log = structlog.get_logger()


@dataclass(slots=True)
class _Note:
    ctx: Context
    fact: Fact
    count: int = 1


def _in_thread(delay_s: float, act: Callable[[], None]) -> None:
    timer = threading.Timer(delay_s, act)
    timer.daemon = True
    timer.start()


@dataclass(slots=True)
class Notes:
    """Collects facts of this process and writes them a moment later; what is lost with the process is that moment.

    Whoever is refused cannot tell by the time it takes whether something was written. Acts of which nobody may tell
    whether they were done are done here too.
    """

    committer: Committer
    later: Callable[[float, Callable[[], None]], None] = _in_thread
    _mutex: threading.Lock = field(default_factory=threading.Lock)
    _waiting: dict[tuple[str | None, ...], _Note] = field(default_factory=dict)
    _acts: dict[tuple[str, str], tuple[Context, Act]] = field(default_factory=dict)

    def note(self, ctx: Context, fact: Fact) -> None:
        """Take a fact; the caller never waits for the database."""
        key = (ctx.tenant, ctx.actor.id, ctx.source.ip, fact.type, fact.kind, fact.id, fact.outcome)
        with self._mutex:
            known = self._waiting.get(key)
            if known is not None:
                known.count += 1
                return
            if len(self._waiting) >= MOST_WAITING:
                _log.warning("event not noted", type=fact.type, tenant=ctx.tenant, reason="too many are waiting")
                return
            self._waiting[key] = _Note(ctx, fact)
            first = len(self._waiting) == 1
        if first:
            self.later(DELAY_S, self.flush)

    def act(self, ctx: Context, name: str, act: Act) -> None:
        """Take an act; of one name in a tenant only the last is done."""
        with self._mutex:
            if len(self._acts) >= MOST_WAITING:
                _log.warning("act not done", name=name, tenant=ctx.tenant, reason="too many are waiting")
                return
            self._acts[ctx.tenant, name] = (ctx, act)
            first = len(self._acts) == 1
        if first:
            self.later(DELAY_S, self.flush)

    def flush(self) -> None:
        """Write what was taken; what cannot be written is logged and dropped."""
        with self._mutex:
            waiting, self._waiting = self._waiting, {}
            acts, self._acts = self._acts, {}
        for one in waiting.values():
            self._operate(one.ctx, _act(one), one.fact.type)
        for (_, name), (ctx, act) in acts.items():
            self._operate(ctx, act, name.partition(":")[0])

    def _operate(self, ctx: Context, act: Act, name: str) -> None:
        try:
            self.committer.operate(ctx, act)
        except SternpostError as failure:
            _log.warning("event not noted", type=name, tenant=ctx.tenant, reason=failure.message)


def _act(one: _Note) -> Act:
    fact = replace(one.fact, data={**(one.fact.data or {}), "count": one.count})
    return lambda _connection, _now: Deed(facts=(fact,), answer={})
