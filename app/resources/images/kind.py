"""Images as documents: what is run, the variables it declares, and the few that a new tenant starts with."""

import re
from collections.abc import Iterable, Mapping
from functools import partial

from app.changes.change import Change, Edit
from app.changes.kinds import Kind, View, laid_over
from app.core.canonical import JSON, Document
from app.core.errors import ConflictError
from app.fleet.hosting.variables import NAME, check_command, check_declared, wrong
from app.http.resource import Starter
from app.store.documents import Stored
from app.store.keys import Key

CONTAINER, PROCESS = "container", "process"
DEFAULTS: Mapping[str, JSON] = {
    "name": "",
    "description": "",
    "author": "",
    "authorName": "",
    "runtime": CONTAINER,
    "image": "",
    "command": "",
    "stopCommand": "",
    "volume": "",
    "environment": [],
    "variables": {},
    "scripts": {},
    "meta": {},
}
SHOWN = 10
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@-]{0,254}")


def judge_image(present: Stored | None, edit: Edit, view: View) -> Document:
    """Merge an edit of an image and check it.

    Raises:
        InvalidError: naming the member and what is wrong with it.
    """
    image = laid_over(DEFAULTS, present, edit, view)
    image["variables"] = check_declared(image["variables"])
    if image["runtime"] == CONTAINER and _REFERENCE.fullmatch(str(image["image"])) is None:
        raise wrong(
            "image", f"'{str(image['image'])[:60]}' is no image of containers, such as docker.io/library/nginx:1.27"
        )
    if image["runtime"] == PROCESS and not str(image["command"]).strip():
        raise wrong("command", "is required: what the process runs")
    if image["volume"] and not str(image["volume"]).startswith("/"):
        raise wrong("volume", f"'{str(image['volume'])[:60]}' is no absolute path; use such as /data")
    _check_environment(image["environment"])
    check_command(image)
    return image


def _check_environment(environment: JSON) -> None:
    for line in environment if isinstance(environment, list) else ():
        name, equals, value = str(line).partition("=")
        if not equals or NAME.fullmatch(name) is None or "\0" in value:
            raise wrong("environment", f"'{str(line)[:60]}' is not NAME=value")


def check_image(change: Change, view: View) -> None:
    """Keep an image that instances are made of.

    Raises:
        ConflictError: naming the instances.
    """
    if change.after is not None:
        return
    users = view.holders("instance", "imageId", change.id)
    if users:
        names = ", ".join(f"'{one.id}'" for one in users[:SHOWN])
        more = f" and {len(users) - SHOWN} more" if len(users) > SHOWN else ""
        raise ConflictError(f"Image '{change.id}' is used by the instances {names}{more}; delete them first")


def judge_instances_again(change: Change, view: View) -> Iterable[Edit]:
    """Judge the instances of an image whose variables changed: they must still fit, and hide what is secret now."""
    if change.before is None or change.after is None:
        return
    if change.before.document["variables"] != change.after.document["variables"]:
        for one in view.holders("instance", "imageId", change.id):
            yield Edit("instance", one.id, "modify")


IMAGE = Kind(
    name="image",
    label="Image",
    judge=judge_image,
    check=check_image,
    cascade=judge_instances_again,
    keys=(Key("name"), Key("image"), Key("runtime"), Key("author")),
    unknown="Image '{id}' was not found; GET /images lists those that exist",
)


def starter() -> Iterable[Starter]:
    """Make the images of the public catalogue."""
    author: Document = {"author": "sternpost", "authorName": "Sternpost"}
    for image_id, fields in _STARTER.items():
        yield Starter("image", image_id, partial(dict, author, **fields))


_STARTER: Mapping[str, Mapping[str, JSON]] = {
    "nginx": {
        "name": "nginx",
        "description": "A web server; its pages lie in the volume",
        "image": "docker.io/library/nginx:1.27-alpine",
        "volume": "/usr/share/nginx/html",
        "variables": {"NGINX_ENTRYPOINT_QUIET_LOGS": {"description": "Any value makes the start quiet"}},
    },
    "postgresql": {
        "name": "PostgreSQL",
        "description": "A database; what it stores lies in the volume",
        "image": "docker.io/library/postgres:17-alpine",
        "volume": "/var/lib/postgresql/data",
        "variables": {
            "POSTGRES_USER": {"description": "Name of the superuser", "default": "postgres"},
            "POSTGRES_PASSWORD": {"description": "Password of the superuser", "required": True, "secret": True},
            "POSTGRES_DB": {"description": "Database that is made at the first start", "default": "postgres"},
        },
    },
    "redis": {
        "name": "Redis",
        "description": "A store of keys and values, written to the volume as it changes",
        "image": "docker.io/library/redis:7-alpine",
        "command": "redis-server --appendonly ${APPEND_ONLY}",
        "volume": "/data",
        "variables": {
            "APPEND_ONLY": {
                "description": "Whether every change is written to disk",
                "default": "yes",
                "options": ["yes", "no"],
            }
        },
    },
    "command": {
        "name": "Command",
        "description": "Runs a program of the node as a service, without a container and without a shell",
        "runtime": PROCESS,
        "image": "command",
        "command": "${COMMAND}",
        "variables": {
            "COMMAND": {
                "description": "The program with its absolute path, and its arguments",
                "required": True,
                "arguments": True,
            }
        },
    },
}
