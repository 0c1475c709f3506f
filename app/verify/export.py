"""Checks an exported file alone, with nothing but public keys: each event, the chain, and the signed manifest."""

import csv
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from app.verify.fault import Fault
from app.verify.lines import ANOTHER, Reading
from app.verify.signed import Anchor, Keys, check_signature, read_anchor

_CSV_BEGINS = b"seq,time,type,"
CUT = f"it was cut, or never came to its end; {ANOTHER}"

Step = Callable[[int], object]
"""Told the bytes that were read."""


def verify_export(file: Path, keys: Keys, witnessed: Mapping[str, Sequence[Anchor]], step: Step) -> str:
    """Prove an export, and say what was proven.

    Raises:
        Fault: names the first thing that is wrong.
    """
    with file.open("rb") as source:
        begins = source.read(len(_CSV_BEGINS))
        source.seek(0)
        if begins == _CSV_BEGINS:
            return _verify_csv(_lines(source, step), keys)
        return _verify_ndjson(_lines(source, step), keys, witnessed)


def _verify_ndjson(
    lines: Iterator[tuple[int, bytes, bool]], keys: Keys, witnessed: Mapping[str, Sequence[Anchor]]
) -> str:
    reading, digest, manifest = Reading(witnessed), hashlib.sha256(), None
    for number, line, is_last in lines:
        if is_last:
            manifest = _manifest(line, "ndjson")
            break
        reading.take(_text(line, number), number)
        digest.update(line)
    if manifest is None:
        raise Fault(f"The file is empty; {ANOTHER}")
    check_signature(keys, manifest, "The manifest")
    own = read_anchor(keys, manifest["checkpoint"], "The manifest's checkpoint")
    _compare(reading, manifest, own, digest.hexdigest())
    _refuse_cut(reading, manifest, own)
    if reading.last == own.seq:
        reading.spans.anchor(own.seq)
    left_out = f"; {reading.missing} events are not in it" if reading.missing else "; none is left out"
    asked = f" by {json.dumps(manifest['filter'], ensure_ascii=False)}" if manifest["filter"] else ""
    return (
        f"{manifest['tenant']}: {reading.count} events{asked} up to event {own.seq}{left_out}; every one is as it was "
        f"logged, the manifest is signed by {manifest['keyId']}; {reading.spans.said(reading.last)}"
    )


def _verify_csv(lines: Iterator[tuple[int, bytes, bool]], keys: Keys) -> str:
    digest, manifest = hashlib.sha256(), None
    for number, line, is_last in lines:
        if is_last:
            manifest = _manifest(line, "csv")
            break
        _text(line, number)
        digest.update(line)
    if manifest is None:
        raise Fault(f"The file is empty; {ANOTHER}")
    check_signature(keys, manifest, "The manifest")
    if manifest["sha256"] != digest.hexdigest():
        raise Fault(
            f"The records are not those that the manifest was signed for: one was changed, added or removed; {ANOTHER}"
        )
    return (
        f"{manifest['tenant']}: the records of {manifest['count']} events up to event {manifest['upTo']} are those "
        f"that {manifest['keyId']} signed; an export as NDJSON proves each event and the chain too"
    )


def _compare(reading: Reading, manifest: Mapping[str, Any], own: Anchor, digest: str) -> None:
    """Compare what was read with what the manifest says.

    Raises:
        Fault: names the first difference.
    """
    until = manifest["upTo"]
    last, unbroken = reading.last, reading.last == own.seq
    reading.note_gap(until + 1)
    reading.last = last
    for told, found in zip(manifest["gaps"]["first"], reading.gaps, strict=False):
        if told != found:
            first, end = found if found not in manifest["gaps"]["first"] else told
            raise Fault(f"Events {first} to {end} are not as the manifest says: lines were removed or added; {ANOTHER}")
    if len(reading.gaps) > len(manifest["gaps"]["first"]):
        first, end = reading.gaps[len(manifest["gaps"]["first"])]
        raise Fault(f"Events {first} to {end} are missing, and the manifest has them; {ANOTHER}")
    said = {
        "tenant": reading.tenant or manifest["tenant"],
        "count": reading.count,
        "firstSeq": reading.first,
        "lastSeq": last or None,
        "firstPrevHash": reading.first_prev_hash,
        "lastHash": reading.hash,
        "sha256": digest,
    }
    for name, value in said.items():
        if manifest[name] != value:
            raise Fault(f"The manifest says {name} {manifest[name]}, and the file gives {value}; {ANOTHER}")
    if (manifest["gaps"]["count"], manifest["gaps"]["events"]) != (reading.gap_count, reading.missing):
        raise Fault(f"The manifest counts other gaps than the file has; {ANOTHER}")
    if own.tenant != manifest["tenant"] or own.seq != until or (unbroken and own.hash != reading.hash):
        raise Fault(f"The manifest's checkpoint is not of this log's event {until}; {ANOTHER}")


def _refuse_cut(reading: Reading, manifest: Mapping[str, Any], own: Anchor) -> None:
    """See that no checkpoint of before the export tells of later events than it."""
    later = [one for one in reading.witnessed.get(own.tenant, ()) if one.seq > own.seq and one.time < manifest["made"]]
    if later:
        one = max(later, key=lambda anchor: anchor.seq)
        raise Fault(
            f"The export ends at event {own.seq}, but a checkpoint signed by {one.key_id} tells of event {one.seq} of "
            f"{one.time}, before the export was made: events were cut off; ask who runs the server"
        )
    differing = [one for one in reading.witnessed.get(own.tenant, ()) if one.seq == own.seq and one.hash != own.hash]
    if differing:
        raise Fault(f"At event {own.seq} a checkpoint says another hash than the export: the log was written anew")


def _lines(source: IO[bytes], step: Step) -> Iterator[tuple[int, bytes, bool]]:
    """Give each line with its number, and whether it is the last one."""
    number, held = 0, b""
    for line in source:
        if held:
            yield number, held, False
        number, held = number + 1, line
        step(len(line))
    if held:
        yield number, held, True


def _text(line: bytes, number: int) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise Fault(f"Line {number} is not UTF-8; {ANOTHER}") from None


def _manifest(line: bytes, kind: str) -> dict[str, Any]:
    """Read the last line.

    Raises:
        Fault: it is no manifest.
    """
    try:
        if kind == "ndjson":
            manifest = json.loads(line)["manifest"]
        else:
            (record,) = csv.reader([line.decode().rstrip("\r\n")])
            manifest = json.loads(record[1]) if record[0] == "manifest" else {}
    except (ValueError, KeyError, TypeError, IndexError):
        manifest = {}
    if not isinstance(manifest, dict) or manifest.get("kind") != kind:
        raise Fault(f"The last line is no manifest: {CUT}")
    return manifest
