"""Archives: made, listed, restored and read as a zip, in both eras."""

import io
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from app.boot import KINDS as ALL_KINDS
from app.boot import Installation, reserved_document_ids
from app.changes.archives import SCOPES, create_archive
from app.changes.change import Edit
from app.changes.committer import Committer
from app.changes.restoring import restore
from app.core.canonical import load, pretty
from app.core.context import Context
from app.store.format1 import FOLDERS
from app.verify import verify_installation
from tests.installations import Server, as_account, submit
from tests.plain_documents import copied_tenant
from tests.random_changes import change_at_random, documents_of
from tests.resources.asking import Api, make_directives, seq

ERAS = [24, 25]
NOBODY = "2026-01-01_00-00-00.000"
both_eras = pytest.mark.parametrize("version", ERAS)


@pytest.fixture
def api(server: Server, version: int) -> Api:
    return Api(server, version)


def rename(opened: Installation, name: str, rule: str = "r-1") -> None:
    submit(opened, Edit("rule", rule, "modify", {"displayName": name}))


def make_rule(opened: Installation, rule: str = "r-1", **fields: Any) -> None:
    submit(opened, Edit("rule", rule, "create", {"displayName": f"Rule {rule}", **fields}))


def events_after(server: Server, first: int) -> list[dict[str, Any]]:
    """Read the events after a seq, oldest first."""
    listed = server.get("/api/25/events?limit=1000").get_json()["data"]["events"]
    return [event for event in reversed(listed) if event["seq"] > first]


def one_event(server: Server, number: int) -> dict[str, Any]:
    (event,) = server.get(f"/api/25/events/{number}").get_json()["data"]["events"]
    shown: dict[str, Any] = event
    return shown


# Making and listing


@pytest.mark.parametrize(
    ("kind", "action", "listing", "type_", "tag"),
    [
        ("groups", "archiveGroups", "listGroupsArchive", "ExportGroups", "groups"),
        ("directives", "archiveDirectives", "listDirectivesArchive", "ExportTechniqueLibrary", "directives"),
        ("rules", "archiveRules", "listRulesArchive", "ExportRules", "configurations-rules"),
        ("parameters", "archiveParameters", "listParametersArchive", "ExportParameters", "parameters"),
        ("full", "archiveAll", "listFullArchive", "ExportFullArchive", "full"),
    ],
)
@pytest.mark.parametrize("version", [11, 24, 25])
def test_an_archive_is_one_event_that_names_the_head(  # noqa: PLR0913, PLR0917  a row of the contract
    server: Server, api: Api, kind: str, action: str, listing: str, type_: str, tag: str
) -> None:
    make_rule(server.opened)
    head = server.opened.work(as_account()).session.head().commit
    before = seq(server)

    said = api.made("POST", f"/system/archives/{kind}?reason=Before the move")

    made = said["data"][kind]
    assert said == {"action": action, "result": "success", "data": {kind: made}}
    assert made == {"committer": "ci", "gitCommit": head, "id": made["id"]}
    assert seq(server) == before + 1
    event = one_event(server, before + 1)
    name = f"archives/{tag}/{made['id']}"
    assert (event["type"], event["commit"], event["reason"]) == (type_, None, "Before the move")
    assert event["object"] == {"kind": "archive", "id": name, "name": name}
    assert event["data"] == {"commit": head, "id": made["id"]}
    day, _, clock = made["id"].partition("_")
    date = f"{day}T{clock[:8].replace('-', '')}Z"
    shown = {"id": made["id"], "date": date, "committer": "ci", "gitCommit": head}
    assert api.made("GET", f"/system/archives/{kind}") == {
        "action": listing,
        "result": "success",
        "data": {kind: [shown]},
    }


@both_eras
def test_archives_are_listed_newest_first_and_each_sort_for_itself(api: Api) -> None:
    ids = [api.made("POST", "/system/archives/groups")["data"]["groups"]["id"] for _ in range(3)]
    api.made("POST", "/system/archives/full")

    listed = api.made("GET", "/system/archives/groups")["data"]["groups"]

    assert [one["id"] for one in listed] == sorted(ids, reverse=True)
    assert api.made("GET", "/system/archives/rules")["data"] == {"rules": []}


@pytest.mark.parametrize("version", [25])
def test_a_list_is_read_in_pages(api: Api) -> None:
    ids = [api.made("POST", "/system/archives/rules")["data"]["rules"]["id"] for _ in range(3)]

    first = api.made("GET", "/system/archives/rules?limit=2")
    rest = api.made("GET", f"/system/archives/rules?limit=2&cursor={first['meta']['next']}")

    assert [one["id"] for one in first["data"]["rules"]] == [ids[2], ids[1]]
    assert [one["id"] for one in rest["data"]["rules"]] == [ids[0]]
    assert "next" not in rest["meta"]


@pytest.mark.parametrize("version", [10])
def test_archives_are_there_from_version_11_on(api: Api) -> None:
    status, said = api("GET", "/system/archives/rules")

    assert (status, said["result"]) == (404, "error")


def test_two_archives_in_one_millisecond_have_two_tags(installation: Installation) -> None:
    now = 4_000_000_000_000
    committer = Committer(
        installation.database,
        ALL_KINDS,
        installation.committer.ring,
        clock=lambda: now,
        reserved=reserved_document_ids(),
    )
    work = replace(installation.work(as_account()), committer=committer)

    made = [create_archive(work, SCOPES["rules"]).id for _ in range(3)] + [create_archive(work, SCOPES["full"]).id]
    installation.git_writer.catch_up("default")

    assert made == [f"2096-10-02_07-06-40.{ms:03}" for ms in (0, 1, 2, 0)]
    assert verify_installation(installation.database, installation.git_root, tenant="default").fault is None


def test_archives_made_at_once_have_tags_of_their_own(server: Server) -> None:
    token = server.token

    def archive(_number: int) -> str:
        answer = server.post("/api/25/system/archives/full", token=token)
        return str(answer.get_json()["data"]["full"]["id"])

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(archive, range(16)))

    assert len(set(ids)) == 16


def test_a_repeated_request_with_its_key_archives_once(server: Server) -> None:
    headers = {"Idempotency-Key": "once"}

    answers = [server.post("/api/25/system/archives/rules", headers=headers).get_json() for _ in range(2)]

    assert answers[0] == answers[1]
    assert len(server.get("/api/25/system/archives/rules").get_json()["data"]["rules"]) == 1


# Restoring


@pytest.mark.parametrize("number", range(4))
def test_a_restore_after_fifty_changes_gives_the_archives_bytes_in_one_commit(server: Server, number: int) -> None:
    opened, random = server.opened, Random(number)
    change_at_random(opened, random, 40)
    archived = documents_of(opened)
    archive = server.post("/api/24/system/archives/full").get_json()["data"]["full"]
    change_at_random(opened, random, 50)
    changed = documents_of(opened)
    last = seq(server)

    answer = server.post(f"/api/24/system/archives/full/restore/{archive['id']}?reason=Back")

    assert answer.get_json() == {"action": "archiveFullDateRestore", "result": "success", "data": {"full": "Started"}}
    assert documents_of(opened) == archived
    events = events_after(server, last)
    differing = {key for key in archived | changed if archived.get(key) != changed.get(key)}
    assert len(differing) > 10
    assert [(one["object"]["kind"], one["object"]["id"]) for one in events[:-1] if one["object"]] == list(
        dict.fromkeys((one["object"]["kind"], one["object"]["id"]) for one in events[:-1])
    )
    assert {(one["object"]["kind"], one["object"]["id"]) for one in events[:-1]} == differing
    assert len({one["commit"] for one in events[:-1]}) == 1
    assert {one["reason"] for one in events} == {"Back"}
    told = one_event(server, events[-1]["seq"])
    assert (told["type"], told["commit"]) == ("ImportFullArchive", None)
    made = {"commit": events[0]["commit"], "first": events[0]["seq"], "last": events[-2]["seq"]}
    assert told["data"] == {"archive": archive["id"], "commit": archive["gitCommit"], "made": made}
    opened.git_writer.catch_up("default")
    assert verify_installation(opened.database, opened.git_root, tenant="default").fault is None


@pytest.mark.parametrize("which", ["latestArchive", "latestCommit", "tag"])
@pytest.mark.parametrize(("kind", "one"), [("rules", "rule"), ("parameters", "parameter"), ("full", "full")])
@both_eras
def test_a_second_restore_changes_nothing_and_answers_the_same(api: Api, kind: str, one: str, which: str) -> None:
    make_rule(api.server.opened)
    archive = api.made("POST", f"/system/archives/{kind}")["data"][kind]
    rename(api.server.opened, "Changed")
    path = f"/system/archives/{kind}/restore/{archive['id'] if which == 'tag' else which}"
    first = api.made("POST", path)
    before = seq(api.server)

    second = api.made("POST", path)

    assert first == second
    assert second["data"] == {one if which == "tag" else kind: "Started"}
    assert seq(api.server) == before


@both_eras
def test_the_newest_archive_is_restored(api: Api) -> None:
    make_rule(api.server.opened)
    api.made("POST", "/system/archives/rules")
    rename(api.server.opened, "Second")
    api.made("POST", "/system/archives/rules")
    rename(api.server.opened, "Third")

    said = api.made("POST", "/system/archives/rules/restore/latestArchive")

    assert (said["action"], said["data"]) == ("restoreRulesLatestArchive", {"rules": "Started"})
    assert api.made("GET", "/rules/r-1")["data"]["rules"][0]["displayName"] == "Second"


@both_eras
def test_the_newest_commit_is_what_the_documents_are(api: Api) -> None:
    make_rule(api.server.opened)
    api.made("POST", "/system/archives/groups")
    rename(api.server.opened, "Changed")
    before = seq(api.server)

    said = api.made("POST", "/system/archives/groups/restore/latestCommit")

    assert (said["action"], said["data"]) == ("restoreGroupsLatestCommit", {"groups": "Started"})
    assert seq(api.server) == before


@pytest.mark.parametrize(
    ("kind", "covers"),
    [
        ("rules", {"rule", "ruleCategory"}),
        ("groups", {"group", "groupCategory"}),
        ("directives", {"directive", "technique"}),
        ("parameters", {"parameter"}),
    ],
)
def test_a_restore_brings_back_its_own_kinds_only(server: Server, kind: str, covers: set[str]) -> None:
    opened = server.opened
    kinds = ("rule", "ruleCategory", "group", "groupCategory", "parameter")
    names = {"rule": "displayName", "group": "displayName", "parameter": "description"}
    create = [Edit(one, f"x-{one}", "create", {names.get(one, "name"): "First"}) for one in kinds]
    technique = Edit("technique", "own:1.0", "create", {"name": "First", "category": "x"})
    directive = Edit("directive", "x-directive", "create", {"displayName": "First", "techniqueName": "own"})
    submit(opened, *create, technique, directive, Edit("setting", "splay_time", "modify", {"value": 1}))
    archived = documents_of(opened)
    server.post(f"/api/25/system/archives/{kind}")
    changes = [Edit(one, f"x-{one}", "modify", {names.get(one, "name"): "Second"}) for one in kinds]
    technique = Edit("technique", "own:1.0", "modify", {"name": "Second"})
    directive = Edit("directive", "x-directive", "modify", {"displayName": "Second"})
    submit(opened, *changes, technique, directive, Edit("setting", "splay_time", "modify", {"value": 2}))
    changed = documents_of(opened)

    assert server.post(f"/api/25/system/archives/{kind}/restore/latestArchive").status_code == 200

    expected = {key: archived[key] if key[0] in covers else body for key, body in changed.items()}
    assert documents_of(opened) == expected


def test_what_was_made_since_is_deleted_and_what_was_deleted_is_made_again(server: Server) -> None:
    make_rule(server.opened, "r-old")
    server.post("/api/25/system/archives/rules")
    submit(server.opened, Edit("rule", "r-old", "delete"))
    make_rule(server.opened, "r-new")
    last = seq(server)

    server.post("/api/25/system/archives/rules/restore/latestArchive")

    assert [(one["type"], (one["object"] or {})["id"]) for one in events_after(server, last)[:-1]] == [
        ("RuleAdded", "r-old"),
        ("RuleDeleted", "r-new"),
    ]
    assert server.get("/api/25/rules/r-old").get_json()["data"]["rules"][0]["revision"] == 1


def test_ids_of_every_length_and_spelling_come_back(server: Server) -> None:
    ids = ["R.1_x@y:{z}-", "ABCDEFGHIJ" * 20, "a" * 200]
    for one in ids:
        make_rule(server.opened, one)
    technique = f"{'TECHNIQUE' * 10}:1.0"
    submit(server.opened, Edit("technique", technique, "create", {"name": "Long", "category": "x"}))
    archived = documents_of(server.opened)
    server.post("/api/25/system/archives/full")
    submit(server.opened, *(Edit("rule", one, "delete") for one in ids), Edit("technique", technique, "delete"))

    assert server.post("/api/25/system/archives/full/restore/latestArchive").status_code == 200

    assert documents_of(server.opened) == archived


def test_a_directive_that_goes_leaves_the_rules_that_came_to_use_it(server: Server) -> None:
    make_rule(server.opened)
    server.post("/api/25/system/archives/directives")
    make_directives(Api(server, 25), "d-1")
    submit(server.opened, Edit("rule", "r-1", "modify", {"directives": ["d-1"]}))
    last = seq(server)

    server.post("/api/25/system/archives/directives/restore/latestArchive")

    events = events_after(server, last)
    assert [one["type"] for one in events] == ["DirectiveDeleted", "RuleModified", "ImportTechniqueLibrary"]
    assert server.get("/api/25/rules/r-1").get_json()["data"]["rules"][0]["directives"] == []


@both_eras
def test_rules_whose_directives_are_gone_are_refused_whole_and_full_restores_both(api: Api) -> None:
    make_directives(api, "d-1")
    make_rule(api.server.opened, "r-1", directives=["d-1"])
    make_rule(api.server.opened, "r-2")
    archive = api.made("POST", "/system/archives/rules")["data"]["rules"]
    api.made("POST", "/system/archives/full")
    submit(api.server.opened, Edit("directive", "d-1", "delete"), Edit("rule", "r-2", "delete"))
    documents = documents_of(api.server.opened)

    said = api.refused(500 if api.version == 24 else 409, "POST", "/system/archives/rules/restore/latestArchive")

    assert (
        said["errorDetails"]
        == {
            24: f"Could not restore the rules of archive '{archive['id']}'; cause was: Inconsistency: "
            "Directive 'd-1' not found",
            25: f"The rules of archive '{archive['id']}' cannot be restored: "
            "Rule 'r-1': Directive 'd-1' not found; create it first, or take it out of the rule "
            "(nothing was changed; restore what it refers to first, or bring "
            "everything back with /system/archives/full/restore)",
        }[api.version]
    )
    assert documents_of(api.server.opened) == documents
    api.made("POST", "/system/archives/full/restore/latestArchive")
    assert api.made("GET", "/rules/r-1")["data"]["rules"][0]["directives"] == ["d-1"]


def test_what_belongs_to_the_system_stays_as_it_is(server: Server) -> None:
    server.post("/api/25/system/archives/full")
    system = Context.system("default", "An upgrade")
    changed = Edit("group", "all-nodes", "modify", {"description": "Every node there is"})
    submit(server.opened, changed, Edit("group", "new-of-system", "create", {"system": True}), ctx=system)
    documents, last = documents_of(server.opened), seq(server)

    assert server.post("/api/25/system/archives/full/restore/latestArchive").status_code == 200

    assert documents_of(server.opened) == documents
    assert seq(server) == last


def test_secrets_come_back_as_the_tags_that_they_were(server: Server) -> None:
    server.put("/api/25/parameters", json={"id": "token", "value": "s3cret", "secret": True})
    archived = documents_of(server.opened)
    server.post("/api/25/system/archives/parameters")
    server.post("/api/25/parameters/token", json={"value": "another"})

    server.post("/api/25/system/archives/parameters/restore/latestArchive")

    assert documents_of(server.opened) == archived


def test_a_change_that_comes_between_look_and_lock_is_taken_back_too(installation: Installation) -> None:
    make_rule(installation)
    archived = documents_of(installation)
    work = installation.work(as_account())
    archive = create_archive(work, SCOPES["rules"])
    rename(installation, "Seen by the look")
    git = work.git

    class Meddling:
        """Changes documents when the restore asks for git, which is after its look at the present ones."""

        def path(self, tenant: str) -> Any:
            return git.path(tenant)

        def catch_up(self, tenant: str) -> str | None:
            rename(installation, "Not seen")
            make_rule(installation, "r-late")
            return git.catch_up(tenant)

    restore(replace(work, git=Meddling()), SCOPES["rules"], archive.commit)  # type: ignore[arg-type]  a writer that meddles

    assert documents_of(installation) == archived


def test_two_restores_at_once_make_one_change(server: Server) -> None:
    make_rule(server.opened)
    server.post("/api/25/system/archives/rules")
    rename(server.opened, "Changed")
    last, token = seq(server), server.token

    def back(_number: int) -> int:
        return int(server.post("/api/25/system/archives/rules/restore/latestArchive", token=token).status_code)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(back, range(4))) == [200] * 4

    assert [one["type"] for one in events_after(server, last)] == ["RuleModified", "ImportRules"]


# Refusals


@both_eras
def test_without_an_archive_there_is_nothing_to_restore(api: Api) -> None:
    status = {24: 500, 25: 404}[api.version]
    for last in ("latestArchive", NOBODY):
        said = api.refused(status, "POST", f"/system/archives/groups/restore/{last}")

        assert (
            said["errorDetails"]
            == {
                24: "No archive is available",
                25: "No archive is available; POST /system/archives/groups makes one",
            }[api.version]
        )


@both_eras
def test_an_unknown_archive_lists_those_that_there_are(api: Api) -> None:
    ids = [api.made("POST", "/system/archives/rules")["data"]["rules"]["id"] for _ in range(2)]
    api.made("POST", "/system/archives/full")

    said = api.refused({24: 500, 25: 404}[api.version], "POST", f"/system/archives/rules/restore/{NOBODY}")

    assert said["action"] == "archiveRuleDateRestore"
    assert said["errorDetails"] == (
        f"The archive with tag '{NOBODY}' is not available. Available archives: {ids[1]}, {ids[0]}"
    )


@pytest.mark.parametrize(
    "tag", ["yesterday", "2026-02-30_00-00-00.000", "2026-01-01", "..", "2026-01-01_00-00-00.000'"]
)
@both_eras
def test_what_cannot_be_an_archive_is_said(api: Api, tag: str) -> None:
    status, said = api("POST", f"/system/archives/parameters/restore/{tag}")

    told = f"The given archive id is not a valid archive tag: {tag}"
    if tag == "..":
        assert status in (400, 404, 500)
    elif api.version == 24:
        assert (status, said["errorDetails"]) == (500, told)
    else:
        assert (status, said["errorDetails"].partition(";")[0]) == (400, told)
        assert list(said["errors"]) == ["tag"]


@both_eras
def test_a_mandatory_reason_is_demanded_of_archives_and_restores(api: Api) -> None:
    make_rule(api.server.opened)
    api.made("POST", "/system/archives/rules")
    rename(api.server.opened, "Changed")
    submit(api.server.opened, Edit("setting", "mandatory_change_message", "modify", {"value": True}))

    for path in ("/system/archives/rules", "/system/archives/rules/restore/latestArchive"):
        said = api.refused({24: 500, 25: 400}[api.version], "POST", path)
        assert "reason" in said["errorDetails"].lower()
        api.made("POST", f"{path}?reason=Because it is so")


@both_eras
def test_another_tenants_archives_and_commits_look_missing(api: Api) -> None:
    server = api.server
    other = copied_tenant(server.opened, "other", [])
    foreign = create_archive(server.opened.work(other), SCOPES["rules"])
    mine = api.made("POST", "/system/archives/rules")["data"]["rules"]["id"]

    assert [one["id"] for one in api.made("GET", "/system/archives/rules")["data"]["rules"]] == [mine]
    status = {24: 500, 25: 404}[api.version]
    if foreign.id != mine:
        said = api.refused(status, "POST", f"/system/archives/rules/restore/{foreign.id}")
        assert said["errorDetails"].endswith(f"Available archives: {mine}")
    said = api.refused(status, "GET", f"/system/archives/rules/zip/{foreign.commit}")
    unknown = api.refused(status, "GET", f"/system/archives/rules/zip/{'7' * 40}")
    assert said["errorDetails"].replace(foreign.commit, "") == unknown["errorDetails"].replace("7" * 40, "")


@both_eras
def test_a_token_that_may_only_read_neither_archives_nor_restores(api: Api) -> None:
    token = api.server.account("reader", authorization="ro")

    assert api("GET", "/system/archives/rules", token=token)[0] == 200
    for path in ("/system/archives/rules", "/system/archives/rules/restore/latestArchive"):
        assert api.refused(403, "POST", path, token=token)["result"] == "error"


# Zips


def zipped(server: Server, path: str) -> dict[str, bytes]:
    answer = server.get(path)
    assert (answer.status_code, answer.content_type) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as file:
        assert file.testzip() is None
        return {name: file.read(name) for name in file.namelist() if not name.endswith("/")}


@pytest.mark.parametrize("kind", sorted(SCOPES))
@pytest.mark.parametrize("version", [11, 24, 25])
def test_a_zip_holds_the_documents_of_the_commit(server: Server, version: int, kind: str) -> None:
    make_rule(server.opened)
    submit(server.opened, Edit("parameter", "par", "create", {"value": "x"}))
    commit = server.opened.work(as_account()).session.head().commit
    archived = documents_of(server.opened)
    rename(server.opened, "Later")

    files = zipped(server, f"/api/{version}/system/archives/{kind}/zip/{commit}")

    folders = SCOPES[kind].folders
    expected = {pretty(load(body)) for (one, _), body in archived.items() if FOLDERS[one] in folders}
    assert set(files.values()) == expected
    assert {name.partition("/")[0] for name in files} <= set(folders)


def test_a_zip_of_what_there_is_none_of_is_an_empty_zip(server: Server) -> None:
    commit = server.opened.work(as_account()).session.head().commit

    assert zipped(server, f"/api/25/system/archives/parameters/zip/{commit}") == {}


@pytest.mark.parametrize("commit", ["main", "1234", "HEAD~1", "-o", "G" * 40, "A" * 40, "archives"])
@both_eras
def test_what_is_no_commit_has_no_zip(api: Api, commit: str) -> None:
    said = api.refused({24: 500, 25: 400}[api.version], "GET", f"/system/archives/full/zip/{commit}")

    text = f"'{commit}' is not a commit; use its 40 hex digits"
    assert said["errorDetails"] == {24: f"Error when trying to get archive as a Zip: {text}", 25: text}[api.version]


@both_eras
def test_an_unknown_commit_has_no_zip(api: Api) -> None:
    said = api.refused({24: 500, 25: 404}[api.version], "GET", f"/system/archives/rules/zip/{'1' * 40}")

    assert said["action"] == "getRulesZipArchive"
    text = f"'{'1' * 40}' is not a commit of this tenant"
    assert (
        said["errorDetails"]
        == {
            24: f"Error when trying to get archive as a Zip: {text}",
            25: f"{text}; use the gitCommit of an archive, or the commit of an event",
        }[api.version]
    )


@both_eras
def test_a_zip_that_cannot_be_built_is_an_error_and_no_empty_success(api: Api) -> None:
    make_rule(api.server.opened)
    opened = api.server.opened
    commit = opened.git_writer.catch_up("default")
    for pack in (opened.git_writer.path("default") / "objects" / "pack").glob("*.pack"):
        size = pack.stat().st_size
        pack.chmod(0o644)
        pack.write_bytes(b"x" * size)

    said = api.refused(500, "GET", f"/system/archives/full/zip/{commit}")

    assert "sternpost git rebuild" in said["errorDetails"]
