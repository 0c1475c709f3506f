"""`sternpost openapi` and `routes`: what the API offers, without a running server."""

import json
from collections.abc import Iterator

import click

from app.http.openapi import document
from app.http.versions import LATEST, VERSIONS
from app.resources import ENDPOINTS


@click.command()
@click.option("--version", type=click.IntRange(VERSIONS[0], LATEST), default=LATEST, show_default=True)
def openapi(*, version: int) -> None:
    """Print the OpenAPI document of one API version."""
    click.echo(json.dumps(document(ENDPOINTS, version), indent=2, ensure_ascii=False))


@click.command()
@click.option("--markdown", is_flag=True, help="Print a table for documents instead of columns.")
def routes(*, markdown: bool) -> None:
    """List every endpoint.

    The columns are method, path, versions, action and right.
    """
    rows = [
        ("METHOD", "PATH", "VERSIONS", "ACTION", "RIGHT"),
        *sorted(_rows(), key=lambda row: (row[1], row[0], row[2])),
    ]
    if markdown:
        click.echo(_table(rows), nl=False)
        return
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def _rows() -> Iterator[tuple[str, ...]]:
    for endpoint in ENDPOINTS:
        since, until = endpoint.lifespan.since, endpoint.lifespan.until
        versions = f"{since}" if until is None else f"{since}-{until}"
        for method in endpoint.methods:
            yield method, endpoint.path, versions, endpoint.action, " or ".join(endpoint.rights)


def _table(rows: list[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(cell.lower() for cell in rows[0]) + " |", "|---" * len(rows[0]) + "|"]
    lines += ["| " + " | ".join((method, f"`{path}`", *rest)) + " |" for method, path, *rest in rows[1:]]
    where = "Below `/api/<version>`, `/api/latest` or `/api`, with or without `/rudder` in front."
    text = f"{where} `12` means from version 12 on.\n"
    return f"# Endpoints\n\n{text}\n" + "\n".join(lines) + "\n"
