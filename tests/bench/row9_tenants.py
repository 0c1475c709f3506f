"""Row 9: a tenant of 1,000 documents copied, against the INSERT..SELECT of its rows; and a thousand such tenants."""

import sqlite3
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from app.boot import PUBLIC, Installation, installation, prepare
from app.changes.change import Edit
from app.changes.tenants import Wanted
from app.config import Config
from app.core.context import Context
from app.core.tenancy import SYSTEM_TENANT, tenant_id
from app.store.tenants import TenantRecord
from tests.bench.figures import Figure, at_most, duration, say, seconds_of, side_by_side
from tests.bench.ground import Ground, fields_of, rule_id

DOCUMENTS = 1_000
_COLUMNS = {
    "documents": "kind, id, name, body, blob, revision, commit_id, created, updated",
    "document_fields": "kind, id, field, text, folded, number",
}


def measure(ground: Ground) -> Iterator[Figure]:
    """Compare making a tenant with the bare copy of its rows, then make many and look at disk and start."""
    say("Row 9: tenants")
    config = ground.copied(ground.size.counts[0])
    count = 1_000 if ground.size.commits > 10_000 else 20
    with installation(config) as opened:
        opened.committer.submit(
            Context.system(PUBLIC, "bench"),
            [Edit("rule", rule_id(one), "create", fields_of(one)) for one in range(DOCUMENTS)],
        )
        started = _start_s(config)
        yield _copies(opened, config, ground.size.rounds)
        file = Path(config.database_url.removeprefix("sqlite:///"))
        _checkpoint(file)
        before = file.stat().st_size
        began = time.perf_counter()
        for _ in range(count):
            _make(opened)
        each = (time.perf_counter() - began) / count
        _checkpoint(file)
        disk = (file.stat().st_size - before) / count
    yield Figure(row="9", what=f"one of {count:,} tenants made in a row", figure=duration(each))
    yield Figure(row="9", what=f"disk of a tenant of {DOCUMENTS:,} documents", figure=f"{disk / 1e6:.2f} MB")
    again = _start_s(config)
    yield Figure(
        row="9",
        what=f"start-up with {count:,} more tenants",
        figure=duration(again),
        floor=duration(started),
        **at_most(again / started, 1.5),
    )


def _copies(opened: Installation, config: Config, rounds: int) -> Figure:
    database = sqlite3.connect(config.database_url.removeprefix("sqlite:///"), isolation_level=None)
    names = iter(range(1_000_000))

    def bare() -> None:
        tenant = f"bare-{next(names)}"
        database.execute("BEGIN IMMEDIATE")
        for table, columns in _COLUMNS.items():
            database.execute(
                f"INSERT INTO {table} (tenant, {columns}) SELECT ?, {columns} FROM {table} WHERE tenant = ?",
                (tenant, PUBLIC),
            )
        database.execute("COMMIT")

    database.execute("PRAGMA synchronous=FULL")
    taken = side_by_side(rounds, {"real": lambda: _make(opened), "floor": bare})
    for table in _COLUMNS:
        database.execute(f"DELETE FROM {table} WHERE tenant LIKE 'bare-%'")
    database.close()
    real, floor = taken["real"], taken["floor"]
    return Figure(
        row="9",
        what=f"a tenant copied with {DOCUMENTS:,} documents, key and log",
        figure=duration(real),
        floor=duration(floor),
        **at_most(real / floor, 3),
    )


def _make(opened: Installation) -> None:
    wanted = Wanted(
        id=lambda suffix: tenant_id("bench", suffix), name=lambda suffix: suffix, record=TenantRecord(id="", name="")
    )
    opened.all_tenants.create(Context.system(SYSTEM_TENANT, "bench"), wanted)


def _start_s(config: Config) -> float:
    return statistics.median(seconds_of(lambda: prepare(config)) for _ in range(5))


def _checkpoint(file: Path) -> None:
    database = sqlite3.connect(file, isolation_level=None)
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
