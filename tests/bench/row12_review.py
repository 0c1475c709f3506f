"""Row 12: a write that is held for review against one that is not, and the first page of many change requests."""

from collections.abc import Callable, Iterator
from itertools import count

from app.application import create_app
from app.boot import DEFAULT, Installation, installation
from app.changes.change import Edit
from app.config import Config
from app.core.clock import now_ms
from app.core.context import Context
from app.store.accounts import Account, insert_account, token_hash
from app.store.change_requests import Filter, Record, list_records, save_records
from app.store.session import TenantSession
from tests.bench.figures import Figure, at_most, duration, say, side_by_side
from tests.bench.ground import CTX, Ground

FEW = 100
TOKEN = "stp" + "r" * 29
_SERIES = count()


def measure(ground: Ground) -> Iterator[Figure]:
    """Compare both in one installation each."""
    say("Row 12: review")
    size = ground.size
    free, held = ground.copied(size.counts[0]), ground.copied(size.counts[0])
    with installation(free) as one, installation(held) as other:
        _switch_on(other)
        taken = side_by_side(4 * size.rounds, {"free": _writing(one), "held": _writing(other)})
    yield Figure(
        row="12",
        what="one write that waits for review, against one that does not",
        figure=duration(taken["held"]),
        floor=duration(taken["free"]),
        **at_most(taken["held"] / taken["free"], 2),
    )
    many = 10_000 if size.commits > FEW * FEW else 1_000
    with installation(free) as one, installation(held) as other:
        _switch_on(one)
        for opened, number in ((one, FEW), (other, many)):
            _fill(opened, number)
        taken = side_by_side(size.rounds, {"few": _page(free, one), "many": _page(held, other)}, waits=False)
    yield Figure(
        row="12",
        what=f"the first page of {many:,} change requests, against that of {FEW}",
        figure=duration(taken["many"]),
        floor=duration(taken["few"]),
        **at_most(taken["many"] / taken["few"], 2),
    )


def _switch_on(opened: Installation) -> None:
    on = [Edit("setting", "enable_change_request", "modify", {"value": True})]
    opened.committer.submit(Context.system(DEFAULT, "bench"), on)


def _writing(opened: Installation) -> Callable[[], object]:
    numbers, series = count(), next(_SERIES)

    def act() -> None:
        opened.committer.submit(CTX, [Edit("parameter", f"p-{series}-{next(numbers)}", "create", {"value": "x" * 500})])

    return act


def _fill(opened: Installation, number: int) -> None:
    """Have one change request, and rows like its own."""
    _writing(opened)()
    session = TenantSession(opened.database, DEFAULT)
    like: Record = list_records(session, Filter(most=1))[0]
    session.release()
    with opened.database.writing(DEFAULT) as connection:
        rows = [like._replace(id=like.id + one) for one in range(1, number)]
        save_records(connection, DEFAULT, rows, ())
        account = Account(
            tenant=DEFAULT,
            id="bench-reader",
            name="bench",
            created=now_ms(),
            authorization="rw",
            token_hash=token_hash(TOKEN),
        )
        insert_account(connection, account)


def _page(config: Config, opened: Installation) -> Callable[[], object]:
    client = create_app(config, opened).test_client()

    def act() -> None:
        answer = client.get("/api/25/changeRequests?status=all&sort=newest&limit=100", headers={"X-API-Token": TOKEN})
        if len(answer.get_json()["data"]) != FEW:
            raise RuntimeError(answer.get_data(as_text=True)[:200])

    return act
