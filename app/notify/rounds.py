"""The worker's round over all webhooks: each on a thread of its own, so that a slow target holds up nobody else."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field
from typing import Final

from app.core.errors import SternpostError
from app.core.logs import LOG
from app.core.values import dataclass
from app.notify.deliveries import Deliverer
from app.store.webhooks import due_webhooks

THREADS: Final = 16
MOST_OF_A_TENANT: Final = 4
"""Threads that one tenant's targets may hold at the same time."""
MOST_DUE: Final = 500

Webhook = tuple[str, str]
"""Tenant and id."""


@dataclass(slots=True)
class Rounds:
    """Starts what is due and not under way already; `wake` is called when a thread becomes free."""

    deliverer: Deliverer
    wake: Callable[[], None] = lambda: None
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(THREADS, "webhook"))
    _busy: set[Webhook] = field(default_factory=set)
    _mutex: threading.Lock = field(default_factory=threading.Lock)

    def start_due(self) -> int:
        """Give each webhook that is due a thread, as far as there are any, and say how many were started."""
        deliverer = self.deliverer
        with deliverer.database.everywhere("webhooks that are due") as connection:
            due = due_webhooks(connection, deliverer.clock(), MOST_DUE)
        started = self._take(due)
        for one in started:
            self._pool.submit(self._serve, one)
        return len(started)

    def close(self) -> None:
        """Wait for what is under way."""
        self._pool.shutdown(cancel_futures=True)

    def _take(self, due: list[Webhook]) -> list[Webhook]:
        with self._mutex:
            held = Counter(tenant for tenant, _ in self._busy)
            taken: list[Webhook] = []
            for one in due:
                if len(self._busy) >= THREADS:
                    break
                if one not in self._busy and held[one[0]] < MOST_OF_A_TENANT:
                    held[one[0]] += 1
                    self._busy.add(one)
                    taken.append(one)
            return taken

    def _serve(self, one: Webhook) -> None:
        try:
            self.deliverer.serve(*one)
        except SternpostError as failure:
            LOG.error("webhook not served", tenant=one[0], webhook=one[1], reason=failure.message)
        except Exception:  # noqa: BLE001  the thread's edge: it is logged, and tried again when the lease is over
            LOG.exception("webhook not served", tenant=one[0], webhook=one[1])
        finally:
            with self._mutex:
                self._busy.discard(one)
            self.wake()
