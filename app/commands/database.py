"""`sternpost db`, `backup` and `restore`: the database as a whole."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from tqdm import tqdm

from app.backup import back_up, bring_back
from app.config import load, make_data_dir
from app.store.db import Database
from app.store.migrations import upgrade

_FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@contextmanager
def _bar() -> Iterator[Callable[[int], None]]:
    with tqdm(unit=" rows", leave=False, disable=None) as bar:

        def advance(rows: int) -> None:
            bar.update(rows)

        yield advance


@click.group()
def db() -> None:
    """Look after the database."""


@db.command("upgrade")
def upgrade_database() -> None:
    """Apply pending migrations."""
    config = load()
    make_data_dir(config)
    database = Database(config.database_url)
    try:
        upgrade(database)
    finally:
        database.close()
    click.echo("The database is current")


@click.command()
@_FILE
def backup(*, file: Path) -> None:
    """Write the database and the keys into one file.

    FILE is new, for its owner only (mode 0600), and may be written while the server runs.
    """
    with _bar() as progress:
        back_up(load(), file, progress)
    click.echo(f"Wrote {file}; it holds the keys, so keep it as safe as they are")


@click.command()
@_FILE
def restore(*, file: Path) -> None:
    """Bring a backup back into an empty installation."""
    config = load()
    make_data_dir(config)
    with _bar() as progress:
        bring_back(config, file, progress)
    click.echo(f"Restored {file}; check it with: sternpost verify")
