"""Backup and restore: the whole database as of one moment, and the keys, in one file.

The file is a zip of NDJSON, one member a table, for either database: so it needs no program of PostgreSQL's, and an
installation moves from SQLite to PostgreSQL by a backup and a restore. Git is left out, being a replay of the log.
"""

import base64
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import orjson
from sqlalchemy import Connection, LargeBinary, MetaData, Table, func, insert, inspect, select

from app.config import Config
from app.core.clock import now_ms, rfc3339
from app.core.errors import ConflictError, InvalidError, NotFoundError, UnavailableError
from app.store.db import Database, reading_snapshot
from app.store.migrations import is_current, knows_revision, newest_revision, upgrade_within
from app.store.tables import Base

FORMAT = 1
MANIFEST = "sternpost-backup.json"
KEYS = "keys/"
PART = 500

Progress = Callable[[int], None]


def _ignore(_rows: int) -> None:
    return None


def back_up(config: Config, file: Path, progress: Progress = _ignore) -> None:
    """Write database and keys into a new file of mode 0600, while the server runs.

    Raises:
        ConflictError: the file exists.
        UnavailableError: the database has pending migrations.
    """
    if file.exists():
        raise ConflictError(f"{file} exists; name a new file, so that no backup is lost to a half-made one")
    unfinished = file.with_name(file.name + ".part")
    database = Database(config.database_url)
    try:
        if not is_current(database):
            raise UnavailableError("The database has pending migrations; run `sternpost db upgrade`", retry_after_s=60)
        with _private(unfinished) as raw, zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
            with reading_snapshot(database) as connection:
                tables = {table.name: _dump(connection, table, archive, progress) for table in _tables()}
            for key in sorted(config.keys_dir.glob("*.key")):
                archive.writestr(f"{KEYS}{key.name}", key.read_bytes())
            manifest = {
                "format": FORMAT,
                "made": rfc3339(now_ms()),
                "revision": newest_revision(),
                "tables": tables,
            }
            archive.writestr(MANIFEST, json.dumps(manifest, indent=2) + "\n")
        unfinished.replace(file)
    finally:
        database.close()
        unfinished.unlink(missing_ok=True)


def bring_back(config: Config, file: Path, progress: Progress = _ignore) -> None:
    """Fill an empty database and keys directory from a backup, all of it or nothing.

    Raises:
        NotFoundError: there is no such file.
        InvalidError: the file is no backup, or one of a newer program.
        ConflictError: there is an installation already.
    """
    try:
        archive = zipfile.ZipFile(file)
    except FileNotFoundError:
        raise NotFoundError(f"{file} does not exist; name the file that `sternpost backup` wrote") from None
    except zipfile.BadZipFile as fault:
        raise InvalidError(f"{file} is not a backup, or only part of one ({fault}); take another") from fault
    with archive:
        manifest = _manifest(archive, file)
        database = Database(config.database_url)
        try:
            _refuse_existing(config, database)
            _restore(config, database, archive, manifest, progress)
        except (ValueError, KeyError, zipfile.BadZipFile) as fault:
            raise InvalidError(f"{file} cannot be read ({fault}); nothing was restored, take another backup") from fault
        finally:
            database.close()


def _restore(
    config: Config, database: Database, archive: zipfile.ZipFile, manifest: dict[str, Any], progress: Progress
) -> None:
    written: list[Path] = []
    try:
        with database.writing_everywhere("restore") as connection:
            upgrade_within(connection, manifest["revision"])
            known = MetaData()
            known.reflect(connection)
            tables = [known.tables[name] for name in manifest["tables"]]
            for table in reversed(tables):
                connection.execute(table.delete())  # what the migrations themselves put in
            for table in tables:
                _load(connection, table, archive, progress)
            upgrade_within(connection, "head")
            written += _restore_keys(config.keys_dir, archive)
    except BaseException:
        for key in written:
            key.unlink(missing_ok=True)
        raise


def _refuse_existing(config: Config, database: Database) -> None:
    remedy = "restore into an empty one: set STERNPOST_DATA_DIR (and STERNPOST_DATABASE_URL, STERNPOST_KEYS_DIR) to it"
    with database.everywhere("look for an installation") as connection:
        present = set(inspect(connection).get_table_names())
        for table in ("keys", "events", "documents", "accounts"):
            if table in present:
                count = connection.execute(select(func.count()).select_from(Base.metadata.tables[table])).scalar_one()
                if count:
                    raise ConflictError(f"There is an installation already ({count} rows in table {table}); {remedy}")
    if any(config.keys_dir.glob("*.key")):
        raise ConflictError(f"There are keys in {config.keys_dir} already; {remedy}")
    if any((config.data_dir / "git").glob("*.git")):
        raise ConflictError(f"There are repositories in {config.data_dir / 'git'} already; {remedy}")


def _manifest(archive: zipfile.ZipFile, file: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
    except (KeyError, ValueError, zipfile.BadZipFile) as fault:
        raise InvalidError(f"{file} is not a backup: it has no readable {MANIFEST}; take another file") from fault
    if manifest.get("format") != FORMAT or not knows_revision(str(manifest.get("revision"))):
        raise InvalidError(f"{file} was made by a newer version of Sternpost; install that version, then restore")
    return manifest


def _tables() -> list[Table]:
    return list(Base.metadata.sorted_tables)  # those that are referred to come first


def _dump(connection: Connection, table: Table, archive: zipfile.ZipFile, progress: Progress) -> int:
    # Numbers that the database gives out itself are given anew: nothing refers to them.
    columns = [column for column in table.c if column.autoincrement is not True]
    statement = select(*columns).order_by(*table.primary_key.columns)
    count = 0
    with archive.open(f"{table.name}.ndjson", "w", force_zip64=True) as out:
        for part in connection.execution_options(yield_per=PART).execute(statement).mappings().partitions(PART):
            out.write(b"".join(orjson.dumps(dict(row), default=_bytes) + b"\n" for row in part))
            count += len(part)
            progress(len(part))
    return count


def _bytes(value: object) -> str:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    raise TypeError(f"no JSON for {type(value).__name__}")


def _load(connection: Connection, table: Table, archive: zipfile.ZipFile, progress: Progress) -> None:
    binary = [column.name for column in table.c if isinstance(column.type, LargeBinary)]
    with archive.open(f"{table.name}.ndjson") as lines:
        for part in _parts(lines):
            for row in part:
                row.update({name: base64.b64decode(row[name]) for name in binary if row[name] is not None})
            connection.execute(insert(table), part)
            progress(len(part))


def _parts(lines: IO[bytes]) -> Iterator[list[dict[str, Any]]]:
    part: list[dict[str, Any]] = []
    for line in lines:
        part.append(orjson.loads(line))
        if len(part) == PART:
            yield part
            part = []
    if part:
        yield part


def _restore_keys(folder: Path, archive: zipfile.ZipFile) -> list[Path]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    written = []
    for name in archive.namelist():
        if name.startswith(KEYS):
            path = folder / Path(name).name
            with _private(path) as out:
                out.write(archive.read(name))
            written.append(path)
    return written


@contextmanager
def _private(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file that only its owner reads, and make it durable at the end."""
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
