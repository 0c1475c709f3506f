"""`sternpost serve`: the server."""

from functools import partial

import click

from app import worker
from app.application import create_app
from app.boot import prepare
from app.config import load
from app.keeper import start_keeper
from app.server import Ending, announcement, bind, run, url_of


@click.command()
@click.option("--no-worker", is_flag=True, help="Leave the background work to a `sternpost worker` beside it.")
def serve(*, no_worker: bool) -> None:
    """Start the server: migrate, write the system account's token, listen."""
    config = load()
    listener = bind(config)  # first, so that a taken port is said before anything is touched
    prepared = prepare(config, partial(click.echo, err=True))
    url = url_of(listener)
    keeper = None if no_worker else start_keeper(partial(worker.run, config), close=[listener.fileno()])

    def announce() -> None:
        (config.run_dir / "url").write_text(f"{url}\n", "utf-8")
        click.echo(announcement(url, token_file=prepared.token_file, header_file=prepared.header_file))

    ending = Ending()
    load_app = partial(create_app, config, pause=ending.pause)
    run(config, listener, load_app=load_app, when_listening=announce, keeper=keeper, ending=ending)
