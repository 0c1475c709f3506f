"""`sternpost worker`: the background work as a process of its own, which loads nothing of HTTP's serving."""

from functools import partial

import click

from app import worker as background
from app.config import load
from app.keeper import until_signalled


@click.command()
def worker() -> None:
    """Do the background work until SIGTERM or SIGINT."""
    until_signalled(partial(background.run, load()))
