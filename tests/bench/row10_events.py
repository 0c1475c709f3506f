"""Row 10: the first page of events with any one filter, as the log grows a hundredfold."""

import sqlite3
from collections.abc import Iterator
from typing import Any

from app.boot import DEFAULT, Installation, installation
from app.resources.events import service
from app.store.events import row_of
from app.store.format1 import event_hash
from app.store.log import Event, Party, ReviewTrail
from app.store.session import TenantSession
from app.verify.ranges import check_range
from tests.bench.figures import Figure, at_most, duration, say, side_by_side
from tests.bench.ground import Ground

PAGE = 100
AT_ONCE = 5_000
NEWEST = 1 << 62
ACTORS = tuple(Party(f"actor-{number}", f"id-{number}", "user") for number in range(40))
TYPES = ("RuleModified", "DirectiveModified", "NodeGroupModified", "GlobalParameterModified", "UserLogin")
KINDS = ("rule", "directive", "group", "parameter", "user")
TRAILS = tuple(ReviewTrail(number, "d" * 64, "ann", "u-ann", ("bob",)) for number in range(1, 20))
FILTERS: dict[str, dict[str, Any]] = {
    "none": {},
    "actor": {"actor": "actor-7"},
    "credential": {"credential": "key-3"},
    "type": {"type": "UserLogin"},
    "kind": {"kind": "group"},
    "object": {"object": "o-12"},
    "changeRequest": {"change_request": 5},
    "commit": {"commit": f"{500:040x}"},
    "outcome": {"outcome": "denied"},
    "from": {"since": "2286-11-20T17:46:40.500Z"},
    "to": {"until": "2286-11-20T17:46:40.500Z"},
    "text": {"text": "reason 13"},
}


def measure(ground: Ground) -> Iterator[Figure]:
    """Compare each filter on a small and on a large log, side by side, and show the worst."""
    say("Row 10: events")
    small, large = ground.size.events
    with installation(ground.founded()) as few, installation(ground.founded()) as many:
        for opened, count in ((few, small), (many, large)):
            _write(opened, count)
        ratios: dict[str, tuple[float, float]] = {}
        sessions = {name: TenantSession(one.database, DEFAULT) for name, one in (("few", few), ("many", many))}
        for name, filters in FILTERS.items():
            acts = {
                size: lambda session=session, filters=filters: service.find_events(
                    session, filters, before=NEWEST, most=PAGE + 1
                )
                for size, session in sessions.items()
            }
            taken = side_by_side(ground.size.rounds, acts, waits=False)
            ratios[name] = (taken["many"] / taken["few"], taken["many"])
        for session in sessions.values():
            session.release()
    worst = max(ratios, key=lambda name: ratios[name][0])
    ratio, taken_s = ratios[worst]
    yield Figure(
        row="10",
        what=f"first page of events, {small:,} -> {large:,}; of {len(FILTERS)} filters the worst is `{worst}`",
        figure=duration(taken_s),
        floor=duration(taken_s / ratio),
        **at_most(ratio, 2),
    )


def _write(opened: Installation, count: int) -> None:
    """Write chained rows directly: through the committer a million would take half an hour."""
    say(f"Writing {count:,} chained events")
    database = sqlite3.connect(str(opened.database.url.database), isolation_level=None)
    seq, hash_ = database.execute("SELECT seq, hash FROM tenants WHERE id = ?", (DEFAULT,)).fetchone()
    names = list(row_of(_event(1, "")))
    insert = f"INSERT INTO events ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
    first = seq + 1
    for start in range(first, first + count, AT_ONCE):
        rows = []
        for number in range(start, min(start + AT_ONCE, first + count)):
            made = _event(number, hash_)
            made = made._replace(hash=event_hash(made))
            hash_ = made.hash
            rows.append(tuple(row_of(made).values()))
        database.execute("BEGIN IMMEDIATE")
        database.executemany(insert, rows)
        database.execute("COMMIT")
    database.execute("UPDATE tenants SET seq = ?, hash = ? WHERE id = ?", (first + count - 1, hash_, DEFAULT))
    database.close()
    with opened.database.connect(DEFAULT) as connection:
        checked = check_range(connection, DEFAULT, first, min(first + 999, first + count - 1), {})
    if checked.fault is not None:
        raise RuntimeError(checked.fault)


def _event(seq: int, prev_hash: str) -> Event:
    place = seq % len(KINDS)
    is_change = KINDS[place] != "user"
    number = seq // 7
    return Event(
        tenant=DEFAULT,
        seq=seq,
        time=10**13 + seq,
        type=TYPES[place],
        actor=ACTORS[seq % len(ACTORS)],
        credential=f"key-{seq % 30}",
        object_kind=KINDS[place],
        object_id=f"o-{number % 97}",
        object_name=f"Object {number % 97}",
        after=f'{{"id":"o-{number % 97}","n":{seq}}}' if is_change else None,
        revision=1 if is_change else None,
        reason=f"reason {seq % 50}",
        change_request=TRAILS[seq % len(TRAILS)] if seq % 3 == 0 else None,
        outcome="denied" if seq % 41 == 0 else "success",
        commit=f"{seq:040x}" if is_change else None,
        prev_hash=prev_hash,
    )
