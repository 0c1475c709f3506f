"""`sternpost openapi` and `routes`: what the API offers, without a running server."""

import json

import click

from app.http.openapi import document
from app.http.versions import LATEST, VERSIONS
from app.resources import RESOURCES

ENDPOINTS = tuple(endpoint for resource in RESOURCES for endpoint in resource.endpoints)


@click.command()
@click.option("--version", type=click.IntRange(VERSIONS[0], LATEST), default=LATEST, show_default=True)
def openapi(*, version: int) -> None:
    """Print the OpenAPI document of one API version."""
    click.echo(json.dumps(document(ENDPOINTS, version), indent=2, ensure_ascii=False))


@click.command()
def routes() -> None:
    """List every endpoint: method, path, versions, action, right."""
    rows = [("METHOD", "PATH", "SINCE", "ACTION", "RIGHT")]
    for endpoint in ENDPOINTS:
        since, until = endpoint.lifespan.since, endpoint.lifespan.until
        versions = f"{since}" if until is None else f"{since}-{until}"
        rows += [
            (method, endpoint.path, versions, endpoint.action, " or ".join(endpoint.rights))
            for method in endpoint.methods
        ]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
