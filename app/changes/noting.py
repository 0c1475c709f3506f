"""Events that nobody waits for: failed logins and refusals, written off the request's path, equal ones as one."""

import threading
import time
from collections.abc import Callable
from dataclasses import field, replace

from app.changes.committer import Committer
from app.changes.operating import Act
from app.changes.recording import Fact
from app.core.canonical import canonical
from app.core.context import Context
from app.core.errors import SternpostError
from app.core.logs import LOG
from app.core.values import dataclass

DELAY_S = 1.0
MERGED_FOR_S = 60.0
"""After a fact was written, equal ones are collected for so long and written as one with their count."""
MOST_WAITING = 1000

Key = tuple[str | None, ...]


@dataclass(slots=True)
class _Note:
    ctx: Context
    fact: Fact
    due: float
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
    now_s: Callable[[], float] = time.monotonic
    _mutex: threading.Lock = field(default_factory=threading.Lock)
    _waiting: dict[Key, _Note] = field(default_factory=dict)
    _written: dict[Key, float] = field(default_factory=dict)
    _wakes: float | None = None
    _acts: dict[tuple[str, str], tuple[Context, Act]] = field(default_factory=dict)

    def note(self, ctx: Context, fact: Fact) -> None:
        """Take a fact; the caller never waits for the database."""
        key = _key(ctx, fact)
        with self._mutex:
            known = self._waiting.get(key)
            if known is not None:
                known.count += 1
                return
            if len(self._waiting) >= MOST_WAITING:
                LOG.warning("event not noted", type=fact.type, tenant=ctx.tenant, reason="too many are waiting")
                return
            now = self.now_s()
            written = self._written.get(key)
            due = now + DELAY_S if written is None else max(now + DELAY_S, written + MERGED_FOR_S)
            self._waiting[key] = _Note(ctx, fact, due)
            self._wake(now)

    def act(self, ctx: Context, name: str, act: Act) -> None:
        """Take an act; of one name in a tenant only the last is done."""
        with self._mutex:
            if len(self._acts) >= MOST_WAITING:
                LOG.warning("act not done", name=name, tenant=ctx.tenant, reason="too many are waiting")
                return
            self._acts[ctx.tenant, name] = (ctx, act)
            first = len(self._acts) == 1
        if first:
            self.later(DELAY_S, self._do_acts)

    def flush(self) -> None:
        """Write everything that was taken; what cannot be written is logged and dropped."""
        self._write(None)
        self._do_acts()

    def _flush_due(self) -> None:
        with self._mutex:
            self._wakes = None
        self._write(self.now_s())

    def _write(self, until: float | None) -> None:
        with self._mutex:
            now = self.now_s()
            due = {key: one for key, one in self._waiting.items() if until is None or one.due <= until}
            self._waiting = {key: one for key, one in self._waiting.items() if key not in due}
            self._written = {key: then for key, then in self._written.items() if then + MERGED_FOR_S > now}
            self._written.update(dict.fromkeys(due, now))
            self._wake(now)
        for one in due.values():
            try:
                self.committer.log(one.ctx, [_counted(one)])
            except SternpostError as failure:
                LOG.warning("event not noted", type=one.fact.type, tenant=one.ctx.tenant, reason=failure.message)

    def _do_acts(self) -> None:
        with self._mutex:
            acts, self._acts = self._acts, {}
        for (tenant, name), (ctx, act) in acts.items():
            try:
                self.committer.operate(ctx, act)
            except SternpostError as failure:
                LOG.warning("act not done", name=name.partition(":")[0], tenant=tenant, reason=failure.message)

    def _wake(self, now: float) -> None:
        """See that somebody looks when the next note is due; the mutex is held."""
        if not self._waiting:
            return
        first = min(one.due for one in self._waiting.values())
        if self._wakes is None or first < self._wakes:
            self._wakes = first
            self.later(max(0.0, first - now), self._flush_due)


def _key(ctx: Context, fact: Fact) -> Key:
    told = canonical(fact.data).decode() if fact.data is not None else None
    return ctx.tenant, ctx.actor.id, ctx.credential, ctx.source.ip, fact.type, fact.kind, fact.id, fact.outcome, told


def _counted(one: _Note) -> Fact:
    return replace(one.fact, data={**(one.fact.data or {}), "count": one.count})
