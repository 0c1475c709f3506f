"""`sternpost verify`: the proof of a live installation, of a backup, or of an exported file alone."""

import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from tqdm import tqdm

from app.backup import bring_back
from app.boot import Installation, installation
from app.commands.documents import replay_bar
from app.config import Config, load, make_data_dir
from app.core.errors import IntegrityError, InvalidError, SternpostError
from app.verify import Report, Trust, verify_installation
from app.verify.export import verify_export
from app.verify.fault import Fault
from app.verify.signed import Anchor, Keys, read_keys, read_witnessed

_GIVEN = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=_GIVEN, required=False)
@click.option("--tenant", help="Only this tenant; otherwise every one.")
@click.option("--public-key", type=_GIVEN, help="Public keys that are trusted (PEM, from `sternpost keys public`).")
@click.option("--checkpoints", type=_GIVEN, help="Checkpoints that somebody kept (from `sternpost witness`).")
def verify(*, file: Path | None, tenant: str | None, public_key: Path | None, checkpoints: Path | None) -> None:
    """Prove that log, documents, git and checkpoints agree.

    Without FILE the configured installation is proven. FILE is a backup, or an export of the log (NDJSON or CSV), which
    is proven by itself: it needs no server, and no network, but --public-key. The first thing that differs is named,
    with the remedy, and the exit status is 1.
    """
    if file is not None and not zipfile.is_zipfile(file):
        click.echo(_verify_export(file, public_key, checkpoints))
        return
    if file is not None:
        report = _verify_backup(file, tenant, public_key, checkpoints)
    else:
        report = _verify_here(load(), tenant, public_key, checkpoints)
    click.echo(report.text)
    if report.fault:
        raise IntegrityError(report.fault)


def _verify_here(config: Config, tenant: str | None, public_key: Path | None, checkpoints: Path | None) -> Report:
    with installation(config) as opened:
        behind = _catch_up(opened, tenant)
        trust = _trust(opened, public_key, checkpoints)
        report = verify_installation(opened.database, opened.git_root, tenant=tenant, trust=trust)
    return Report(report.text, report.fault or behind)


def _verify_backup(file: Path, tenant: str | None, public_key: Path | None, checkpoints: Path | None) -> Report:
    """Bring the backup back into a folder that is thrown away; git is a replay, so its names are proven by the log."""
    with tempfile.TemporaryDirectory(prefix="sternpost-verify-") as folder:
        config = load(data_dir=Path(folder) / "data", database_url="", keys_dir=Path())
        make_data_dir(config)
        with tqdm(unit=" rows", desc="Reading", leave=False, disable=None) as bar:

            def advance(rows: int) -> None:
                bar.update(rows)

            bring_back(config, file, advance)
        with installation(config) as opened:
            trust = _trust(opened, public_key, checkpoints)
            return verify_installation(opened.database, None, tenant=tenant, trust=trust)


def _verify_export(file: Path, public_key: Path | None, checkpoints: Path | None) -> str:
    if public_key is None:
        raise InvalidError(f"{file} is an export: name the keys that you trust with --public-key FILE")
    try:
        keys = read_keys(public_key.read_text("utf-8", "replace"))
        witnessed = _witnessed(keys, checkpoints)
        with _bar(file) as step:
            return verify_export(file, keys, witnessed, step)
    except Fault as fault:
        raise IntegrityError(str(fault)) from fault


@contextmanager
def _bar(file: Path) -> Iterator[Callable[[int], object]]:
    total = file.stat().st_size
    with tqdm(total=total, desc=file.name, unit="B", unit_scale=True, leave=False, disable=None) as bar:
        yield bar.update


def _trust(opened: Installation, public_key: Path | None, checkpoints: Path | None) -> Trust:
    """Believe the keys that were named, or else those of the installation itself."""
    own = "".join(opened.committer.ring.public_keys().values())
    try:
        keys = read_keys(own if public_key is None else public_key.read_text("utf-8", "replace"))
        return Trust(keys, _witnessed(keys, checkpoints))
    except Fault as fault:
        raise IntegrityError(str(fault)) from fault


def _witnessed(keys: Keys, checkpoints: Path | None) -> dict[str, list[Anchor]]:
    if checkpoints is None:
        return {}
    with checkpoints.open(encoding="utf-8", errors="replace") as lines:
        return read_witnessed(keys, lines, checkpoints.name)


def _catch_up(opened: Installation, tenant: str | None) -> str | None:
    """Bring git up to date; what cannot be is told only if the verifier does not name it better."""
    said = None
    for each in opened.tenants(only=tenant):
        try:
            with replay_bar(opened, each) as progress:
                opened.git_writer.catch_up(each, progress)
        except SternpostError as fault:
            said = said or fault.message
    return said
