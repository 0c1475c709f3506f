"""`sternpost demo`: a tenant to look around in."""

import secrets

import click

from app.boot import Installation, installation
from app.config import load
from app.core.clock import now_ms
from app.core.errors import AlreadyExistsError
from app.core.tenancy import check_tenant_id
from app.demo.story import DAY_MS, DAYS, PEOPLE, Calendar, Size, Story
from app.store.tenants import is_given


@click.command()
@click.option("--tenant", default="demo", show_default=True, help="The tenant that is made; it must not exist yet.")
def demo(*, tenant: str) -> None:
    """Make a tenant with a fleet, its configuration and three months of history.

    Everything is written as people and machines would have written it, at its time of the past: 40 nodes, 30 rules, 60
    directives, groups, change requests that were decided and some that wait, and what the nodes reported. Nothing in
    other tenants is touched. `sternpost tenants delete TENANT --hard` takes it away again.
    """
    config, password = load(), secrets.token_urlsafe(12)
    with installation(config) as opened:
        refuse_given(opened, tenant)
        story = Story(opened, tenant, Size(), password, Calendar(now_ms() - DAYS * DAY_MS))
        for part in story.tell():
            click.echo(f"Written: {part}", err=True)
    click.echo(f"Open {config.link_base}/console and log in:")
    click.echo(f"  tenant     {tenant}\n  user name  administrator, or {', '.join(list(PEOPLE)[1:])}")
    click.echo(f"  password   {password}   (of all of them; it is not shown again)")
    click.echo("Three change requests wait for the reviewer. `sternpost serve` starts the server if it does not run.")


def refuse_given(opened: Installation, tenant: str) -> None:
    """Refuse an id that a tenant has, or had.

    Raises:
        InvalidError: no tenant can have this id.
        AlreadyExistsError: it was given before.
    """
    check_tenant_id(tenant)
    with opened.database.connect() as connection:
        if is_given(connection, tenant):
            raise AlreadyExistsError(
                f"Tenant '{tenant}' exists, or existed, and an id is never given again; nothing was changed. "
                "Choose another with --tenant"
            )
