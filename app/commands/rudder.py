"""`sternpost import-rudder`: the way in for configurations of Rudder."""

from collections.abc import Sequence
from pathlib import Path

import click

from app.boot import installation
from app.changes.change import Change
from app.commands.progress import progress_bar
from app.config import load
from app.core.context import Context
from app.http.intake import Intake
from app.resources import WRITINGS
from app.resources.archives.importing import MERGES, OVERRIDE, Asked, Report, import_archive


@click.command("import-rudder")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--tenant", default="default", show_default=True)
@click.option(
    "--merge",
    type=click.Choice(MERGES),
    default=OVERRIDE,
    show_default=True,
    help="Whether the targets of rules come in: all, those of new rules, or none.",
)
@click.option("--reason", default="", help="Why, for the log.")
@click.option("--dry-run", is_flag=True, help="Read and judge everything, and change nothing.")
def import_rudder(*, file: Path, tenant: str, merge: str, reason: str, dry_run: bool) -> None:
    """Import an archive that Rudder exported, as one change set.

    FILE is the zip of Rudder's GET /archives/export. All of it comes in or none; documents whose ids exist are
    replaced. What came in is listed; if anything cannot be read, every fault is listed and the exit status is 1.
    """
    with installation(load()) as opened, file.open("rb") as archive, progress_bar() as progress:
        work = opened.work(Context.system(tenant, reason or f"Import of {file.name}"))
        work.dry_run = dry_run
        asked = Asked(file=archive, name=file.name, merge=merge, progress=progress)
        try:
            work.session.head()  # a tenant that does not exist is told before the archive is read
            report = import_archive(work, Intake(WRITINGS), asked)
        finally:
            work.release()
    click.echo(_told(report, dry_run=dry_run))


def _told(report: Report, *, dry_run: bool) -> str:
    lines = [
        *_listed("Would be added" if dry_run else "Added", report.added),
        *_listed("Would be replaced" if dry_run else "Replaced", report.replaced),
        *_listed("Unchanged", report.unchanged),
    ]
    if report.left:
        lines += [f"Left ({len(report.left)}):", *(f"  {one.what}: {one.why}" for one in report.left)]
    if report.secrets:
        lines.append(f"Secrets to be set ({len(report.secrets)}):")
        lines += [f"  {one['kind']} '{one['id']}': {one['path']}" for one in report.secrets]
    counted = f"{len(report.outcome.asked)} documents ({len(report.added)} new, {len(report.replaced)} replaced)"
    if dry_run:
        return "\n".join([*lines, f"Would import {counted}; nothing was written"])
    return "\n".join([*lines, f"Imported {counted} as commit {report.outcome.commit or 'none: nothing differs'}"])


def _listed(title: str, changes: Sequence[Change]) -> list[str]:
    if not changes:
        return []
    return [
        f"{title} ({len(changes)}):",
        *(f"  {one.kind} '{one.id}' ({_printable(one.shown.name)})" for one in changes),
    ]


def _printable(name: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in name)
