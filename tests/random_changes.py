"""Random changes of documents of every kind, the same for the same number."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from sqlalchemy import text

from app.boot import Installation
from app.changes.change import Edit
from app.core.context import Context
from app.core.errors import SternpostError
from tests.installations import submit

Documents = dict[tuple[str, str], str]
Making = Callable[[Installation, Random], Edit]

SETTINGS = {"splay_time": (0, 1, 2, 3), "global_policy_mode": ("audit", "enforce"), "run_frequency": (5, 10, 20)}
VARIABLES = (
    {"variables": [{"name": "TEXT"}]},
    {"variables": [{"name": "TEXT"}, {"name": "OTHER", "type": "boolean", "default": True}]},
    {"variables": [{"name": "TEXT"}, {"name": "TOKEN", "secret": True}]},
)


def documents_of(opened: Installation, tenant: str = "default") -> Documents:
    """Read the stored body of every document."""
    with opened.database.everywhere("the test's own look") as connection:
        rows = connection.execute(
            text("SELECT kind, id, body FROM documents WHERE tenant = :tenant"), {"tenant": tenant}
        )
        return {(row.kind, row.id): row.body for row in rows}


def change_at_random(
    opened: Installation,
    random: Random,
    count: int,
    *,
    kinds: Sequence[Making] | None = None,
    ctx: Context | None = None,
) -> None:
    """Make `count` changes; what the present documents do not allow is tried with another one."""
    done = 0
    while done < count:
        edit = random.choice(kinds or KINDS)(opened, random)
        try:
            outcome = submit(opened, edit, ctx=ctx)
        except SternpostError:
            continue
        done += bool(outcome.changes)


def _some(opened: Installation, random: Random, kind: str) -> str:
    statement = text("SELECT id FROM documents WHERE tenant = 'default' AND kind = :kind")
    with opened.database.everywhere("the test's own look") as connection:
        ids = sorted(connection.execute(statement, {"kind": kind}).scalars())
    return random.choice(ids) if ids else "none"


def _edit(opened: Installation, random: Random, kind: str, fields: dict[str, Any], **more: Any) -> Edit:
    action = random.choice(("create", "create", "modify", "modify", "delete"))
    if action == "create":
        return Edit(kind, f"{kind}-{random.randrange(10**6)}", "create", {**fields, **more})
    return Edit(kind, _some(opened, random, kind), action, fields if action == "modify" else {})


def a_rule(opened: Installation, random: Random) -> Edit:
    """Change a rule."""
    fields = {
        "displayName": f"Rule {random.randrange(100)} ünï",
        "directives": [_some(opened, random, "directive")] if random.random() < 0.7 else [],
        "targets": [f"group:{_some(opened, random, 'group')}"],
        "categoryId": _some(opened, random, "ruleCategory"),
        "tags": [{"site": random.choice("abc")}],
    }
    return _edit(opened, random, "rule", fields)


def a_directive(opened: Installation, random: Random) -> Edit:
    """Change a directive of a technique of the tests, or one of the starter library."""
    name, _, version = _some(opened, random, "technique").rpartition(":")
    fields = {"displayName": f"Directive {random.randrange(100)}", "priority": random.randrange(10)}
    return _edit(opened, random, "directive", fields, techniqueName=name, techniqueVersion=version)


def a_technique(_opened: Installation, random: Random) -> Edit:
    """Change a technique of the tests, and with it maybe the parameters of its directives."""
    fields = {"name": f"Technique {random.randrange(9)}", "category": "tests", "parameters": random.choice(VARIABLES)}
    action = random.choice(("create", "modify", "delete"))
    document_id = f"technique{random.randrange(3)}:1.0"
    return Edit("technique", document_id, action, {} if action == "delete" else fields, force=True)


def a_group(opened: Installation, random: Random) -> Edit:
    """Change a group, dynamic or not."""
    fields: dict[str, Any] = {"displayName": f"Group {random.randrange(100)}", "dynamic": random.random() < 0.5}
    fields["categoryId"] = _some(opened, random, "groupCategory")
    if not fields["dynamic"]:
        fields["nodeIds"] = sorted({f"node-{random.randrange(9)}" for _ in range(3)})
    return _edit(opened, random, "group", fields)


def a_parameter(opened: Installation, random: Random) -> Edit:
    """Change a parameter, secret or not."""
    value: Any = random.choice((1e-7, 12, "text", {"nested": [True, None, "é"]}))
    return _edit(opened, random, "parameter", {"value": value, "secret": random.random() < 0.3})


def a_category(kind: str) -> Making:
    """Change a category of a kind."""

    def change(opened: Installation, random: Random) -> Edit:
        fields = {"name": f"Category {random.randrange(100)}", "parent": _some(opened, random, kind)}
        return _edit(opened, random, kind, fields)

    return change


def a_setting(_opened: Installation, random: Random) -> Edit:
    """Change a setting."""
    key = random.choice(sorted(SETTINGS))
    return Edit("setting", key, "modify", {"value": random.choice(SETTINGS[key])})


def an_image(opened: Installation, random: Random) -> Edit:
    """Change an image, of the tests or one of the starter catalogue."""
    secret = {"type": "string", "required": False, "secret": random.random() < 0.5}
    fields = {"name": f"Image {random.randrange(100)}", "variables": {"PASSWORD": secret}}
    return _edit(opened, random, "image", fields, image="registry.invalid/image:1")


def an_instance(opened: Installation, random: Random) -> Edit:
    """Change an instance that runs on the node `n-1` for the user `id-ann`."""
    fields = {"name": f"Instance {random.randrange(100)}", "memory": random.randrange(1, 4096), "cpu": 0.1}
    image = _some(opened, random, "image")
    return _edit(opened, random, "instance", fields, nodeId="n-1", owner="id-ann", imageId=image)


def a_team(opened: Installation, random: Random) -> Edit:
    """Change a team."""
    members = ["id-ann"] if random.random() < 0.5 else []
    return _edit(opened, random, "team", {"name": f"Team {random.randrange(100)}", "members": members})


def a_review_policy(opened: Installation, random: Random) -> Edit:
    """Change a review policy."""
    require = [{"team": _some(opened, random, "team"), "min": random.randrange(1, 4)}, {"min": 1}]
    return _edit(opened, random, "reviewPolicy", {"priority": random.randrange(9), "require": require})


KINDS = (
    a_rule,
    a_rule,
    a_directive,
    a_directive,
    a_technique,
    a_group,
    a_parameter,
    a_category("ruleCategory"),
    a_category("groupCategory"),
    a_setting,
)
"""What the configuration of machines is made of."""
EVERY_KIND = (*KINDS, an_image, an_instance, an_instance, a_team, a_review_policy)
"""Those, and what needs a node `n-1`, a person `id-ann` and the system's rights."""
