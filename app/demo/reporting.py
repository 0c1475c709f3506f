"""What the machines of the demonstration reported: each fetches its policy and says how it stands."""

import random
from collections.abc import Iterator, Sequence
from typing import Final, Protocol

from app.boot import Installation
from app.core.canonical import JSON, Document
from app.core.context import Actor, Context
from app.core.values import dataclass
from app.demo.machines import Machine
from app.fleet.policies.telling import Policy, tell_node
from app.measuring import measure_compliance
from app.resources.reports.service import take_reports

_DAILY: Final = 7
_WEEKS: Final = 3
_SILENT_DAYS: Final = 3
_MINUTE_OF_DAY: Final = 1 / 1440
_MESSAGES: Final = {
    "successAlreadyOK": "As it should be",
    "successRepaired": "Was brought back to what it should be",
    "error": "Could not be brought to what it should be: the repository did not answer",
}


class Moving(Protocol):
    """A clock that is moved on."""

    def __call__(self) -> int:
        """Tell the time in ms."""

    def go_to(self, day: float) -> None:
        """Go on to a day."""


@dataclass(frozen=True, slots=True)
class Reporter:
    """Lets a fleet report: weekly at first, daily in the last week, and once more a few minutes ago."""

    opened: Installation
    tenant: str
    fleet: Sequence[Machine]
    clock: Moving

    def tell(self, today: int) -> None:
        """Take the reports of every machine but the one that went silent."""
        days = [float(today - _DAILY - 7 * week) for week in range(_WEEKS, 0, -1)]
        days += [float(today - day) for day in range(_DAILY, 0, -1)]
        for day in [*days, today - 3 * _MINUTE_OF_DAY]:
            self.clock.go_to(day)
            for place, machine in enumerate(self.fleet):
                if place == len(self.fleet) - 1 and day > today - _SILENT_DAYS:
                    continue
                self._report(machine, day, is_broken=place == 1)
            # A worker that runs beside may have measured the fleet before it reported.
            measure_compliance(self.opened, self.tenant, self.clock(), anew=True)

    def _report(self, machine: Machine, day: float, *, is_broken: bool) -> None:
        work = self.opened.work(Context(self.tenant, Actor(machine.id, "node", machine.id), machine.id))
        policy = tell_node(work, machine.id)
        now = self.clock()
        run: Document = {
            "id": f"day-{day:.3f}",
            "serial": policy.told.serial,
            "bundle": policy.told.bundle,
            "start": now - 4000,
            "end": now,
            "results": list(_results(policy, f"{machine.name} {day}", is_broken=is_broken)),
        }
        take_reports(work, machine.id, {"runs": [run]})
        work.release()


def _results(policy: Policy, seed: str, *, is_broken: bool) -> Iterator[JSON]:
    chance = random.Random(seed)  # noqa: S311  the same demonstration every time, and no secret
    directives = policy.bundle["directives"]
    for number, entry in enumerate(directives if isinstance(directives, list) else ()):
        components = entry["components"] if isinstance(entry, dict) else None
        for component in components if isinstance(components, list) else ():
            if not isinstance(entry, dict) or not isinstance(component, dict):
                continue
            drawn = chance.random()
            status = "successRepaired" if drawn < 0.03 else "error" if drawn > 0.995 else "successAlreadyOK"  # noqa: PLR2004  shares
            status = "error" if is_broken and number == 0 else status
            yield {
                "directive": entry["directive"],
                "rules": entry["rules"],
                "component": component["component"],
                "value": component["value"],
                "status": status,
                "message": _MESSAGES[status],
            }
