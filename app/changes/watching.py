"""Large change sets: all that is refused in one is collected, and somebody is told how far it is."""

from collections.abc import Callable, Iterable
from dataclasses import field
from typing import Literal

from app.changes.change import Edit
from app.core.errors import InvalidError, SternpostError
from app.core.values import dataclass

Step = Literal["judging", "checking", "recording", "writing"]
Progress = Callable[[Step, int, int], None]
Key = tuple[str, str]

SHOWN = 100
"""Refusals that a message names."""


def _unwatched(_step: Step, _done: int, _total: int) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Refusal:
    """One document that is refused, and why."""

    kind: str
    id: str
    error: SternpostError


class RefusedError(InvalidError):
    """A change set holds documents that are refused; `refusals` are all of them."""

    def __init__(self, refusals: Iterable[Refusal]) -> None:
        self.refusals = tuple(refusals)
        self.lines = [f"{one.kind} '{one.id}': {one.error.message}" for one in self.refusals]
        fields: dict[str, list[str]] = {}
        for one in self.refusals:
            fields.setdefault(f"{one.kind}/{one.id}", []).append(one.error.message)
        super().__init__("\n".join(listed(self.lines)), fields=fields)


@dataclass(frozen=True, slots=True)
class Watch:
    """How a large change set is judged: all refusals of it at once, and `progress` hears (step, done, of how many).

    With `keeps_tags` a secret's tag that the tenant does not hold is kept: the value is to be set later.
    """

    progress: Progress = _unwatched
    keeps_tags: bool = False


@dataclass(slots=True)
class Refusals:
    """The refusals so far; with `collects` false the first one is raised."""

    collects: bool
    found: list[Refusal] = field(default_factory=list)
    keys: set[Key] = field(default_factory=set)

    def take(self, edit: Edit, error: SternpostError, needs: Iterable[Key]) -> None:
        """Note a refusal, unless it only follows from that of something that the edit needs.

        Raises:
            SternpostError: the error itself, where nothing is collected.
        """
        if not self.collects:
            raise error
        if self.keys.isdisjoint(needs):
            self.found.append(Refusal(edit.kind, edit.id, error))
        self.keys.add((edit.kind, edit.id))

    def raise_if_any(self) -> None:
        """Refuse the change set.

        Raises:
            RefusedError: there are refusals.
        """
        if self.found:
            raise RefusedError(self.found)


def listed(lines: list[str]) -> list[str]:
    """Shorten a long list of faults to what a person reads."""
    more = len(lines) - SHOWN
    return [*lines[:SHOWN], f"... and {more} more"] if more > 0 else lines
