"""`sternpost accounts`: API accounts, for the operator."""

from datetime import UTC, datetime

import click

from app.boot import installation
from app.config import load
from app.core.canonical import JSON
from app.core.clock import rfc3339
from app.core.context import Context
from app.resources.accounts.service import create_account, delete_account, list_accounts
from app.store.people import find_by_username

NEVER = "never"
_TENANT = click.option("--tenant", default="default", show_default=True, help="The tenant that the account belongs to.")


def _day(_context: click.Context, _option: click.Parameter, text: str | None) -> int | str | None:
    """Read a day as the milliseconds at which it begins in UTC."""
    if text is None or text == NEVER:
        return text
    try:
        return int(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()) * 1000
    except ValueError as error:
        raise click.BadParameter(f"'{text}' is no day; write it as 2027-01-31, or {NEVER}") from error


def _expiry(expires: int | str | None) -> dict[str, JSON]:
    if expires == NEVER:
        return {"expirationPolicy": NEVER}
    return {} if expires is None else {"expirationDate": expires}


@click.group()
def accounts() -> None:
    """Make, list and revoke API accounts."""


@accounts.command()
@click.argument("name")
@_TENANT
@click.option("--rights", type=click.Choice(["none", "ro", "rw"]), default="ro", show_default=True)
@click.option(
    "--owner", help="Id or user name of the person who answers for it; without one its approvals do not count."
)
@click.option(
    "--expires",
    callback=_day,
    metavar="YYYY-MM-DD|never",
    help="The first day (UTC) on which it is refused; one month from now unless said otherwise.",
)
def create(*, name: str, tenant: str, rights: str, owner: str | None, expires: int | str | None) -> None:
    """Make the account NAME and print its token, this once."""
    fields = {"id": name, "name": name, "authorizationType": rights, "owner": owner, **_expiry(expires)}
    with installation(load()) as opened:
        with opened.database.connect(tenant) as connection:
            person = None if owner is None else find_by_username(connection, tenant, owner)
        if person is not None:
            fields["owner"] = person.id
        made = create_account(opened.work(Context.system(tenant, f"sternpost accounts create {name}")), fields)
    click.echo(f"Account '{name}' of tenant '{tenant}' expires: {made['expirationDate'] or NEVER}", err=True)
    click.echo(made["token"])


@accounts.command("list")
@_TENANT
def list_all(*, tenant: str) -> None:
    """List the accounts of a tenant, one per line: id, rights, owner, expiry."""
    with installation(load()) as opened:
        work = opened.work(Context.system(tenant, "sternpost accounts list"))
        for account in list_accounts(work):
            expiry = NEVER if account.expires is None else rfc3339(account.expires)
            state = "" if account.enabled else "\tdisabled"
            click.echo(f"{account.id}\t{account.authorization}\t{account.owner or '-'}\t{expiry}{state}")
        work.release()


@accounts.command()
@click.argument("name")
@_TENANT
def revoke(*, name: str, tenant: str) -> None:
    """End the account NAME for good; its id is never given again."""
    with installation(load()) as opened:
        delete_account(opened.work(Context.system(tenant, f"sternpost accounts revoke {name}")), name)
    click.echo(f"Account '{name}' of tenant '{tenant}' is revoked")
