"""Whatever people write or send is shown as text, on every page of overview, objects and events."""

import re
from urllib.parse import quote

import pytest

from app.changes.change import Edit
from tests.console.conftest import HOSTILE
from tests.console.visiting import Visit, text_of
from tests.installations import Server, as_account, submit
from tests.resources.fleet_samples import file_section
from tests.review.cast import Cast

EVIL = quote(HOSTILE, safe="")
LINKED = '"><script>alert(1)</script>'
TAG = re.compile(r"<script(?! src=\"/console/static/)|<img|\son[a-z]+=|javascript:|49\b")


@pytest.fixture
def migrated_url(migrated_sqlite_url: str) -> str:
    """Pages ask the API, whose own tests run on both databases."""
    return migrated_sqlite_url


@pytest.fixture
def visit(server: Server) -> Visit:
    """Fill a tenant with hostile texts, wherever one may be written."""
    reason = as_account(reason=f"R{HOSTILE}")
    submit(
        server.opened,
        Edit("rule", "web", "create", {
            "displayName": f"N{HOSTILE}", "shortDescription": HOSTILE, "longDescription": HOSTILE,
            "tags": [{HOSTILE: HOSTILE}], "directives": [],
        }),
        Edit("parameter", "p", "create", {"value": {HOSTILE: [HOSTILE]}, "description": HOSTILE}),
        Edit("ruleCategory", "c", "create", {"name": HOSTILE, "description": HOSTILE, "parent": "rootRuleCategory"}),
        Edit("group", "g", "create", {
            "displayName": HOSTILE, "description": HOSTILE,
            "properties": [{"name": HOSTILE, "value": HOSTILE}],
        }),
        Edit("team", "t", "create", {"name": HOSTILE, "description": HOSTILE}),
        Edit("directive", "d", "create", {
            "displayName": HOSTILE, "techniqueName": "fileManagement", "techniqueVersion": "1.0",
            "parameters": {"section": {"name": "sections", "sections": [file_section("/etc/a", HOSTILE)]}},
        }),
        Edit("image", "i", "create", {"name": HOSTILE, "description": HOSTILE, "image": "docker.io/library/nginx:1"}),
        ctx=reason,
    )  # fmt: skip
    submit(server.opened, Edit("rule", "web", "modify", {"shortDescription": f"2{HOSTILE}"}), ctx=reason)
    submit(server.opened, Edit("parameter", "p", "delete"), ctx=reason)
    Cast(server).person("ann")
    server.get("/api/25/events/1", headers={"User-Agent": HOSTILE})
    return Visit.of(server, "id-ann")


PATHS = (
    "/console/",
    "/console/events",
    *(f"/console/events?{name}={EVIL}" for name in ("text", "actor", "type", "kind", "object", "from", "commit")),
    f"/console/events?cursor={EVIL}",
    f"/console/events/{EVIL}",
    *(f"/console/events/{seq}" for seq in (2, 7, 9)),
    f"/console/integrity?from={EVIL}",
    "/console/objects",
    f"/console/objects/{EVIL}",
    *(
        f"/console/objects/{kind}"
        for kind in ("rule", "parameter", "ruleCategory", "group", "team", "directive", "image")
    ),
    f"/console/objects/rule?q={EVIL}&at={EVIL}&page={EVIL}&done={EVIL}",
    f"/console/objects/rule?q={EVIL}",
    *(
        f"/console/objects/{path}"
        for path in ("rule/web", "parameter/p", "group/g", "directive/d", "image/i", "team/t")
    ),
    f"/console/objects/rule/web?at={EVIL}",
    f"/console/objects/rule/web?cursor={EVIL}",
    f"/console/objects/rule/{EVIL}",
    f"/console/objects/rule/web/compare?from={EVIL}&to={EVIL}",
    "/console/objects/rule/web/compare?from=2&to=9",
    *(f"/console/objects/{path}/edit" for path in ("rule/web", "group/g", "directive/d", "ruleCategory/c")),
    "/console/objects/rule/web/delete",
    f"/console/new/directive?technique={EVIL}",
)


def test_nothing_that_anybody_wrote_becomes_markup(visit: Visit) -> None:
    for path in PATHS:
        page = visit.get(path)
        assert page.status_code < 500, path
        assert not TAG.search(
            re.sub(r"&lt;.*?&gt;|\\u003c.*?\\u003e|[0-9a-f]{7,}|\d\d:\d\d|\d+\.\d+", "", page.text)
        ), path
    for path in ("/console/objects/rule/web", "/console/events", "/console/objects/rule", "/console/"):
        assert f"N{HOSTILE}" in text_of(visit.get(path)), path
    assert f"R{HOSTILE}" in text_of(visit.get("/console/events/2"))


@pytest.mark.parametrize("path", ["/console/new/rule", "/console/objects/rule/web/edit", "/console/events/2"])
def test_what_was_sent_and_refused_comes_back_as_text(visit: Visit, path: str) -> None:
    hostile = {"reason": LINKED, "f.displayName": LINKED, "f.tags": LINKED, "f.directives": LINKED, "revision": LINKED}

    answer = visit.send(visit.get(path), path, **hostile)

    assert answer.status_code in (303, 400, 409)
    assert "<script>" not in answer.text
    assert "<script>" not in answer.headers.get("Location", "")
