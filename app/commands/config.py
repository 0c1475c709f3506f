"""`sternpost config`: what the server would run with."""

import click
from pydantic import SecretStr

from app.config import Config, config_files, load


@click.command()
def show() -> None:
    """Print the configuration in force, and the files it comes from.

    Secrets are left out: the admin token, and the database URL unless it names a SQLite file.
    """
    config = load()
    for path in config_files():
        click.echo(f"# {path}")
    for name in Config.model_fields:
        value = getattr(config, name)
        hidden = isinstance(value, SecretStr) or (name == "database_url" and not config.uses_sqlite)
        click.echo(f"{name} = {'(hidden)' if hidden and value else _text(value)}")


def _text(value: object) -> str:
    if isinstance(value, SecretStr):
        return ""
    return ",".join(value) if isinstance(value, tuple) else str(value)
