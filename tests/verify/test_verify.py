"""The verifier: a clean installation is clean, and each kind of damage is named with its remedy."""

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from app.boot import Installation
from app.changes.archives import SCOPES, create_archive
from app.core.context import Source
from app.store.events import ONE, SqlLog
from app.store.events import event as to_event
from app.store.format1 import event_hash
from app.store.git.writer import GitWriter
from app.store.session import TenantSession
from app.verify import Report, verify_installation
from tests.installations import as_account
from tests.plain_documents import commit, copied_tenant, create, delete, modify


@pytest.fixture
def story(installation: Installation) -> int:
    """Seven events in five commits of the tenant `default`; answers the seq before them."""
    start = int(sql(installation, "SELECT seq FROM tenants WHERE id = 'default'")[0][0])
    ctx = replace(as_account(reason="Why\n\nEvent: 1\r\nno trailer"), source=Source("192.0.2.7", "curl", "q"))
    commit(installation, create("r-1", enabled=True, ratio=1e-7, tags=[], big=1e21), ctx=ctx)
    commit(installation, create("r-2", text='"\\ü\u2028\x7f😀', empty={}), create("G{1}:a@b", "group", n=[{"id": "x"}]))
    commit(installation, modify("r-1", enabled=False, ratio=-0.5))
    commit(installation, delete("r-2"), create("r-3"))
    commit(installation, create("r-" + "L" * 180))
    for tenant in installation.tenants():
        installation.git_writer.catch_up(tenant)
    return start


def sql(opened: Installation, statement: str, **values: object) -> list[tuple[object, ...]]:
    with opened.database.writing_everywhere("test") as connection:
        result = connection.execute(text(statement), values)
        return [tuple(row) for row in result] if result.returns_rows else []


def verify(opened: Installation, tenant: str | None = None) -> Report:
    return verify_installation(opened.database, opened.git_root, tenant=tenant)


def starters(opened: Installation) -> int:
    """Count the documents that the public catalogue holds, which every tenant begins with."""
    with opened.database.everywhere("test") as connection:
        return int(connection.execute(text("SELECT COUNT(*) FROM documents WHERE tenant = 'public'")).scalar_one())


def repository(opened: Installation) -> Path:
    return opened.git_writer.path("default")


def git(opened: Installation, *arguments: str, stdin: bytes = b"") -> str:
    command = ["git", f"--git-dir={repository(opened)}", *arguments]
    return subprocess.run(command, input=stdin, check=True, capture_output=True).stdout.decode().strip()


def test_a_sound_installation_is_proven(installation: Installation, story: int) -> None:
    report = verify(installation)

    assert report.fault is None
    assert f"default: {story + 7} events, 6 commits and {starters(installation) + 4} documents agree" in report.text
    assert "system: 1 events, 0 commits and 0 documents agree" in report.text


def test_a_copied_tenant_is_proven(installation: Installation) -> None:
    ctx = copied_tenant(installation, "other", [create("r-7"), create("r-8")])
    commit(installation, modify("r-7", enabled=True), ctx=ctx)
    for tenant in installation.tenants():
        installation.git_writer.catch_up(tenant)

    report = verify(installation)

    assert report.fault is None
    assert f"other: 2 events, 2 commits and {starters(installation)} documents agree; not yet anchored" in report.text


def test_one_tenant_alone_can_be_asked_for(installation: Installation, story: int) -> None:
    documents = starters(installation) + 4
    assert (
        verify(installation, "default").text
        == f"default: {story + 7} events, 6 commits and {documents} documents agree; not yet anchored"
    )
    assert verify(installation, "nobody").fault == (
        "Tenant 'nobody' was not found; `sternpost verify` without --tenant checks every one"
    )


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE events SET reason = 'x' WHERE {t} AND seq = :s + 3", "Event {3} of tenant 'default' was changed: its"),
        ("UPDATE events SET after = '{{}}' WHERE {t} AND seq = :s + 1", "Event {1} of tenant 'default' was changed"),
        ("UPDATE events SET after = '{{ }}' WHERE {t} AND seq = :s + 1", "its `after` is not canonical JSON"),
        ("UPDATE events SET actor_handle = 'eve' WHERE {t} AND seq = :s + 4", "Event {4} of tenant 'default' was"),
        ("UPDATE events SET prev_hash = hash WHERE {t} AND seq = :s + 4", "Event {4} of tenant 'default' does not fol"),
        ("UPDATE events SET private_ip = '10.0.0.1' WHERE {t} AND seq = :s + 1", "Event {1} of tenant 'default' has o"),
        ("DELETE FROM events WHERE {t} AND seq = :s + 3", "Event {3} of tenant 'default' is missing: event {4} comes"),
        ("DELETE FROM events WHERE {t} AND seq = :s + 7", "The log of tenant 'default' ends at event {6}, but its la"),
        ("UPDATE tenants SET seq = seq + 1 WHERE id = 'default'", "The log of tenant 'default' ends at event {7}, bu"),
        ("UPDATE tenants SET hash = :zero WHERE id = 'default'", "The row of tenant 'default' names hash 0000"),
        ("UPDATE documents SET body = '{{}}' WHERE {t} AND id = 'r-1'", "Document rule 'r-1' of tenant 'default' is n"),
        ("UPDATE documents SET blob = :zero WHERE {t} AND id = 'r-1'", "as event {4} left it: its blob differs"),
        ("UPDATE documents SET revision = 9 WHERE {t} AND id = 'r-1'", "its revision differs"),
        ("UPDATE documents SET commit_id = :zero WHERE {t} AND id = 'r-1'", "its commit differs"),
        ("UPDATE documents SET name = 'x' WHERE {t} AND id = 'r-1'", "its name differs"),
        ("DELETE FROM documents WHERE {t} AND id = 'r-3'", "Document rule 'r-3' of tenant 'default' is missing, but e"),
        ("UPDATE documents SET id = 'r-9' WHERE {t} AND id = 'r-3'", "Document rule 'r-9' of tenant 'default' exists"),
    ],
)
def test_a_changed_row_is_named(installation: Installation, story: int, statement: str, said: str) -> None:
    sql(
        installation,
        statement.format(t="tenant = 'default'"),
        **{name: value for name, value in {"s": story, "zero": "0" * 64}.items() if f":{name}" in statement},
    )

    fault = verify(installation).fault

    places = ["", *(str(story + place) for place in range(1, 8))]
    assert fault is not None
    assert said.format(*places) in fault
    assert "sternpost restore FILE" in fault


def test_two_swapped_events_are_named(installation: Installation, story: int) -> None:
    first, second = story + 3, story + 4
    for old, new in ((first, 9999), (second, first), (9999, second)):
        sql(installation, "UPDATE events SET seq = :new WHERE tenant = 'default' AND seq = :old", old=old, new=new)

    assert f"Event {first} of tenant 'default' does not follow the one before" in str(verify(installation).fault)


@pytest.mark.usefixtures("story")
def test_a_missing_repository_is_named(installation: Installation) -> None:
    shutil.rmtree(repository(installation))

    assert verify(installation).fault == (
        "Git of tenant 'default': there is no repository; run `sternpost git rebuild --tenant default`"
    )


@pytest.mark.usefixtures("story")
def test_a_repository_that_is_behind_is_told_to_catch_up(installation: Installation) -> None:
    behind = git(installation, "rev-parse", "main")
    outcome = commit(installation, create("r-late"))

    assert verify(installation).fault == (
        f"Git of tenant 'default': main stands at {behind}, and the log has come to {outcome.commit}; "
        "run `sternpost git sync --tenant default`"
    )


@pytest.mark.usefixtures("story")
def test_a_moved_ref_is_named(installation: Installation) -> None:
    foreign = _foreign(installation)
    (repository(installation) / "refs" / "heads" / "main").write_text(f"{foreign}\n")

    assert f"main stands at {foreign}, which is not the head" in str(verify(installation).fault)


def _foreign(opened: Installation) -> str:
    tree = git(opened, "rev-parse", "main^{tree}")
    content = f"tree {tree}\nauthor e <e@e> 1 +0000\ncommitter e <e@e> 1 +0000\n\nx\n"
    return git(opened, "hash-object", "-t", "commit", "-w", "--stdin", stdin=content.encode())


@pytest.mark.usefixtures("story")
def test_a_replaced_object_is_found(installation: Installation) -> None:
    path = repository(installation)
    head = git(installation, "rev-parse", "main")
    foreign = _foreign(installation)
    loose = path / "objects" / head[:2] / head[2:]
    loose.parent.mkdir(exist_ok=True)
    shutil.copy(path / "objects" / foreign[:2] / foreign[2:], loose)

    fault = str(verify(installation).fault)

    assert fault.startswith("Git of tenant 'default': ")
    assert f"objects/{head[:2]}/{head[2:]}" in fault
    assert fault.endswith("run `sternpost git rebuild --tenant default`")


@pytest.mark.usefixtures("story")
def test_a_git_replacement_does_not_hide_anything(installation: Installation) -> None:
    git(installation, "replace", git(installation, "rev-parse", "main"), _foreign(installation))

    assert verify(installation).fault is None


def _pack(opened: Installation) -> Path:
    return max(repository(opened).glob("objects/pack/*.pack"), key=lambda path: path.stat().st_size)


@pytest.mark.usefixtures("story")
def test_a_truncated_pack_is_named(installation: Installation) -> None:
    pack = _pack(installation)
    pack.chmod(0o644)
    pack.write_bytes(pack.read_bytes()[:-30])

    assert verify(installation).fault == (
        f"Git of tenant 'default': pack {pack.stem} is damaged; run `sternpost git rebuild --tenant default`"
    )


@pytest.mark.usefixtures("story")
def test_a_corrupted_pack_is_named(installation: Installation) -> None:
    pack = _pack(installation)
    pack.chmod(0o644)
    content = bytearray(pack.read_bytes())
    content[len(content) // 2] ^= 0xFF
    pack.write_bytes(content)

    assert f"pack {pack.stem} is damaged" in str(verify(installation).fault)


@pytest.mark.usefixtures("story")
def test_a_rebuilt_repository_is_proven_again(installation: Installation) -> None:
    _pack(installation).unlink()
    damaged = verify(installation).fault
    installation.git_writer.rebuild("default")

    assert damaged is not None
    assert verify(installation).fault is None


@pytest.fixture
def archive(installation: Installation, story: int) -> str:  # noqa: ARG001  what is archived
    """Archive all, after two archives of the rules; answers the name of the tag."""
    for scope in ("rules", "rules", "full"):
        made = create_archive(installation.work(as_account()), SCOPES[scope])
    installation.git_writer.catch_up("default")
    assert verify(installation).fault is None
    return f"archives/full/{made.id}"


def test_a_removed_tag_is_named(installation: Installation, archive: str) -> None:
    git(installation, "tag", "-d", archive)

    assert verify(installation).fault == (
        f"Git of tenant 'default': tag {archive} is missing; run `sternpost git sync --tenant default`"
    )


def test_a_moved_tag_is_named(installation: Installation, archive: str) -> None:
    expected = git(installation, "rev-parse", archive)
    older = git(installation, "rev-parse", "main~1")
    git(installation, "update-ref", f"refs/tags/{archive}", older)

    assert verify(installation).fault == (
        f"Git of tenant 'default': tag {archive} stands at {older}, and the log gives {expected}; "
        "run `sternpost git sync --tenant default`"
    )


@pytest.mark.parametrize("name", ["archives/full/2020-01-01_00-00-00.000", "v1"])
def test_a_forged_tag_is_named(installation: Installation, archive: str, name: str) -> None:
    identity = ("-c", "user.name=x", "-c", "user.email=x@x.invalid")
    git(installation, *identity, "tag", "-a", "-m", "forged", name, archive)

    assert verify(installation).fault == (
        f"Git of tenant 'default': tag {name} is of no archive in the log; run `sternpost git sync --tenant default`"
    )


def test_a_sync_mends_what_was_done_to_tags(installation: Installation, archive: str) -> None:
    git(installation, "tag", "-d", archive)
    git(installation, "tag", "v1", "main")

    GitWriter(SqlLog(installation.database), installation.git_root).catch_up("default")

    assert verify(installation).fault is None


def test_an_archive_that_git_does_not_have_yet_is_told(installation: Installation, archive: str) -> None:
    made = create_archive(installation.work(as_account()), SCOPES["groups"])

    assert f"tag archives/groups/{made.id} is missing; run `sternpost git sync" in str(verify(installation).fault)
    assert archive in git(installation, "tag")


@pytest.mark.usefixtures("story")
@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"commit": "0" * 40}, "archives commit " + "0" * 40),
        ({"id": "2020-01-01_00-00-00.000"}, "is an archive with the id 2020-01-01_00-00-00.000"),
        ({"id": "../../heads/main"}, "is an archive, and its data is not that of one"),
        ({"more": 1}, "is an archive, and its data is not that of one"),
    ],
    ids=["another commit", "an id before its time", "an id that is none", "a further member"],
)
def test_an_archive_that_was_never_made_so_is_named_although_it_is_hashed(
    installation: Installation, data: dict[str, object], said: str
) -> None:
    made = create_archive(installation.work(as_account()), SCOPES["rules"])
    (row,) = sql(installation, "SELECT seq FROM tenants WHERE id = 'default'")
    forged = json.dumps({"commit": made.commit, "id": made.id, **data}, sort_keys=True, separators=(",", ":"))
    sql(installation, "UPDATE events SET data = :data WHERE tenant = 'default' AND seq = :seq", data=forged, seq=row[0])
    session = TenantSession(installation.database, "default")
    (event,) = [to_event(found) for found in session.rows(ONE, {"seq": row[0]})]
    session.release()
    for table, column in (("events", "seq"), ("tenants", "seq")):
        condition = "tenant = 'default'" if table == "events" else "id = 'default'"
        statement = f"UPDATE {table} SET hash = :hash WHERE {condition} AND {column} = :seq"
        sql(installation, statement, hash=event_hash(event), seq=row[0])

    assert f"Event {row[0]} of tenant 'default' {said}" in str(verify(installation).fault)
