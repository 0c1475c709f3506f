"""`sternpost users`: the first administrator of a tenant, and who there is."""

import secrets
from collections.abc import Mapping

import click

from app.boot import installation
from app.config import load
from app.core.canonical import JSON
from app.core.context import Context
from app.core.roles import ADMINISTRATOR
from app.people.administration import create_user, list_users

_TENANT = click.option("--tenant", default="default", show_default=True, help="The tenant that the person belongs to.")


def _given(**values: JSON) -> Mapping[str, JSON]:
    return {name: value for name, value in values.items() if value is not None}


@click.group()
def users() -> None:
    """Make and list the people of a tenant."""


@users.command()
@click.argument("username")
@_TENANT
@click.option("--email", help="E-mail address, to log in with instead of the user name.")
@click.option("--name", default="", help="Name for display.")
@click.option(
    "--role", "roles", multiple=True, default=(ADMINISTRATOR,), show_default=True, help="A role; may be repeated."
)
def create(*, username: str, tenant: str, email: str | None, name: str, roles: tuple[str, ...]) -> None:
    """Make the user USERNAME and print an initial password, this once; it counts in this tenant only."""
    password = secrets.token_urlsafe(18)
    fields = _given(username=username, name=name, email=email, roles=[*roles], password=password)
    with installation(load()) as opened:
        work = opened.work(Context.system(tenant, f"sternpost users create {username}"))
        create_user(work, fields)
        work.release()
    click.echo(f"User '{username}' of tenant '{tenant}' has the roles: {', '.join(roles)}", err=True)
    click.echo(password)


@users.command("list")
@_TENANT
def list_all(*, tenant: str) -> None:
    """List the people of a tenant, one per line: name, state, roles, id, last login."""
    with installation(load()) as opened:
        work = opened.work(Context.system(tenant, "sternpost users list"))
        for user in list_users(work):
            roles = user["roles"]
            listed = ",".join(map(str, roles)) if isinstance(roles, list) and roles else "-"
            click.echo(f"{user['username']}\t{user['state']}\t{listed}\t{user['id']}\t{user['lastLogin'] or 'never'}")
        work.release()
