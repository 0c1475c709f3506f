"""`sternpost worker`: the background work as a process of its own, which loads nothing of HTTP's serving."""

import signal
import threading

import click

from app import worker as background
from app.config import load
from app.keeper import watch_lifeline


@click.command()
@click.option("--with-server", is_flag=True, help="End when standard input ends; `serve` starts its worker so.")
def worker(*, with_server: bool) -> None:
    """Do the background work until SIGTERM or SIGINT."""
    config = load()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    if with_server:
        watch_lifeline(stopping)
    background.run(config, stopping)
