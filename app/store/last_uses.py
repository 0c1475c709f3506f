"""When accounts were last used: noted in memory with each request, written now and then by a thread of its own."""

import threading
from collections.abc import Callable

from app.core.clock import now_ms
from app.core.errors import SternpostError
from app.core.logs import LOG
from app.store.accounts import touch_accounts
from app.store.db import Database

WRITE_EVERY_MS = 10_000


class LastUses:
    """Collects the last use of each account of this process; what is lost with the process is seconds of it."""

    def __init__(self, database: Database, clock: Callable[[], int] = now_ms) -> None:
        self._database = database
        self.clock = clock
        self._mutex = threading.Lock()
        self._writing = threading.Lock()
        self._used: dict[tuple[str, str], int] = {}
        self._due = clock() + WRITE_EVERY_MS

    def note(self, tenant: str, account_id: str) -> None:
        """Note that an account was used now; the caller never waits for the database."""
        now = self.clock()
        with self._mutex:
            self._used[tenant, account_id] = now
            if now < self._due:
                return
            self._due = now + WRITE_EVERY_MS
        threading.Thread(target=self.flush, name="last-uses", daemon=True).start()

    def flush(self) -> None:
        """Write what was noted; a failure is logged, and what it concerned is written next time.

        Whoever comes while others write waits for them, so that nothing is being written after the last flush.
        """
        with self._writing:
            with self._mutex:
                used, self._used = self._used, {}
            if not used:
                return
            try:
                with self._database.writing_everywhere("last uses of accounts") as connection:
                    touch_accounts(connection, used)
            except SternpostError as failure:
                LOG.warning("last uses of accounts not written", reason=failure.message)
                with self._mutex:
                    self._used = {**used, **self._used}
