"""Row 14: the panel's calls as users, nodes and instances grow."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count

from app.boot import DEFAULT, Installation, installation
from app.changes.change import Edit
from app.config import Config
from app.core.context import Context
from app.store.people import User, insert_user
from tests.bench.figures import Figure, at_most, duration, say, side_by_side
from tests.bench.fleets import fill
from tests.bench.ground import FULL, Ground
from tests.installations import Server
from tests.panel.calls import NODE, deployment

_TIMES = 20
_AT_ONCE = 1_000


def measure(ground: Ground) -> Iterator[Figure]:
    """Do the same on few objects and on many, in turn."""
    sizes = (10, 100, 1_000, 10_000) if ground.size is FULL else (10, 20, 50, 200)
    few, some, more, many = sizes
    say(f"Row 14: the panel with {few:,}, {some:,}, {more:,} and {many:,} objects")
    configs = [_founded(ground, size) for size in sizes]
    with ExitStack() as stack:
        panels = [_Panel(config, stack.enter_context(installation(config))) for config in configs]
        first, second, _, last = panels
        for what, act in (
            ("getUser", _Panel.find),
            ("nodes/create", _Panel.create),
            ("instances/deploy", _Panel.deploy),
        ):
            for size, panel in zip(sizes[2:], panels[2:], strict=True):
                yield _grown(f"panel: {what} among {size:,}, against {few:,}", 2, act, first, panel)
        taken = side_by_side(5, {"some": second.listed, "many": last.listed})
        each = {"some": taken["some"] / (some + second.made), "many": taken["many"] / (many + last.made)}
        yield Figure(
            row="14",
            what=f"panel: one of {many:,} nodes listed, against one of {some:,}",
            figure=duration(each["many"]),
            floor=duration(each["some"]),
            **at_most(each["many"] / each["some"], 1.2),
        )


def _founded(ground: Ground, size: int) -> Config:
    source = ground.copied(ground.size.counts[0])
    config = source.model_copy(update={"log_level": "error", "panel_requests_per_s": 100_000})
    with installation(config) as opened:
        fill(opened, size)
        with opened.database.writing(DEFAULT) as connection:
            for number in range(size):
                name = f"user-{number:06}"
                user = User(tenant=DEFAULT, id=name, username=name, email=f"{name}@example.org", created=1, updated=1)
                insert_user(connection, user)
        numbers = range(size)
        for start in range(0, size, _AT_ONCE):
            edits = [
                Edit("instance", f"i-{number}", "create", _instance(number)) for number in numbers[start:][:_AT_ONCE]
            ]
            opened.committer.submit(Context.system(DEFAULT, "bench"), edits)
    return config


def _instance(number: int) -> dict[str, object]:
    return {
        "name": f"Instance {number}",
        "nodeId": f"node-{number:06}",
        "imageId": "nginx",
        "owner": f"user-{number:06}",
        "memory": 1,
        "cpu": 1,
        "ports": f"{20_000 + number % 10_000}:80",
    }


class _Panel:
    """One installation, called as a dashboard calls it."""

    def __init__(self, config: Config, opened: Installation) -> None:
        self.server = Server(config, opened)
        self.numbers = count()
        self.made = 0
        self.find()
        self.listed()

    def find(self) -> None:
        for _ in range(_TIMES):
            self._call("POST", "/api/getUser", {"type": "username", "value": "user-000007"}, 201)

    def create(self) -> None:
        for _ in range(_TIMES):
            number = next(self.numbers)
            node = {**NODE, "name": f"New {number}", "address": f"new-{number}.example.org"}
            self._call("POST", "/api/nodes/create", node, 201)
            self.made += 1

    def deploy(self) -> None:
        for _ in range(_TIMES):
            number = next(self.numbers)
            ports = f"{40_000 + number % 9_000}:80"
            body = {**deployment("node-000007", "user-000007"), "memory": 1, "ports": ports, "primary": ports}
            self._call("POST", "/api/instances/deploy", body, 201)

    def listed(self) -> None:
        self._call("GET", "/api/nodes", None, 200)

    def _call(self, method: str, path: str, body: object, status: int) -> None:
        headers = {"x-api-key": self.server.token}
        answer = self.server.client.open(path, method=method, json=body, headers=headers)
        if answer.status_code != status:
            raise RuntimeError(f"{method} {path}: {answer.text}")


def _grown(what: str, goal: float, act: Callable[[_Panel], None], few: _Panel, many: _Panel) -> Figure:
    taken = side_by_side(5, {"few": lambda: act(few), "many": lambda: act(many)})
    return Figure(
        row="14",
        what=what,
        figure=duration(taken["many"] / _TIMES),
        floor=duration(taken["few"] / _TIMES),
        **at_most(taken["many"] / taken["few"], goal),
    )
