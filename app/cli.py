"""The `sternpost` command; each subcommand is loaded only when it is asked for, so that every one starts quickly."""

import gc
import importlib
from collections.abc import Mapping
from types import ModuleType
from typing import NamedTuple, cast

import click

from app.core.errors import SternpostError
from app.store.git.command import forget_git_environment


class Place(NamedTuple):
    """Where a click command is (`module:attribute`), and its line in `--help`, which a test compares with it."""

    target: str
    summary: str


# In the order that --help shows; the summaries are here so that --help imports no command.
COMMANDS: Mapping[str, Place] = {
    "serve": Place("app.commands.serve:serve", "Start the server: migrate, write the system account's token, listen."),
    "worker": Place("app.commands.worker:worker", "Do the background work until SIGTERM or SIGINT."),
    "config": Place("app.commands.config:show", "Print the configuration in force, and the files it comes from."),
    "db": Place("app.commands.database:db", "Look after the database."),
    "accounts": Place("app.commands.accounts:accounts", "Make, list and revoke API accounts."),
    "users": Place("app.commands.users:users", "Make and list the people of a tenant."),
    "tenants": Place("app.commands.tenants:tenants", "Make, list, change and delete tenants."),
    "catalogue": Place("app.commands.tenants:catalogue", "Look after the catalogue that new tenants are copied from."),
    "demo": Place(
        "app.commands.demo:demo", "Make a tenant with a fleet, its configuration and three months of history."
    ),
    "import": Place("app.commands.documents:import_folder", "Load a folder of documents as one change set."),
    "import-rudder": Place(
        "app.commands.rudder:import_rudder", "Import an archive that Rudder exported, as one change set."
    ),
    "review": Place("app.commands.review:review", "Look after reviews."),
    "verify": Place("app.commands.verify:verify", "Prove that log, documents, git and checkpoints agree."),
    "witness": Place("app.commands.keys:witness", "Append a signed checkpoint of every log that moved to FILE."),
    "keys": Place("app.commands.keys:keys", "Look after the keys that sign checkpoints and encrypt secrets."),
    "git": Place("app.commands.documents:git", "Look after the git repositories, which are replays of the log."),
    "backup": Place("app.commands.database:backup", "Write the database and the keys into one file."),
    "restore": Place("app.commands.database:restore", "Bring a backup back into an empty installation."),
    "openapi": Place("app.commands.interface:openapi", "Print the OpenAPI document of one API version."),
    "routes": Place("app.commands.interface:routes", "List every endpoint."),
}


class LazyGroup(click.Group):
    """A group whose commands are named in a table and imported on demand."""

    def __init__(self, commands: Mapping[str, Place], *, help_text: str) -> None:
        super().__init__(name="sternpost", help=help_text)
        self._table = commands

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """Name the commands in the table's order."""
        return list(self._table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  click's signature
        """Import the module of one command."""
        if cmd_name not in self._table:
            return None
        module, attribute = self._table[cmd_name].target.split(":")
        return cast("click.Command", getattr(_load(module), attribute))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  click's signature
        """List the commands by their summaries, importing none."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, place.summary) for name, place in self._table.items()])

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; what goes wrong in the domain is one sentence and exit status 1."""
        try:
            return super().invoke(ctx)
        except SternpostError as error:
            raise click.ClickException(error.message) from error


def _load(module: str) -> ModuleType:
    """Import a command, without looking for garbage, of which that makes little; it is left out from then on."""
    gc.disable()
    try:
        return importlib.import_module(module)
    finally:
        gc.freeze()
        gc.enable()


def main() -> None:
    """Run the command line."""
    forget_git_environment()
    LazyGroup(COMMANDS, help_text="Versioned, reviewed and provable configuration of a fleet.")()


if __name__ == "__main__":
    main()
