"""A long log written as chained rows, past the committer: through it a million events would take half an hour."""

import sqlite3

from app.boot import DEFAULT, Installation
from app.store.events import row_of
from app.store.format1 import event_hash
from app.store.log import Event, Party, ReviewTrail

FIRST_TIME = 10**13
"""Milliseconds of event 0: later than any clock, so what the committer adds goes on from the last of these."""
RARE = "Replace the pump"
"""Part of the reason of the first event that is written, and of no other."""
AT_ONCE = 5_000
MANY = 100_000
CACHE_KIB = 100_000
ACTORS = tuple(Party(f"actor-{number}", f"id-{number}", "user") for number in range(40))
TYPES = ("RuleModified", "DirectiveModified", "NodeGroupModified", "GlobalParameterModified", "UserLogin")
KINDS = ("rule", "directive", "group", "parameter", "user")
TRAILS = tuple(ReviewTrail(number, "d" * 64, "ann", "u-ann", ("bob",)) for number in range(1, 20))


def write_events(opened: Installation, count: int) -> range:
    """Append events of several kinds, people and reasons to the log of `default` on SQLite; answers their seqs."""
    database = sqlite3.connect(str(opened.database.url.database), isolation_level=None)
    database.execute("PRAGMA synchronous=OFF")
    database.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
    # Indexes that grow in a random order would read and write all over the file; made anew they are sorted first.
    indexes = database.execute("SELECT name, sql FROM sqlite_master WHERE tbl_name = 'events' AND sql LIKE 'CREATE I%'")
    made_anew = indexes.fetchall() if count >= MANY else []
    for name, _ in made_anew:
        database.execute(f"DROP INDEX {name}")
    seq, hash_ = database.execute("SELECT seq, hash FROM tenants WHERE id = ?", (DEFAULT,)).fetchone()
    names = list(row_of(_event(1, "")))
    insert = f"INSERT INTO events ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
    seqs = range(seq + 1, seq + 1 + count)
    for start in seqs[::AT_ONCE]:
        rows = []
        for number in range(start, min(start + AT_ONCE, seqs.stop)):
            made = _event(number, hash_)
            if number == seqs.start:
                made = made._replace(reason=f"{RARE} in hall 3")
            made = made._replace(hash=event_hash(made))
            hash_ = made.hash
            rows.append(tuple(row_of(made).values()))
        database.execute("BEGIN IMMEDIATE")
        database.executemany(insert, rows)
        database.execute("COMMIT")
    for _, statement in made_anew:
        database.execute(statement)
    ended = (seqs[-1], FIRST_TIME + seqs[-1], hash_, DEFAULT)
    database.execute("UPDATE tenants SET seq = ?, time = ?, hash = ? WHERE id = ?", ended)
    database.close()
    return seqs


def _event(seq: int, prev_hash: str) -> Event:
    place = seq % len(KINDS)
    is_change = KINDS[place] != "user"
    number = seq // 7
    return Event(
        tenant=DEFAULT,
        seq=seq,
        time=FIRST_TIME + seq,
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
