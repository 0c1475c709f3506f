"""Wrong questions are told what is wrong and change nothing, and another tenant sees nothing."""

import csv
import io
import json
from typing import Any

import pytest

from tests.installations import Server
from tests.plain_documents import commit, copied_tenant, create


def head(server: Server) -> int:
    return int(server.get("/api/25/events?limit=1").get_json()["data"]["events"][0]["seq"])


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("events/export", "format"),
        ("events/export?format=xml", "format"),
        ("events/export?format=csv&from=2026-01-01T00:00:00", "from: Time '2026-01-01T00:00:00' has no time zone"),
        ("events/export?format=csv&from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "exchange them"),
        ("events/export?format=csv&limit=10", "limit"),
        ("events/export?format=csv&who=ann", "who"),
        ("events/export?format=csv&commit=abc", "commit"),
        ("events/verify?from=0", "from"),
        ("events/verify?from=x", "from"),
        ("events/verify?from=999", "Event 999 has not happened; this tenant has the events 1 to 1"),
        ("events/verify?to=999", "Event 999 has not happened; this tenant has the events 1 to 1"),
        ("events/verify?seq=1", "seq"),
        ("events/checkpoint?seq=1", "seq"),
        ("events?cursor=abc", "cursor"),
        ("events?from=yesterday", "from: Time 'yesterday' is not an RFC 3339 time"),
        ("events?since=1", "since"),
        ("rules?at=2999-01-01T00:00:00Z", "has not come yet"),
        ("audit/answers/changes-without-second-person?cursor=abc", "cursor"),
        ("audit/answers/changes-without-second-person?limit=0", "limit"),
    ],
)
def test_a_wrong_question_is_refused_by_name_and_logs_nothing(server: Server, path: str, said: str) -> None:
    answer = server.get(f"/api/25/{path}")

    assert answer.status_code == 400, answer.text
    assert said in answer.get_json()["errorDetails"]
    assert head(server) == 1


def test_a_range_that_is_turned_round_is_told_so(server: Server) -> None:
    commit(server.opened, create("r-1"))

    answer = server.get("/api/25/events/verify?from=2&to=1")

    assert answer.get_json()["errorDetails"] == "'from' (2) is after 'to' (1); exchange them"


@pytest.mark.parametrize(
    "path",
    ["events/export?format=csv", "events/stream", "events/verify", "events/checkpoint", "compare?from=seq:1",
     "audit/answers/changes-without-second-person", "rules/r-1/why?path=/id"],
)  # fmt: skip
def test_what_is_ours_is_not_in_rudders_versions(server: Server, path: str) -> None:
    assert server.get(f"/api/24/{path}").status_code in (404, 500)


def test_who_may_not_read_events_asks_nothing_of_the_log(server: Server) -> None:
    listed = server.account("lister", authorization="acl", acl=[{"path": "rules/**", "actions": ["get"]}])

    for path in (
        "events/export?format=csv",
        "events/stream",
        "events/verify",
        "events/checkpoint",
        "compare?from=seq:1",
    ):
        assert server.get(f"/api/25/{path}", token=listed).status_code == 403
    assert server.get("/api/25/rules/r-1/why?path=/id", token=listed).status_code == 404


def test_another_tenant_sees_its_own_log_only(server: Server) -> None:
    copied_tenant(server.opened, "other", [create("r-7")])
    token = server.account("there", tenant="other")
    for number in range(5):
        commit(server.opened, create(f"only-in-a-{number}"))

    def asked(path: str) -> Any:
        return server.get(f"/api/25/{path}", token=token)

    lines = asked("events/export?format=ndjson").get_data(as_text=True).splitlines()
    table = list(csv.reader(io.StringIO(asked("events/export?format=csv").get_data(as_text=True))))
    manifest = json.loads(lines[-1])["manifest"]
    checkpoint = asked("events/checkpoint").get_json()["data"]["checkpoint"]

    assert [json.loads(line)["tenant"] for line in lines[:-1]] == ["other"] * 2
    assert (manifest["tenant"], manifest["count"], manifest["upTo"]) == ("other", 2, 2)
    assert [row[0] for row in table] == ["seq", "1", "2", "3", "manifest"]
    assert {len(row) for row in table} == {25}
    assert (checkpoint["tenant"], checkpoint["seq"]) == ("other", 3)
    assert asked("events/verify?from=1&to=6").status_code == 400
    assert asked("events/verify").get_json()["data"]["verification"]["count"] == 3
    assert asked("events/6").status_code == 404
    cursor = server.get("/api/25/events?limit=2").get_json()["meta"]["next"]
    foreign = asked(f"events?cursor={cursor}")
    assert [one["seq"] for one in foreign.get_json()["data"]["events"]] == [3, 2, 1]
    assert "only-in-a" not in foreign.get_data(as_text=True)
    assert asked("events/stream?after=6").status_code == 400
    assert asked("compare?from=seq:1").get_json()["data"]["comparison"]["changes"] == []
    assert asked("audit/answers/changes-without-second-person").get_json()["data"]["changes"] == []
    assert asked("rules/only-in-a-1/why?path=/id").get_json()["errorDetails"] == (
        asked("rules/never-was-x/why?path=/id").get_json()["errorDetails"].replace("never-was-x", "only-in-a-1")
    )


def test_a_table_has_no_formula_and_one_record_for_each_field(server: Server) -> None:
    commit(server.opened, create("r-1", enabled=True, note="a\r\nb"), create("g-1", "group", displayName="=1+1"),
           create("g-2", "group", displayName="@x"))  # fmt: skip

    text = server.get("/api/25/events/export?format=csv&kind=rule").get_data(as_text=True)
    groups = server.get("/api/25/events/export?format=csv&kind=group").get_data(as_text=True)

    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [(row["path"], row["old"], row["new"]) for row in rows[:-1]] == [
        ("/displayName", "null", '"R-1"'),
        ("/enabled", "null", "true"),
        ("/id", "null", '"r-1"'),
        ("/note", "null", '"a\\r\\nb"'),
    ]
    assert text.count("\r\n") == 1 + 4 + 1
    names = {row["objectName"] for row in csv.DictReader(io.StringIO(groups, newline=""))}
    assert {"'=1+1", "'@x"} <= names
