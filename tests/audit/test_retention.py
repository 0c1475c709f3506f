"""Events that are no configuration can be retired, and the chain verifies across them; configuration never goes."""

import json
from typing import Any

import pytest
from sqlalchemy import text

from app.boot import Installation
from app.changes.recording import Fact
from app.changes.retiring import retire
from app.core.clock import now_ms
from app.store.checkpoints import keep_checkpoints
from app.verify import Trust, verify_installation
from app.verify.export import verify_export
from app.verify.signed import read_keys
from tests.installations import Server, as_account
from tests.plain_documents import commit, create, modify


def log(opened: Installation, *types: str) -> None:
    for one in types:
        opened.committer.log(as_account(), [Fact(type=one, kind="user", id="ann", name="ann")])


def seqs(opened: Installation) -> list[int]:
    with opened.database.connect("default") as connection:
        rows = connection.execute(text("SELECT seq FROM events WHERE tenant = 'default' ORDER BY seq"))
        return [row.seq for row in rows]


def trust(opened: Installation) -> Trust:
    return Trust(read_keys("".join(opened.committer.ring.public_keys().values())))


@pytest.fixture
def story(installation: Installation) -> int:
    """Logins and refusals around two changes and an export; answers the seq before them."""
    start = seqs(installation)[-1]
    log(installation, "UserLogin", "BadCredentials", "UserLogin")
    commit(installation, create("r-1"))
    log(installation, "AccessDenied", "EventsExported", "UserLogout")
    commit(installation, modify("r-1", enabled=True))
    return start


def test_retired_events_leave_one_event_and_everything_still_verifies(
    server: Server, story: int, tmp_path: Any
) -> None:
    opened = server.opened
    keep_checkpoints(opened.database, opened.committer.ring)

    count = retire(opened.committer, "default", before_ms=now_ms() + 1)
    log(opened, "UserLogin")

    assert count == 5
    assert seqs(opened) == [*range(1, story + 1), story + 4, story + 6, story + 8, story + 9, story + 10]
    told = server.get(f"/api/25/events/{story + 9}").get_json()["data"]["events"][0]
    assert (told["type"], told["actor"]["kind"], told["data"]["count"]) == ("EventsRetired", "system", 5)
    assert [(one["first"], one["last"], one["count"]) for one in told["data"]["ranges"]] == [
        (story + 1, story + 3, 3), (story + 5, story + 5, 1), (story + 7, story + 7, 1),
    ]  # fmt: skip
    report = verify_installation(opened.database, None, tenant="default", trust=trust(opened))
    assert report.fault is None
    assert f"default: {story + 10} events (5 of them retired)" in report.text
    assert f"events 1 to {story + 8} anchored by 1 checkpoint" in report.text
    checked = server.get("/api/25/events/verify").get_json()["data"]["verification"]
    assert (checked["valid"], checked["count"], checked["retired"], checked["to"]) == (True, story + 5, 5, story + 10)
    for first, last in ((2, 3), (3, 8), (4, 7)):
        query = f"from={story + first}&to={story + last}"
        inside = server.get(f"/api/25/events/verify?{query}").get_json()["data"]["verification"]
        assert inside["valid"] is True, inside
        assert inside["count"] + inside["retired"] == last - first + 1
    gone = server.get(f"/api/25/events/{story + 2}")
    assert gone.status_code == 404
    assert gone.get_json()["errorDetails"] == (
        f"Event {story + 2} was retired after its time; an event EventsRetired speaks of it"
    )
    file = tmp_path / "export"
    file.write_bytes(server.get("/api/25/events/export?format=ndjson").get_data())
    assert "5 events are not in it" in verify_export(file, trust(opened).keys, {}, lambda _read: None)


def test_what_is_young_and_what_is_configuration_stays(installation: Installation, story: int) -> None:
    before = seqs(installation)

    assert retire(installation.committer, "default", before_ms=0) == 0
    assert seqs(installation) == before
    retire(installation.committer, "default", before_ms=now_ms() + 1)
    assert retire(installation.committer, "default", before_ms=now_ms() + 1) == 0
    assert seqs(installation)[-1] == story + 9


@pytest.mark.parametrize("missing", [4, 8])
def test_a_configuration_event_cannot_hide_among_the_retired(
    installation: Installation, story: int, missing: int
) -> None:
    retire(installation.committer, "default", before_ms=now_ms() + 1)
    with installation.database.writing("default") as connection:
        statement = text("DELETE FROM events WHERE tenant = 'default' AND seq = :seq")
        connection.execute(statement, {"seq": story + missing})

    fault = str(verify_installation(installation.database, None, tenant="default").fault)

    assert f"Event {story + missing} of tenant 'default' is missing" in fault


def test_a_forger_who_retires_the_newest_change_is_found_by_a_checkpoint(
    installation: Installation, story: int
) -> None:
    opened, seq = installation, story + 8
    keep_checkpoints(opened.database, opened.committer.ring)
    with opened.database.writing("default") as connection:
        both = text("SELECT * FROM events WHERE tenant = 'default' AND seq IN (:older, :newest) ORDER BY seq")
        older, row = connection.execute(both, {"older": seq - 4, "newest": seq}).mappings().fetchall()
        connection.execute(text(f"DELETE FROM events WHERE tenant = 'default' AND seq = {seq}"))
        values = {"head": older["commit_id"], "body": older["after"], "revision": older["revision"]}
        connection.execute(text("UPDATE tenants SET head = :head WHERE id = 'default'"), {"head": values["head"]})
        connection.execute(
            text("UPDATE documents SET body = :body, revision = :revision, commit_id = :head, updated = :time"
                 " WHERE tenant = 'default' AND id = 'r-1'"),
            {**values, "time": older["time"]},
        )  # fmt: skip
    ranges = [{"first": seq, "last": seq, "count": 1, "firstPrevHash": row["prev_hash"], "lastHash": row["hash"]}]
    data: Any = {"before": "2026-01-01T00:00:00.000Z", "count": 1, "ranges": ranges}
    opened.committer.log(as_account(), [Fact(type="EventsRetired", data=json.loads(json.dumps(data)))])

    fault = verify_installation(opened.database, None, tenant="default", trust=trust(opened)).fault

    assert fault is not None
    assert f"At event {seq} of tenant 'default' the head is {older['commit_id']}, but the checkpoint signed by" in fault
