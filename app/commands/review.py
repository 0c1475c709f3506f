"""`sternpost review`: the way out for a tenant in which nobody is left who could approve."""

import click

from app.boot import Installation, installation
from app.changes.change import Edit, Outcome
from app.changes.recording import Fact
from app.changes.review.policy import KIND, SWITCH
from app.config import load
from app.core.context import Context
from app.store.documents import list_documents

SWITCHED_OFF = "ReviewSwitchedOff"


@click.group()
def review() -> None:
    """Look after reviews."""


@review.command()
@click.option("--tenant", default="default", show_default=True, help="The tenant that is locked out.")
@click.option("--reason", required=True, help="Why; it stands in the log for ever.")
def off(*, tenant: str, reason: str) -> None:
    """Switch the workflow off and every review policy of the tenant; change requests that wait stay.

    An event of its own says so. Nobody inside the tenant can do this without a review.
    """
    with installation(load()) as opened:
        outcome = switch_off(opened, tenant, reason)
    if outcome.changes:
        click.echo(f"Switched off in tenant '{tenant}': {', '.join(one.id for one in outcome.changes)}")
    else:
        click.echo(f"Review is off in tenant '{tenant}' already; nothing was changed")


def switch_off(opened: Installation, tenant: str, reason: str) -> Outcome:
    """Switch review off as the installation itself."""
    work = opened.work(Context.system(tenant, reason))
    policies = [one.id for one in list_documents(work.session, KIND) if one.document["enabled"] is True]
    edits = [Edit("setting", SWITCH, "modify", {"value": False})]
    edits += [Edit(KIND, policy, "modify", {"enabled": False}) for policy in policies]
    try:
        return work.submit(edits, facts=[Fact(type=SWITCHED_OFF, data={"policies": [*policies]})])
    finally:
        work.release()
