"""The `sternpost` command; each subcommand is loaded only when it is asked for, so that every one starts quickly."""

import importlib
from collections.abc import Mapping
from typing import cast

import click

from app.core.errors import SternpostError

# name -> "module:attribute" of a click command, in the order that --help shows
COMMANDS: Mapping[str, str] = {
    "serve": "app.commands.serve:serve",
    "worker": "app.commands.serve:worker",
    "config": "app.commands.config:show",
    "db": "app.commands.database:db",
    "accounts": "app.commands.accounts:accounts",
    "import": "app.commands.documents:import_folder",
    "verify": "app.commands.documents:verify",
    "git": "app.commands.documents:git",
    "backup": "app.commands.database:backup",
    "restore": "app.commands.database:restore",
    "openapi": "app.commands.interface:openapi",
    "routes": "app.commands.interface:routes",
}


class LazyGroup(click.Group):
    """A group whose commands are named in a table and imported on demand."""

    def __init__(self, commands: Mapping[str, str], *, help_text: str) -> None:
        super().__init__(name="sternpost", help=help_text)
        self._table = commands

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """Name the commands in the table's order."""
        return list(self._table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  click's signature
        """Import the module of one command."""
        if cmd_name not in self._table:
            return None
        module, attribute = self._table[cmd_name].split(":")
        return cast("click.Command", getattr(importlib.import_module(module), attribute))

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; what goes wrong in the domain is one sentence and exit status 1."""
        try:
            return super().invoke(ctx)
        except SternpostError as error:
            raise click.ClickException(error.message) from error


def main() -> None:
    """Run the command line."""
    LazyGroup(COMMANDS, help_text="Versioned, reviewed and provable configuration of a fleet.")()


if __name__ == "__main__":
    main()
