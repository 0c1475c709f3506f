"""What a forger does to a log, to an export of it and to its witness, and how it is found and named."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import text

from app.boot import Installation
from app.changes.recording import Fact
from app.core.context import Source
from app.store.checkpoints import checkpoint, keep_checkpoints, list_standings, sign_document
from app.store.events import COLUMNS, row_of
from app.store.events import event as to_event
from app.store.format1 import event_hash
from app.verify import Trust, verify_installation
from app.verify.export import verify_export
from app.verify.fault import Fault
from app.verify.signed import Keys, read_anchor, read_keys, read_witnessed
from app.witness import append_checkpoints
from tests.installations import Server, as_account
from tests.plain_documents import commit, create, delete, modify

Forgery = Callable[[Installation], None]


def run(opened: Installation, statement: str, **values: object) -> list[Any]:
    with opened.database.writing_everywhere("test") as connection:
        result = connection.execute(text(statement), values)
        return list(result) if result.returns_rows else []


def keys_of(opened: Installation) -> Keys:
    return read_keys("".join(opened.committer.ring.public_keys().values()))


def last_seq(opened: Installation) -> int:
    return int(run(opened, "SELECT seq FROM tenants WHERE id = 'default'")[0][0])


@pytest.fixture
def story(installation: Installation) -> int:
    """Nine events with oddities in `default`; answers the seq before them."""
    start = last_seq(installation)
    ctx = replace(as_account(reason="Wegen größerer\nLast"), source=Source("192.0.2.7", "curl", "q-1"))
    commit(installation, create("r-1", enabled=True, ratio=1e-7, big=1e21, text='"\\ü\u2028\x7f😀'), ctx=ctx)
    for number in range(6):
        commit(installation, modify("r-1", ratio=number / 3))
    commit(installation, delete("r-1"), create("g-1", "group"))
    return start


def witnessed(opened: Installation, folder: Path) -> Path:
    """Keep what `sternpost witness` would append."""
    file = folder / "witness.ndjson"
    made = [checkpoint(opened.committer.ring, at).shown() for at in list_standings(opened.database)]
    append_checkpoints(file, made)
    return file


def fault_of(opened: Installation, witness: Path) -> str:
    keys = keys_of(opened)
    found = read_witnessed(keys, witness.read_text("utf-8").splitlines(), witness.name)
    return str(verify_installation(opened.database, None, trust=Trust(keys, found)).fault)


def rehash(opened: Installation, reason: str) -> None:
    """Change the first event's reason and write every hash anew, as who has the database can."""
    with opened.database.writing_everywhere("test") as connection:
        rows = connection.execute(text("SELECT * FROM events WHERE tenant = 'default' ORDER BY seq")).mappings()
        events = [to_event([row[column.name] for column in COLUMNS]) for row in rows]
        last = events[0].prev_hash
        for one in events:
            changed = one._replace(prev_hash=last, reason=reason if one.commit is None else one.reason)
            changed = changed._replace(hash=event_hash(changed))
            last = changed.hash
            values = {name: row_of(changed)[name] for name in ("tenant", "seq", "hash", "prev_hash", "reason")}
            statement = "UPDATE events SET hash = :hash, prev_hash = :prev_hash, reason = :reason"
            connection.execute(text(f"{statement} WHERE tenant = :tenant AND seq = :seq"), values)
        connection.execute(text("UPDATE tenants SET hash = :hash WHERE id = 'default'"), {"hash": last})


def cut(opened: Installation, count: int) -> None:
    """Take the last events away and mend the tenant's row, so that nothing in the database tells of them."""
    until = last_seq(opened) - count
    run(opened, "DELETE FROM events WHERE tenant = 'default' AND seq > :until", until=until)
    last = "(SELECT {} FROM events WHERE tenant = 'default' AND seq = :until)"
    named = ", ".join(f"{name} = {last.format(name)}" for name in ("hash", "time"))
    run(opened, f"UPDATE tenants SET seq = :until, {named} WHERE id = 'default'", until=until)


def test_a_log_that_agrees_with_its_witness_says_how_far_it_is_anchored(
    installation: Installation, story: int, tmp_path: Path
) -> None:
    witness = witnessed(installation, tmp_path)
    commit(installation, create("r-9"))
    keys = keys_of(installation)
    trust = Trust(keys, read_witnessed(keys, witness.read_text("utf-8").splitlines(), "w"))

    report = verify_installation(installation.database, None, tenant="default", trust=trust)

    assert report.fault is None
    assert report.text.endswith(
        f"events 1 to {story + 9} anchored by 1 checkpoint, {story + 10} to {story + 10} not yet anchored"
    )


def test_the_last_five_events_cut_off_are_found_by_a_witness_and_by_kept_checkpoints(
    installation: Installation, story: int, tmp_path: Path
) -> None:
    for _ in range(5):
        installation.committer.log(as_account(), [_login()])
    witness = witnessed(installation, tmp_path)
    keep_checkpoints(installation.database, installation.committer.ring)

    cut(installation, 5)

    told = f"events {story + 10} to {story + 14} were cut off"
    assert told in fault_of(installation, witness)
    trust = Trust(keys_of(installation))
    assert told in str(verify_installation(installation.database, None, trust=trust).fault)


def _login() -> Fact:
    return Fact(type="UserLogin", kind="user", id="ann", name="ann")


@pytest.mark.usefixtures("story")
def test_a_log_that_was_hashed_anew_is_found_by_a_witness_alone(installation: Installation, tmp_path: Path) -> None:
    installation.committer.log(as_account(), [_login()])
    witness = witnessed(installation, tmp_path)

    rehash(installation, "never happened")

    assert verify_installation(installation.database, None).fault is None
    assert "the log up to there was written anew" in fault_of(installation, witness)


@pytest.mark.usefixtures("story")
def test_a_tenant_that_vanished_is_missed(installation: Installation, tmp_path: Path) -> None:
    witness = witnessed(installation, tmp_path)
    line = json.loads(witness.read_text("utf-8").splitlines()[0])
    key, keys = installation.committer.ring, keys_of(installation)
    del line["signature"], line["keyId"]
    statement = {**line, "tenant": "gone"}
    key_id, signature = sign_document(key, statement)
    anchor = read_anchor(keys, {**statement, "keyId": key_id, "signature": signature}, "It")

    fault = verify_installation(installation.database, None, trust=Trust(keys, {"gone": [anchor]})).fault

    assert "Tenant 'gone' has checkpoints and is not in the database" in str(fault)


@pytest.mark.usefixtures("story")
@pytest.mark.parametrize(
    ("member", "value"), [("seq", 3), ("hash", "0" * 64), ("head", None), ("tenant", "public"), ("time", "x")]
)
def test_a_changed_checkpoint_is_refused(
    installation: Installation, tmp_path: Path, member: str, value: object
) -> None:
    witness = witnessed(installation, tmp_path)
    first, *rest = witness.read_text("utf-8").splitlines()
    witness.write_text("\n".join([json.dumps({**json.loads(first), member: value}), *rest]) + "\n", "utf-8")

    with pytest.raises(Fault, match=r"^Line 1 of witness.ndjson was changed: its signature by signing-[0-9a-f]{16} is"):
        fault_of(installation, witness)


def test_a_range_over_http_names_the_first_bad_event(server: Server, story: int) -> None:
    def checked(query: str) -> Any:
        return server.get(f"/api/25/events/verify?{query}").get_json()["data"]["verification"]

    keep_checkpoints(server.opened.database, server.opened.committer.ring)
    sound = checked(f"from={story + 2}&to={story + 9}")
    run(server.opened, "UPDATE events SET reason = 'x' WHERE tenant = 'default' AND seq = :s", s=story + 4)
    run(server.opened, "DELETE FROM events WHERE tenant = 'default' AND seq = :s", s=story + 7)

    assert (sound["valid"], sound["count"], sound["firstBad"], sound["anchoredTo"]) == (True, 8, None, story + 9)
    bad = checked("")
    assert (bad["valid"], bad["firstBad"]["seq"]) == (False, story + 4)
    assert bad["firstBad"]["reason"].startswith(f"Event {story + 4} of tenant 'default' was changed: its content gives")
    assert checked(f"from={story + 5}")["firstBad"]["seq"] == story + 7
    assert checked(f"from={story + 5}&to={story + 6}")["valid"] is True
    assert checked(f"from={story + 8}")["firstBad"]["reason"].startswith(f"Event {story + 7} of tenant 'default' is mi")


# Exports


def export(server: Server, folder: Path, query: str = "format=ndjson") -> Path:
    answer = server.get(f"/api/25/events/export?{query}")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    file = folder / "events.export"
    file.write_bytes(answer.get_data())
    return file


def proof(server: Server, file: Path, witness: Path | None = None) -> str:
    keys = keys_of(server.opened)
    found = {} if witness is None else read_witnessed(keys, witness.read_text("utf-8").splitlines(), witness.name)
    try:
        return verify_export(file, keys, found, lambda _read: None)
    except Fault as fault:
        return f"FAULT {fault}"


def test_an_export_is_proven_by_itself(server: Server, story: int, tmp_path: Path) -> None:
    last = story + 10

    whole = proof(server, export(server, tmp_path), witnessed(server.opened, tmp_path))
    some = proof(server, export(server, tmp_path, "format=ndjson&type=RuleModified"))
    table = proof(server, export(server, tmp_path, "format=csv&object=r-1"))

    assert whole.startswith(
        f"default: {last} events up to event {last}; none is left out; every one is as it was logged"
    )
    assert whole.endswith(f"events 1 to {last} anchored")
    assert some.startswith(
        f'default: 6 events by {{"type": "RuleModified"}} up to event {last + 1}; {last - 5} events are not'
    )
    assert some.endswith("not yet anchored")
    assert table.startswith(f"default: the records of 8 events up to event {last + 2} are those that signing-")


def edited(file: Path, act: Callable[[list[bytes]], Sequence[bytes]]) -> None:
    file.write_bytes(b"".join(act(file.read_bytes().splitlines(keepends=True))))


def swap(lines: list[bytes]) -> list[bytes]:
    return [*lines[:3], lines[4], lines[3], *lines[5:]]


def in_fourth(old: bytes, new: bytes) -> Callable[[list[bytes]], list[bytes]]:
    return lambda lines: [*lines[:3], lines[3].replace(old, new), *lines[4:]]


def renumber(old: bytes, new: bytes) -> Callable[[list[bytes]], list[bytes]]:
    return lambda lines: [*lines[:-1], lines[-1].replace(old, new)]


@pytest.mark.usefixtures("story")
@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda lines: [*lines[:3], *lines[4:]], "Events 4 to 4 are missing, and the manifest has them"),
        (lambda lines: lines[1:], "Events 1 to 1 are missing, and the manifest has them"),
        (swap, "Event 4 (line 5) is out of order: it comes after event 5"),
        (in_fourth(b'"RuleModified"', b'"RuleDeleted"'), "Event 4 (line 4) was changed: its content gives hash"),
        (in_fourth(b'"name":"CI"', b'"name":"EVE"'), "The manifest says sha256"),
        (lambda lines: lines[:-1], "The last line is no manifest: it was cut"),
        (lambda lines: [*lines[:-1], lines[-1][:-20]], "The last line is no manifest: it was cut"),
        (lambda lines: [*lines, b"\n"], "Line 12 is no exported event"),
        (renumber(b'"firstSeq":1', b'"firstSeq":2'), "The manifest was changed: its signature by signing-"),
        (renumber(b'"count":', b'"count":1'), "The manifest was changed"),
        (lambda _lines: [], "The file is empty"),
        (lambda lines: [*lines[:3], b"\xff\n", *lines[4:]], "Line 4 is not UTF-8"),
        (lambda lines: [*lines[:3], b"[]\n", *lines[4:]], "Line 4 is no exported event"),
    ],
    ids=["a line removed", "the first removed", "two swapped", "an event changed", "a name changed", "no manifest",
         "cut", "a line added", "a number changed", "a count changed", "empty", "no text", "no event"],
)  # fmt: skip
def test_a_forged_export_is_named(
    server: Server, tmp_path: Path, act: Callable[[list[bytes]], Sequence[bytes]], said: str
) -> None:
    file = export(server, tmp_path)

    edited(file, act)

    assert proof(server, file).startswith(f"FAULT {said}")


@pytest.mark.usefixtures("story")
def test_a_forged_table_is_named(server: Server, tmp_path: Path) -> None:
    file = export(server, tmp_path, "format=csv")
    edited(file, lambda lines: [*lines[:5], *lines[6:]])
    assert proof(server, file).startswith("FAULT The records are not those that the manifest was signed for")

    file = export(server, tmp_path, "format=csv")
    edited(file, renumber(b'""count"":', b'""count"":1'))
    assert proof(server, file).startswith("FAULT The manifest was changed")


def test_an_export_of_a_log_that_was_cut_or_hashed_anew_is_found_by_its_witness(
    server: Server, story: int, tmp_path: Path
) -> None:
    for _ in range(6):
        server.opened.committer.log(as_account(), [_login()])
    witness = witnessed(server.opened, tmp_path)

    rehash(server.opened, "never happened")
    anew = proof(server, export(server, tmp_path), witness)
    cut(server.opened, 5)
    short = proof(server, export(server, tmp_path), witness)

    assert anew.startswith(f"FAULT Event {story + 15} (line {story + 15}) has hash")
    assert "the log up to there was written anew" in anew
    assert short.startswith(f"FAULT The export ends at event {story + 12}, but a checkpoint signed by signing-")
    assert f"tells of event {story + 15}" in short


@pytest.mark.usefixtures("story")
def test_keys_of_somebody_else_prove_nothing(server: Server, tmp_path: Path) -> None:
    foreign = Ed25519PrivateKey.generate().public_key()
    keys = read_keys(foreign.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())

    with pytest.raises(Fault, match=r"^The manifest is signed with key signing-[0-9a-f]{16}, which is none of yours"):
        verify_export(export(server, tmp_path), keys, {}, lambda _read: None)
