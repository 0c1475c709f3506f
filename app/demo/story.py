"""Three months of a fleet, told through the ordinary ways of writing, each at its time of the past."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from itertools import islice
from typing import Final

from app.boot import Installation, missing_starters
from app.changes.change import Edit
from app.changes.tenants import Wanted
from app.changes.work import Work
from app.core.context import Actor, Context
from app.core.roles import rights_of
from app.core.tenancy import SYSTEM_TENANT
from app.core.values import dataclass
from app.demo import configuration
from app.demo.machines import STRANGER, Machine, machines
from app.demo.reporting import Reporter
from app.demo.requests import Requests
from app.people.administration import create_user
from app.resources.nodes import inventories
from app.resources.nodes import service as nodes
from app.store.tenants import TenantRecord

DAY_MS: Final = 86_400_000
MINUTE_MS: Final = 60_000
DAYS: Final = 91
PEOPLE: Final[Mapping[str, Sequence[str]]] = {
    "administrator": ("administrator",),
    "author": ("user",),
    "reviewer": ("workflow", "read_only"),
    "auditor": ("read_only",),
}
"""User name and roles of everybody in the demonstration."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is to see."""

    nodes: int = 40
    rules: int = 30
    directives: int = 60


@dataclass(slots=True)
class Calendar:
    """The clock of the story: it stands at a moment (in ms) and is moved on."""

    begun: int
    now: int = 0

    def __post_init__(self) -> None:
        self.now = self.begun

    def __call__(self) -> int:
        """Tell the time; each look takes a little of it, so that no two events are of one moment."""
        self.now += 7
        return self.now

    def go_to(self, day: float) -> None:
        """Go on to a day of the story, if it is not there yet."""
        self.now = max(self.now, self.begun + round(day * DAY_MS))


@dataclass(slots=True)
class Story:
    """One demonstration on its way into a new tenant; `said` is told what is done."""

    opened: Installation
    tenant: str
    size: Size
    password: str
    calendar: Calendar
    people: dict[str, Context] = field(default_factory=dict)

    def tell(self) -> Iterator[str]:
        """Write all of it, and name each part that is done."""
        before, self.opened.committer.clock = self.opened.committer.clock, self.calendar
        try:
            yield from self._parts()
        finally:
            self.opened.committer.clock = before

    def _parts(self) -> Iterator[str]:
        self._begin()
        yield "the tenant, its library and its people"
        fleet = machines(self.size.nodes)
        made = self._configure(fleet)
        yield f"{len(fleet)} nodes, {len(made['directive'])} directives, {len(made['rule'])} rules"
        requests = Requests(self.opened, self.people, self.calendar.go_to)
        reporter = Reporter(self.opened, self.tenant, fleet, self.calendar)
        requests.tell_past(made["directive"], made["rule"])
        yield "change requests of the past"
        reporter.tell(DAYS)
        yield "what the nodes reported"
        requests.leave_open(made["directive"], made["rule"])
        self._stranger()
        self.opened.git_writer.catch_up(self.tenant)
        yield "what waits today"

    def _begin(self) -> None:
        ctx = Context.system(SYSTEM_TENANT, "sternpost demo")
        wanted = Wanted(
            id=lambda _: self.tenant, name=lambda _: self.tenant, record=TenantRecord(id="", name=self.tenant)
        )
        self.opened.all_tenants.create_empty(ctx, wanted, begun=self.calendar.begun)
        library = self._as_system("Import the starter library")
        library.submit(missing_starters(library.session))
        self.calendar.go_to(0.1)
        work = self._as_system("The first people")
        for name, roles in PEOPLE.items():
            user = create_user(work, {"username": name, "password": self.password, "roles": [*roles]})
            rights = rights_of(roles)
            actor = Actor(str(user["id"]), "user", name, name)
            self.people[name] = Context(self.tenant, actor, holds=rights.__contains__)
        work.release()

    def _configure(self, fleet: Sequence[Machine]) -> dict[str, list[Edit]]:
        """Let the fleet grow while its configuration is written; gives what was made, by kind."""
        directives = configuration.directives(self.size.directives)
        rules = configuration.rules(directives, self.size.rules)
        self.calendar.go_to(1)
        self._as("administrator", "Where things belong").submit(list(configuration.groups()))
        # However long ago the demonstration was made today, what was reported then still counts.
        daily = Edit("setting", "run_frequency", "modify", {"value": 1440})
        self._as("administrator", "Agents run once a day").submit([daily])
        arriving = sorted(fleet, key=lambda machine: machine.arrived_day)
        changes = [*_parts_of(directives, 3), *_parts_of(rules, 2)]
        for number, edits in enumerate(changes):
            day = 2 + 40 * number / len(changes)
            arriving = self._arrive(arriving, day)
            self.calendar.go_to(day)
            self._as("author", f"Configure: {str(edits[0].fields['displayName']).lower()}").submit(edits)
        self._arrive(arriving, DAYS)
        return {"directive": directives, "rule": rules}

    def _arrive(self, arriving: list[Machine], day: float) -> list[Machine]:
        """Let those in that came until a day; gives the others."""
        for machine in (one for one in arriving if one.arrived_day <= day):
            self.calendar.go_to(machine.arrived_day)
            work = self._as("administrator", f"{machine.name} joins the fleet")
            inventories.send_inventory(work, machine.inventory())
            nodes.settle(work, [machine.id], "accepted")
            nodes.update_node(work, machine.id, {"properties": machine.properties})
            work.release()
        return [one for one in arriving if one.arrived_day > day]

    def _stranger(self) -> None:
        work = self._as_system("An unknown machine")
        machine = Machine(STRANGER, "printer", "north", "production", DAYS)
        inventories.send_inventory(work, machine.inventory())
        work.release()

    def _as(self, name: str, reason: str) -> Work:
        return self.opened.work(self.people[name].because(reason))

    def _as_system(self, reason: str) -> Work:
        return self.opened.work(Context.system(self.tenant, reason))


def _parts_of(edits: Sequence[Edit], size: int) -> Iterator[list[Edit]]:
    rest = iter(edits)
    while part := list(islice(rest, size)):
        yield part
