"""Every way of writing configuration is held back where review is needed, in both eras, and leaves no trace then."""

import io
from typing import Any

import pytest

from app.changes.change import Edit
from app.store.documents import list_documents
from app.store.session import TenantSession
from tests.archives.samples import group, zipped
from tests.review.cast import Caller, Cast

Json = dict[str, Any]

TECHNIQUE = {"id": "own", "name": "Own", "version": "1.0", "category": "c", "parameters": {}, "calls": []}
WRITES: list[tuple[str, str, Json]] = [
    ("PUT", "/rules", {"id": "r-new", "displayName": "New rule"}),
    ("PUT", "/rules", {"source": "r1", "displayName": "A clone"}),
    ("POST", "/rules/r1", {"enabled": False}),
    ("DELETE", "/rules/r1", {}),
    ("PUT", "/rules/categories", {"id": "c-new", "name": "New", "parent": "rootRuleCategory"}),
    ("POST", "/rules/categories/c1", {"name": "Other", "parent": "rootRuleCategory"}),
    ("DELETE", "/rules/categories/c1", {}),
    ("PUT", "/directives", {"id": "d-new", "displayName": "New one", "techniqueName": "motdConfiguration"}),
    ("PUT", "/directives", {"source": "d1", "displayName": "A clone", "techniqueName": "motdConfiguration"}),
    ("POST", "/directives/d1", {"priority": 3}),
    ("DELETE", "/directives/d1", {}),
    ("PUT", "/groups", {"id": "g-new", "displayName": "New group"}),
    ("POST", "/groups/g1", {"description": "Other"}),
    ("DELETE", "/groups/g1", {}),
    ("PUT", "/groups/categories", {"id": "gc-new", "name": "New", "parent": "GroupRoot"}),
    ("PUT", "/parameters", {"id": "p-new", "value": "1"}),
    ("POST", "/parameters/p1", {"value": "2"}),
    ("DELETE", "/parameters/p1", {}),
    ("POST", "/settings/run_frequency", {"value": 10}),
    ("POST", "/settings", {"run_frequency": 10, "splay_time": 3}),
    ("POST", "/settings/allowed_networks/root", {"allowed_networks": ["10.0.0.0/8"]}),
    ("POST", "/system/archives/full/restore/latestArchive", {}),
]


@pytest.fixture
def anna(cast: Cast) -> Caller:
    """Give somebody whose every write is held back, and one document of each kind."""
    anna = cast.person("anna")
    cast.person("rita")
    cast.system(
        Edit("ruleCategory", "c1", "create", {"name": "One"}),
        Edit("directive", "d1", "create", {"displayName": "One one", "techniqueName": "motdConfiguration"}),
        Edit("group", "g1", "create", {"displayName": "One one"}),
        Edit("parameter", "p1", "create", {"value": "1"}),
    )
    anna.ok("POST", "/system/archives/full", version=24)
    cast.system(Edit("rule", "r1", "create", {"displayName": "Rule one", "directives": ["d1"]}))
    cast.switch_on(enable_validate_all=True)
    return anna


def test_every_write_is_held_back_in_both_eras(cast: Cast, anna: Caller) -> None:
    documents = everything(cast)
    number = 0

    for version in (24, 25):
        for method, path, body in WRITES:
            said = anna.ok(method, path, version=version, **({"json": body} if body else {}))
            number += 1
            assert held_in(said) == str(number), (version, method, path, said)
            assert everything(cast) == documents, (method, path)
    deleted = anna.request(9 + 2)
    assert [(one["kind"], one["action"], one["follows"]) for one in deleted["changeSet"]] == [
        ("directive", "delete", False), ("rule", "modify", True),
    ]  # fmt: skip


def held_in(said: Json) -> str | None:
    """Find the id of the change request, first in the object, or in the envelope where there is no one object."""
    data = said["data"]
    found = said.get("changeRequestId")
    while found is None and isinstance(data, (dict, list)):
        if isinstance(data, dict) and next(iter(data)) == "changeRequestId":
            return str(data["changeRequestId"])
        data = data[0] if isinstance(data, list) else next(iter(data.values()))
    return found


def test_techniques_rollbacks_and_imports_are_held_back_too(cast: Cast, anna: Caller) -> None:
    documents = everything(cast)
    created = anna.ok("GET", "/events?kind=rule&object=r1")["data"]["events"][0]["seq"]

    held = [
        anna.ok("PUT", "/techniques", json=TECHNIQUE),
        anna.ok("POST", f"/events/{created}/rollback", json={"to": "before"}),
        anna.ok("POST", "/archives/import", data={"archive": (archive(), "x.zip")}),
        anna.ok("PUT", "/teams", json={"id": "t", "name": "Team"}),
        anna.ok("PUT", "/reviewPolicies", json={"id": "t", "require": [{"min": 1}]}),
    ]

    assert [held_in(one) for one in held] == ["1", "2", "3", "4", "5"]
    assert held[2]["data"]["archiveImported"] is False
    assert everything(cast) == documents


def archive() -> io.BytesIO:
    """Write an archive in Rudder's layout that holds one group."""
    return io.BytesIO(zipped({"groups/imported.json": group("g-in", "Imported", "GroupRoot")}))


def everything(cast: Cast) -> dict[str, list[str]]:
    """Read every document."""
    session = TenantSession(cast.server.opened.database, "default")
    try:
        kinds = cast.server.opened.committer.kinds
        return {kind: [one.body for one in list_documents(session, kind)] for kind in kinds}
    finally:
        session.release()


def test_a_restore_that_was_held_back_logs_its_import_when_it_is_deployed(cast: Cast, anna: Caller) -> None:
    rita = cast.people["rita"]
    anna.ok("POST", "/system/archives/full/restore/latestArchive")
    assert anna.ok("GET", "/events?type=ImportFullArchive")["data"]["events"] == []

    rita.approve(1)
    assert rita.deploy(1).status_code == 200

    (event,) = anna.ok("GET", "/events?type=ImportFullArchive")["data"]["events"]
    assert event["changeRequest"]["id"] == 1
    assert anna.call("GET", "/rules/r1").status_code == 404


def test_a_secret_is_kept_while_its_change_waits_and_is_never_shown(cast: Cast, anna: Caller) -> None:
    rita = cast.people["rita"]
    number = anna.asks("PUT", "/parameters", json={"id": "db", "value": "s3cret-value", "secret": True})

    shown = rita.call("GET", f"/changeRequests/{number}").get_data(as_text=True)

    assert "s3cret-value" not in shown
    assert "$secret" in shown
    rita.approve(number)
    assert rita.deploy(number).status_code == 200
    assert "$secret" in anna.call("GET", "/parameters/db").get_data(as_text=True)
