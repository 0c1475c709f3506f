"""`sternpost keys` and `witness`: the keys of the installation, and checkpoints for somebody else to keep."""

from pathlib import Path

import click

from app.boot import installation
from app.changes.rotation import rotate
from app.config import load
from app.store.checkpoints import checkpoint, list_standings
from app.witness import append_checkpoints


@click.group()
def keys() -> None:
    """Look after the keys that sign checkpoints and encrypt secrets."""


@keys.command()
def public() -> None:
    """Print the public half of every signing key, as PEM; hand it to whoever verifies exports."""
    with installation(load()) as opened:
        click.echo("".join(opened.committer.ring.public_keys().values()), nl=False)


@keys.command("rotate")
@click.argument("purpose", type=click.Choice(("signing", "encryption")))
def rotate_one(*, purpose: str) -> None:
    """Make a new key and use it from now on.

    Old signatures stay valid. Secrets are encrypted anew under the new key at once. Servers and workers that run use
    the new key after a restart, and read both until then.
    """
    with installation(load()) as opened:
        rotated = rotate(opened.database, opened.committer.ring, purpose, opened.committer.clock)
    click.echo(f"The {purpose} key is now {rotated.key_id}")
    if purpose == "encryption":
        click.echo(f"{rotated.sealed_again} secrets are encrypted under it; those before it open nothing new")
    click.echo("Restart the servers and workers that run, and take a backup: it holds the keys")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--tenant", help="Only this tenant; otherwise every one.")
def witness(*, file: Path, tenant: str | None) -> None:
    """Append a signed checkpoint of every log that moved to FILE.

    Keep FILE where the server's operator cannot write. `sternpost verify --checkpoints FILE` then finds a log that was
    cut or written anew, and `sternpost verify EXPORT --public-key KEY --checkpoints FILE` the same without the server.
    """
    with installation(load()) as opened:
        ring = opened.committer.ring
        made = [checkpoint(ring, at) for at in list_standings(opened.database, tenant)]
    count = append_checkpoints(file, [one.shown() for one in made])
    click.echo(f"Appended {count} checkpoints to {file}" if count else f"{file} has all of them; no log has moved")
