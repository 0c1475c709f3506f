"""A step of the worker on a thread of its own, so that whoever it waits for (a mail server) holds up nothing else."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor


class Aside:
    """Does one thing at a time; `act` logs its own failures."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act
        self._pool = ThreadPoolExecutor(1, "aside")
        self._under_way: Future[None] | None = None

    def begin(self) -> None:
        """Do it again, unless it is still under way."""
        if self._under_way is None or self._under_way.done():
            self._under_way = self._pool.submit(self._act)

    def close(self) -> None:
        """Wait for what is under way."""
        self._pool.shutdown(cancel_futures=True)
