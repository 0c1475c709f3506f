"""`sternpost import` and `git`: documents in bulk, and the repositories, which are replays of the log."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from tqdm import tqdm

from app.boot import Installation, installation
from app.changes.change import Outcome
from app.changes.watching import Watch
from app.commands.progress import progress_bar
from app.config import load
from app.core.context import Context
from app.http.intake import FileFaults, put
from app.importing import find_files, read_edits

_ALL_TENANTS = click.option("--tenant", help="Only this tenant; otherwise every one.")


@click.command("import")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--tenant", default="default", show_default=True)
@click.option("--reason", default="", help="Why, for the log.")
@click.option("--dry-run", is_flag=True, help="Read and judge everything, and change nothing.")
def import_folder(*, folder: Path, tenant: str, reason: str, dry_run: bool) -> None:
    """Load a folder of documents as one change set.

    Every `<kind plural>/**/*.json` under FOLDER is taken, all of them or none. A document whose id exists is
    changed to what its file says; members that the file does not have stay as they are.
    """
    with installation(load()) as opened:
        import_into(opened, folder, Context.system(tenant, reason), dry_run=dry_run)


def import_into(opened: Installation, folder: Path, ctx: Context, *, dry_run: bool) -> Outcome:
    """Load a folder into the tenant of `ctx`, showing how far it is, and say what that did or would do."""
    files, faults = find_files(folder), FileFaults()
    edits = read_edits(folder, tqdm(files, desc="Reading", unit=" files", leave=False, disable=None), faults)
    with progress_bar() as progress, faults.judged():
        work = opened.work(ctx if ctx.reason else ctx.because(f"Import of {len(edits)} documents"))
        work.dry_run, work.watch = dry_run, Watch(progress)
        outcome = work.submit([], plan=lambda view: put(edits, view))
    changed, new = len(outcome.changes), sum(change.before is None for change in outcome.asked)
    counted = f"{len(edits)} documents ({new} new, {len(edits) - new} known; {changed} changed)"
    if dry_run:
        click.echo(f"Would import {counted}; nothing was written")
    else:
        click.echo(f"Imported {counted} as commit {outcome.commit or 'none: nothing differs'}")
    return outcome


@click.group()
def git() -> None:
    """Look after the git repositories, which are replays of the log."""


@git.command()
@click.option("--tenant", default="default", show_default=True)
def sync(*, tenant: str) -> None:
    """Write what the log has and git has not yet, and print the repository's path.

    So this works: git -C "$(sternpost git sync)" log
    """
    with installation(load()) as opened:
        with replay_bar(opened, tenant) as progress:
            opened.git_writer.catch_up(tenant, progress)
        click.echo(opened.git_writer.path(tenant))


@git.command()
@_ALL_TENANTS
def rebuild(*, tenant: str | None) -> None:
    """Throw the repository away and replay the whole log; the commits are the same again."""
    with installation(load()) as opened:
        for each in opened.tenants(only=tenant):
            with replay_bar(opened, each) as progress:
                head = opened.git_writer.rebuild(each, progress)
            click.echo(f"{each}: {head or 'no commit yet'}")


@contextmanager
def replay_bar(opened: Installation, tenant: str) -> Iterator[Callable[[int], None]]:
    """Show how far the replay of a log into git has come."""
    work = opened.work(Context.system(tenant, "Replay into git"))
    last = work.session.head().seq
    work.release()
    with tqdm(total=last, desc=f"{tenant}.git", unit=" events", leave=False, disable=None) as bar:

        def reached(seq: int) -> None:
            bar.update(seq - bar.n)

        yield reached
