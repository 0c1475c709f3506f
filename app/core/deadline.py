"""Until when the present request may go on; what it waits for looks here."""

import time
from contextvars import ContextVar

from app.core.errors import OverdueError
from app.core.values import dataclass

OVERDUE = "The request took longer than it may; nothing was changed. Ask for less at once, or try again"


@dataclass(slots=True, eq=False)
class Deadline:
    """A moment of the monotonic clock in seconds; None once it is lifted, for an answer that takes its time."""

    due_s: float | None

    def lift(self) -> None:
        """Let the request take as long as it takes from here on."""
        self.due_s = None

    def left_s(self) -> float | None:
        """Give the seconds that are left, 0 when there are none; None without an end."""
        return None if self.due_s is None else max(0.0, self.due_s - time.monotonic())

    def is_over(self) -> bool:
        """Tell whether it has passed."""
        return self.left_s() == 0.0


NO_DEADLINE = Deadline(None)
_present: ContextVar[Deadline] = ContextVar("deadline", default=NO_DEADLINE)


def present() -> Deadline:
    """Give the deadline of what runs here."""
    return _present.get()


def refuse_overdue() -> None:
    """Refuse to begin anything more.

    Raises:
        OverdueError: the request has gone on for too long.
    """
    if present().is_over():
        raise OverdueError(OVERDUE)


class under:  # noqa: N801  called like a function
    """Run something under a deadline; a class, because each request pays for it."""

    __slots__ = ("_deadline", "_token")

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    def __enter__(self) -> Deadline:
        self._token = _present.set(self._deadline)
        return self._deadline

    def __exit__(self, *_failure: object) -> None:
        _present.reset(self._token)


def ending_in(seconds: float | None) -> Deadline:
    """Make a deadline that many seconds from now; none without a number."""
    return Deadline(None if seconds is None else time.monotonic() + seconds)


def latest(deadlines: list[Deadline]) -> Deadline:
    """Give the deadline that ends last."""
    open_end = next((one for one in deadlines if one.due_s is None), None)
    return open_end or max(deadlines, key=lambda one: one.due_s or 0.0)
