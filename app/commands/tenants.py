"""`sternpost tenants` and `catalogue`: the installation's tenants, and what new ones are copied from."""

from dataclasses import replace
from pathlib import Path

import click

from app.boot import Installation, installation
from app.commands.documents import import_into
from app.config import load
from app.core.context import Context
from app.core.tenancy import LIMITS, PUBLIC, STATES, SYSTEM_TENANT
from app.resources.tenants.service import Administration
from app.store.tenants import TenantRecord


def _administration(opened: Installation) -> Administration:
    return Administration(opened.all_tenants)


def _operator(act: str, reason: str = "") -> Context:
    return Context.system(SYSTEM_TENANT, reason or f"sternpost tenants {act}")


@click.group()
def tenants() -> None:
    """Make, list, change and delete tenants."""


@tenants.command()
@click.argument("name")
def create(*, name: str) -> None:
    """Make a tenant called NAME, a copy of the catalogue.

    Prints its id, the address of its first administrator, and that one's password, this once.
    """
    with installation(load()) as opened:
        made = _administration(opened).create(_operator(f"create {name}"), TenantRecord(id="", name=name))
    click.echo(f"{made.record.id}\t{made.root.email}\t{made.password}")


@tenants.command("list")
def list_all() -> None:
    """List every tenant, one per line: id, state, name."""
    with installation(load()) as opened:
        for record in _administration(opened).all():
            click.echo(f"{record.id}\t{record.state}\t{record.name}")


@tenants.command("set")
@click.argument("tenant")
@click.option("--state", type=click.Choice(STATES))
@click.option("--limit", "limits", multiple=True, metavar="NAME=NUMBER", help="May be given several times.")
@click.option("--reason", default="", help="Why, for the log.")
def change(*, tenant: str, state: str | None, limits: tuple[str, ...], reason: str) -> None:
    """Change the state or limits of TENANT."""
    given = dict(_limit(text) for text in limits)

    def edited(record: TenantRecord) -> TenantRecord:
        return replace(record, state=state or record.state, limits={**record.limits, **given})

    with installation(load()) as opened:
        record = opened.all_tenants.modify(_operator(f"set {tenant}", reason), tenant, edited)
    click.echo(f"{record.id}\t{record.state}\t{record.name}")


@tenants.command()
@click.argument("tenant")
@click.option("--hard", is_flag=True, help="Delete everything for good instead of switching it off.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--reason", default="", help="Why, for the log.")
def delete(*, tenant: str, hard: bool, yes: bool, reason: str) -> None:
    """Switch TENANT off, or delete it with all that it has; its id is never given again."""
    if hard and not yes:
        click.confirm(f"Delete tenant '{tenant}' with everything in it, for good?", abort=True)
    with installation(load()) as opened:
        _administration(opened).delete(_operator(f"delete {tenant}", reason), tenant, hard=hard)
        if hard:
            opened.git_writer.remove(tenant)
    click.echo(f"Tenant '{tenant}' is {'deleted' if hard else 'DISABLED'}")


@click.group()
def catalogue() -> None:
    """Look after the catalogue that new tenants are copied from."""


@catalogue.command("import")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--reason", default="", help="Why, for the log.")
@click.option("--dry-run", is_flag=True, help="Read and judge everything, and change nothing.")
def import_catalogue(*, folder: Path, reason: str, dry_run: bool) -> None:
    """Load a folder of documents into the catalogue, as one change set.

    The layout is that of `sternpost import`. Tenants that exist keep what they have; later ones get the new state.
    """
    why = reason or "Import into the catalogue"
    with installation(load()) as opened:
        outcome = import_into(opened, folder, Context.system(PUBLIC, why), dry_run=dry_run)
        if outcome.commit is not None:
            _administration(opened).log_import(_operator("import", why), outcome.commit, len(outcome.changes))


def _limit(text: str) -> tuple[str, int]:
    name, _, number = text.partition("=")
    if name not in LIMITS or not (number.isascii() and number.isdigit()):
        raise click.BadParameter(f"'{text}' is no limit; write NAME=NUMBER, NAME one of {', '.join(LIMITS)}")
    return name, int(number)
