"""`sternpost db`, `backup` and `restore`: the database as a whole."""

from pathlib import Path

import click

from app.backup import back_up, bring_back
from app.config import load, make_data_dir
from app.store.db import Database, upgrade

_FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


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
    """Write the database and the keys into FILE (mode 0600), while the server runs."""
    back_up(load(), file)
    click.echo(f"Wrote {file}; it holds the keys, so keep it as safe as they are")


@click.command()
@_FILE
def restore(*, file: Path) -> None:
    """Bring FILE back into an empty data directory and an empty database."""
    config = load()
    make_data_dir(config)
    bring_back(config, file)
    click.echo(f"Restored {file}; check it with: sternpost verify")
