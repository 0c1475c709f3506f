"""API accounts over HTTP: expectation 43, tokens and their states, rights, and the command line."""

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from app import boot
from app.cli import COMMANDS, LazyGroup
from app.core.clock import now_ms, parse_rfc3339
from app.core.errors import StorageFullError
from app.http.rights import AclEntry, Grant, covers
from app.resources.accounts.shape import one_month_after
from app.store.accounts import Account, find_account
from app.store.events import event
from app.store.last_uses import LastUses
from app.store.tables import EventRecord
from tests.installations import Server, as_account

DAY_MS = 86_400_000
MINIMAL = {"name": "CI", "status": "enabled", "tenants": "*"}


def create(server: Server, account_id: str, *, version: int = 24, **fields: Any) -> dict[str, Any]:
    answer = server.post(f"/api/{version}/apiaccounts", json={"id": account_id, **MINIMAL, **fields})
    assert answer.status_code == 200, answer.get_json()
    made: dict[str, Any] = answer.get_json()["data"]["accounts"][0]
    return made


def shown(server: Server, account_id: str, version: int = 24) -> dict[str, Any]:
    account: dict[str, Any] = server.get(f"/api/{version}/apiaccounts/{account_id}").get_json()["data"]["accounts"][0]
    return account


def row_of(server: Server, account_id: str) -> Account | None:
    work = server.opened.work(as_account())
    account = find_account(work.session, account_id)
    work.release()
    return account


def events_of(server: Server) -> list[Any]:
    work = server.opened.work(as_account())
    logged = select(*EventRecord.__table__.c).where(EventRecord.object_kind == "account").order_by(EventRecord.seq)
    rows = work.session.rows(logged)
    work.release()
    return [event(row) for row in rows]


def seq_of(server: Server) -> int:
    work = server.opened.work(as_account())
    seq = work.session.head().seq
    work.release()
    return seq


# creation


def test_a_created_account_is_shown_with_its_token_and_the_defaults(server: Server) -> None:
    answer = server.post("/api/24/apiaccounts", json={"id": "deploy", **MINIMAL}).get_json()

    account = answer["data"]["accounts"][0]
    assert (answer["action"], answer["id"], answer["result"]) == ("createAccount", "deploy", "success")
    assert list(account) == [
        *("id", "name", "description", "status", "creationDate", "expirationPolicy", "expirationDate", "tokenState"),
        *("tokenGenerationDate", "hasNoUsage", "token", "tenants", "authorizationType"),
    ]
    assert len(account["token"]) == 32
    assert account["token"].isalnum()
    assert (account["status"], account["authorizationType"], account["tenants"]) == ("enabled", "none", "*")
    assert (account["tokenState"], account["expirationPolicy"]) == ("generatedv2", "datetime")
    created, expires = parse_rfc3339(account["creationDate"]), parse_rfc3339(account["expirationDate"])
    assert 27 * DAY_MS < expires - created < 32 * DAY_MS


@pytest.mark.parametrize(
    ("day", "later"),
    [
        ("2026-01-31", "2026-02-28"),
        ("2028-01-30", "2028-02-29"),
        ("2026-12-15", "2027-01-15"),
        ("2026-05-01", "2026-06-01"),
    ],
)
def test_a_month_ends_with_the_calendar_s(day: str, later: str) -> None:
    ms = int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1000

    assert datetime.fromtimestamp(one_month_after(ms) / 1000, UTC).date().isoformat() == later


def test_the_token_is_shown_once(server: Server) -> None:
    token = create(server, "deploy", authorizationType="ro")["token"]

    texts = [server.get(f"/api/24/apiaccounts{path}").get_data(as_text=True) for path in ("", "/deploy")]
    texts.append(server.post("/api/24/apiaccounts/deploy", json={"name": "Other"}).get_data(as_text=True))

    assert not any('"token"' in text or token in text for text in texts)
    assert server.get("/api/24/rules", token=token).status_code == 200


def test_an_account_may_be_made_without_a_token(server: Server) -> None:
    account = create(server, "later", generateToken=False)

    assert "token" not in account
    assert account["tokenState"] == "undef"


def test_an_account_without_id_gets_one(server: Server) -> None:
    answer = server.post("/api/24/apiaccounts", json=MINIMAL).get_json()

    assert len(answer["id"]) == 36


def test_acl_entries_of_one_path_are_merged_and_sorted(server: Server) -> None:
    acl = [
        {"path": "rules/tree", "actions": ["get"]},
        {"path": "groups/*", "actions": ["PUT"]},
        {"path": "rules/tree", "actions": ["POST"]},
    ]

    account = create(server, "deploy", authorizationType="acl", acl=acl)

    assert account["acl"] == [
        {"path": "groups/*", "actions": ["put"]},
        {"path": "rules/tree", "actions": ["get", "post"]},
    ]


def test_the_events_of_an_account_tell_no_token(server: Server) -> None:
    token = create(server, "deploy", authorizationType="ro")["token"]
    server.post("/api/24/apiaccounts/deploy?reason=rename%20it", json={"name": "Other"})
    second = server.post("/api/24/apiaccounts/deploy/token/regenerate").get_json()["data"]["accounts"][0]["token"]
    server.delete("/api/24/apiaccounts/deploy")

    events = [one for one in events_of(server) if one.object_id == "deploy"]

    assert [one.type for one in events] == [
        *("CreateAPIAccount", "ModifyAPIAccount", "TokenCreated", "DeleteAPIAccount"),
    ]
    assert events[1].reason == "rename it"
    assert events[1].data == '{"changes":[{"new":"Other","old":"CI","path":"/name"}]}'
    assert all(one.commit is None and one.actor.handle == "ci" for one in events)
    assert not any(text in str(one.data) for one in events for text in (token, second, "v2:"))


@pytest.mark.parametrize("version", [24, 25])
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"status": "enabled", "tenants": "*"}, "name"),
        ({"name": "", "status": "enabled", "tenants": "*"}, "name"),
        ({"name": "x", "tenants": "*"}, "status"),
        ({"name": "x", "status": "enabled"}, "tenants"),
        ({**MINIMAL, "status": "on"}, "status"),
        ({**MINIMAL, "tenants": "zoneZ"}, "tenants"),
        ({**MINIMAL, "expirationPolicy": "soon"}, "expirationPolicy"),
        ({**MINIMAL, "expirationDate": "tomorrow"}, "expirationDate"),
        ({**MINIMAL, "authorizationType": "all"}, "authorizationType"),
        ({**MINIMAL, "authorizationType": "acl", "acl": [{"path": "a/**/b", "actions": ["get"]}]}, "acl[0].path"),
        ({**MINIMAL, "authorizationType": "acl", "acl": [{"path": "a", "actions": ["look"]}]}, "acl[0].actions"),
        ({**MINIMAL, "authorizationType": "rw", "acl": [{"path": "a", "actions": ["get"]}]}, "acl"),
        ({**MINIMAL, "id": "a b"}, "id"),
        ({**MINIMAL, "id": "x" * 300}, "id"),
        ({**MINIMAL, "id": "token"}, "id"),
        ({**MINIMAL, "id": "system-12345678"}, "id"),
        ({**MINIMAL, "id": "sternpost"}, "id"),
    ],
)
def test_a_refused_creation_names_the_field_and_writes_nothing(
    server: Server, version: int, fields: dict[str, Any], field: str
) -> None:
    before = seq_of(server)

    answer = server.post(f"/api/{version}/apiaccounts", json=fields)

    assert answer.status_code == (400 if version == 25 else 500), answer.get_json()
    assert version == 24 or list(answer.get_json()["errors"]) == [field]
    assert seq_of(server) == before


def test_an_unknown_zone_has_rudders_text(server: Server) -> None:
    answer = server.post("/api/24/apiaccounts", json={**MINIMAL, "tenants": "zoneZ"})

    assert answer.get_json()["errorDetails"] == "tenant(s) 'zoneZ' don't exist"


def test_accounts_are_made_from_json_only(server: Server) -> None:
    old = server.post("/api/24/apiaccounts", data=MINIMAL)
    new = server.post("/api/25/apiaccounts", data=MINIMAL)

    assert (old.status_code, new.status_code) == (415, 415)
    assert old.get_json()["errorDetails"] == ("Cannot parse non-JSON request as JSON; please check content-type.")


def test_a_taken_id_is_refused_with_rudders_text(server: Server) -> None:
    create(server, "deploy")

    old = server.post("/api/24/apiaccounts", json={"id": "deploy", **MINIMAL})
    new = server.post("/api/25/apiaccounts", json={"id": "deploy", **MINIMAL})

    assert old.status_code == 500
    assert old.get_json()["errorDetails"] == "Error: an account with id deploy already exists"
    assert new.status_code == 409


def test_the_id_of_a_deleted_account_is_never_given_again(server: Server) -> None:
    create(server, "deploy")
    server.delete("/api/24/apiaccounts/deploy")

    answer = server.post("/api/25/apiaccounts", json={"id": "deploy", **MINIMAL})

    assert answer.status_code == 409
    assert "is deleted, and an id is never given again; choose another id" in answer.get_json()["errorDetails"]


def test_a_person_who_does_not_exist_cannot_own_an_account(server: Server) -> None:
    answer = server.post("/api/25/apiaccounts", json={"id": "deploy", **MINIMAL, "owner": "nobody"})

    assert (answer.status_code, list(answer.get_json()["errors"])) == (400, ["owner"])
    assert row_of(server, "deploy") is None


# reading


def test_a_bad_id_has_rudders_text_and_is_in_the_envelope(server: Server) -> None:
    answer = server.get("/api/24/apiaccounts/a+b")

    assert answer.status_code == 500
    assert answer.get_json() == {
        "action": "getAccount",
        "id": "a+b",
        "result": "error",
        "errorDetails": "'a+b' is not a valid API account ID, only [a-zA-Z0-9_-]+ is allowed",
    }
    assert server.get("/api/25/apiaccounts/a+b").status_code == 400


def test_a_missing_account_has_rudders_text(server: Server) -> None:
    text = "API account with ID 'nope' was not found"
    answers = [
        server.get("/api/24/apiaccounts/nope"),
        server.post("/api/24/apiaccounts/nope", json={"name": "x"}),
        server.post("/api/24/apiaccounts/nope/token/regenerate"),
        server.delete("/api/24/apiaccounts/nope/token"),
    ]

    assert [(answer.status_code, answer.get_json()["errorDetails"]) for answer in answers] == [(500, text)] * 4
    assert [answer.get_json().get("id") for answer in answers] == ["nope", None, "nope", None]
    assert server.get("/api/25/apiaccounts/nope").status_code == 404


def test_the_list_is_sorted_and_shows_no_account_of_the_system(server: Server) -> None:
    server.account("system-1234", kind="system")
    create(server, "b")
    create(server, "a")

    answer = server.get("/api/24/apiaccounts").get_json()

    assert answer["action"] == "getAllAccounts"
    assert "id" not in answer
    assert [one["id"] for one in answer["data"]["accounts"]] == ["a", "b", "ci"]


def test_the_list_has_pages_in_25(server: Server) -> None:
    create(server, "a")
    create(server, "b")

    first = server.get("/api/25/apiaccounts?limit=2").get_json()
    second = server.get(f"/api/25/apiaccounts?limit=2&cursor={first['meta']['next']}").get_json()

    assert [[one["id"] for one in page["data"]["accounts"]] for page in (first, second)] == [["a", "b"], ["ci"]]
    assert "next" not in second["meta"]


def test_25_shows_the_owner_and_earlier_versions_do_not(server: Server) -> None:
    create(server, "deploy")

    assert shown(server, "deploy", 25)["owner"] is None
    assert "owner" not in shown(server, "deploy", 24)


def test_the_caller_s_account_is_shown_from_22_on(server: Server) -> None:
    answer = server.get("/api/22/apiaccounts/token").get_json()
    system = server.get("/api/24/apiaccounts/token", token=server.account("system-1", kind="system")).get_json()

    assert (answer["action"], answer["data"]["accounts"][0]["id"]) == ("getTokenAccount", "ci")
    assert system["data"]["accounts"][0]["id"] == "system-1"
    assert server.get("/api/21/apiaccounts/token").get_json()["errorDetails"] == (
        "API account with ID 'token' was not found"
    )


def test_accounts_are_there_from_21_on(server: Server) -> None:
    assert server.get("/api/20/apiaccounts").status_code == 404
    assert server.get("/api/21/apiaccounts").status_code == 200


def test_an_account_of_another_tenant_looks_missing(server: Server) -> None:
    token = server.account("stranger", tenant="public")
    create(server, "deploy")

    assert [one["id"] for one in server.get("/api/24/apiaccounts", token=token).get_json()["data"]["accounts"]] == [
        "stranger"
    ]
    for method, path in (
        ("GET", ""),
        ("POST", "/token/regenerate"),
        ("DELETE", "/token"),
        ("DELETE", ""),
    ):
        answer = server.call(method, f"/api/25/apiaccounts/deploy{path}", token=token)
        assert answer.status_code in (403, 404), (method, path)
    assert row_of(server, "deploy") is not None


def test_the_last_use_is_noted_in_memory_and_written_later(server: Server) -> None:
    token = create(server, "deploy", authorizationType="ro")["token"]
    assert shown(server, "deploy")["hasNoUsage"] is True

    server.get("/api/24/rules", token=token)
    before = shown(server, "deploy")
    server.opened.last_uses.flush()
    after = shown(server, "deploy")

    assert "lastAuthenticationDate" not in before
    assert now_ms() - parse_rfc3339(after["lastAuthenticationDate"]) < 60_000
    assert "hasNoUsage" not in after


def test_uses_that_could_not_be_written_are_written_next_time(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.account("deploy")
    uses = LastUses(server.opened.database, clock=lambda: 5_000)
    uses.note("default", "deploy")

    def full(_why: str) -> Any:
        raise StorageFullError("full", retry_after_s=5)

    with monkeypatch.context() as patch:
        patch.setattr(uses, "_database", SimpleNamespace(writing_everywhere=full))
        uses.flush()
    lost = row_of(server, "deploy")
    uses.flush()
    written = row_of(server, "deploy")

    assert lost is not None
    assert lost.last_used is None
    assert written is not None
    assert written.last_used == 5_000


def test_an_older_use_does_not_replace_a_newer_one(server: Server) -> None:
    server.account("deploy", last_used=9_000)
    uses = LastUses(server.opened.database, clock=lambda: 5_000)
    uses.note("default", "deploy")

    uses.flush()

    account = row_of(server, "deploy")
    assert account is not None
    assert account.last_used == 9_000


# changes


def test_an_update_is_a_patch(server: Server) -> None:
    before = create(server, "deploy", description="first", authorizationType="ro")

    answer = server.post("/api/24/apiaccounts/deploy", json={"id": "other", "name": "Deployer", "status": "disabled"})

    account = answer.get_json()["data"]["accounts"][0]
    assert (answer.get_json()["action"], answer.get_json()["id"]) == ("updateAccount", "deploy")
    del before["token"]
    assert account == {**before, "name": "Deployer", "status": "disabled"}


def test_an_update_that_changes_nothing_is_no_event(server: Server) -> None:
    create(server, "deploy")
    before = seq_of(server)

    answer = server.post("/api/24/apiaccounts/deploy", json=shown(server, "deploy"))

    assert (answer.status_code, seq_of(server)) == (200, before)


def test_what_25_shows_of_an_account_can_be_posted_back(server: Server) -> None:
    create(server, "deploy", authorizationType="acl", acl=[{"path": "rules", "actions": ["get"]}])

    answer = server.post("/api/25/apiaccounts/deploy", json=shown(server, "deploy", 25))

    assert answer.status_code == 200, answer.get_json()


def test_from_never_to_datetime_without_a_date_is_a_month_from_now(server: Server) -> None:
    assert "expirationDate" not in create(server, "deploy", expirationPolicy="never")

    account = server.post("/api/24/apiaccounts/deploy", json={"expirationPolicy": "datetime"}).get_json()["data"][
        "accounts"
    ][0]

    assert 27 * DAY_MS < parse_rfc3339(account["expirationDate"]) - now_ms() < 32 * DAY_MS


def test_an_expiry_is_kept_unless_another_is_given(server: Server) -> None:
    create(server, "deploy", expirationDate="2030-01-02T03:04:05Z")
    path = "/api/24/apiaccounts/deploy"

    kept = server.post(path, json={"expirationPolicy": "datetime"}).get_json()["data"]["accounts"][0]
    moved = server.post(path, json={"expirationDate": "2031-01-01T01:00:00+01:00"}).get_json()["data"]["accounts"][0]
    never = server.post(path, json={"expirationPolicy": "never"}).get_json()["data"]["accounts"][0]

    assert kept["expirationDate"] == "2030-01-02T03:04:05.000Z"
    assert moved["expirationDate"] == "2031-01-01T00:00:00.000Z"
    assert never["expirationPolicy"] == "never"
    assert "expirationDate" not in never


@pytest.mark.parametrize("path", ["token/regenerate", "regenerate"])
def test_a_regenerated_token_replaces_the_one_before(server: Server, path: str) -> None:
    old = create(server, "deploy", authorizationType="ro")["token"]

    answer = server.post(f"/api/24/apiaccounts/deploy/{path}").get_json()

    new = answer["data"]["accounts"][0]["token"]
    assert (answer["action"], answer["id"]) == ("regenerateToken", "deploy")
    assert server.get("/api/24/rules", token=old).status_code == 401
    assert server.get("/api/24/rules", token=new).status_code == 200


def test_a_token_can_be_taken_away(server: Server) -> None:
    token = create(server, "deploy", authorizationType="ro")["token"]

    answer = server.delete("/api/24/apiaccounts/deploy/token").get_json()

    assert answer["action"] == "deleteToken"
    assert "id" not in answer
    assert answer["data"]["accounts"][0]["tokenState"] == "undef"
    assert server.get("/api/24/rules", token=token).status_code == 401


def test_a_deleted_account_is_shown_a_last_time_and_its_token_opens_nothing(server: Server) -> None:
    token = create(server, "deploy", authorizationType="ro")["token"]

    answer = server.delete("/api/24/apiaccounts/deploy").get_json()

    assert answer["action"] == "deleteAccount"
    assert "id" not in answer
    assert [one["id"] for one in answer["data"]["accounts"]] == ["deploy"]
    assert server.get("/api/24/rules", token=token).status_code == 401


@pytest.mark.parametrize("account_id", ["nope", "system-1234"])
def test_deleting_what_is_missing_or_the_system_s_is_success_up_to_24(server: Server, account_id: str) -> None:
    server.account("system-1234", kind="system")

    old = server.delete(f"/api/24/apiaccounts/{account_id}")
    new = server.delete(f"/api/25/apiaccounts/{account_id}")

    assert old.status_code == 200
    assert old.get_json() == {"action": "deleteAccount", "result": "success", "data": {"accounts": []}}
    assert new.status_code == 404
    assert row_of(server, "system-1234") is not None


@pytest.mark.parametrize(("version", "status"), [(24, 500), (25, 400)])
def test_a_mandatory_reason_holds_for_accounts_too(server: Server, version: int, status: int) -> None:
    create(server, "deploy")
    server.post("/api/24/settings/mandatory_change_message", json={"value": True})
    before = seq_of(server)

    refused = server.post(f"/api/{version}/apiaccounts/deploy", json={"name": "x"})
    unchanged = seq_of(server)
    accepted = server.post(f"/api/{version}/apiaccounts/deploy?reason=because", json={"name": "x"})

    assert refused.status_code == status
    if version == 24:
        assert refused.get_json()["errorDetails"] == (
            "There was an error while extracting reason message; cause was: Inconsistency: "
            "Reason field is mandatory and should be at least 5 characters long"
        )
    assert unchanged == before
    assert (accepted.status_code, seq_of(server)) == (200, before + 1)


# rights


def acl(*entries: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"path": path, "actions": verbs.split()} for path, verbs in entries]


KEEPER = acl(("apiaccounts/**", "get post"), ("apiaccounts", "get post"), ("rules", "get"))


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"authorizationType": "none"}, 200),
        ({"authorizationType": "acl", "acl": acl(("rules", "get"))}, 200),
        ({"authorizationType": "ro"}, 403),
        ({"authorizationType": "rw"}, 403),
        ({"authorizationType": "acl", "acl": acl(("rules", "get post"))}, 403),
        ({"authorizationType": "acl", "acl": acl(("**", "get"))}, 403),
    ],
)
def test_an_account_makes_none_with_more_rights_than_its_own(
    server: Server, fields: dict[str, Any], status: int
) -> None:
    token = server.account("keeper", authorization="acl", acl=tuple(KEEPER))

    answer = server.post("/api/24/apiaccounts", json={"id": "made", **MINIMAL, **fields}, token=token)

    assert answer.status_code == status, answer.get_json()
    assert (row_of(server, "made") is not None) == (status == 200)


@pytest.mark.parametrize("version", [24, 25])
def test_an_account_cannot_take_the_token_of_a_stronger_one(server: Server, version: int) -> None:
    token = server.account("keeper", authorization="acl", acl=tuple(KEEPER))
    strong = create(server, "strong", authorizationType="rw")["token"]
    before = seq_of(server)

    answers = [
        server.post(f"/api/{version}/apiaccounts/strong/token/regenerate", token=token),
        server.post(f"/api/{version}/apiaccounts/keeper", json={"authorizationType": "rw"}, token=token),
    ]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert "would have rights that 'keeper' does not have itself" in answers[0].get_json()["errorDetails"]
    assert seq_of(server) == before
    assert server.get("/api/24/rules", token=strong).status_code == 200


@pytest.mark.parametrize(
    ("mine", "other", "covered"),
    [
        ([("rules/**", "get")], [("rules/a", "get")], True),
        ([("rules/**", "get")], [("rules/**", "get")], True),
        ([("rules/**", "get")], [("rules", "get")], False),
        ([("rules/*", "get")], [("rules/**", "get")], False),
        ([("rules/*", "get")], [("rules/a", "GET")], True),
        ([("rules/a", "post"), ("rules/**", "get")], [("rules/**", "get")], False),
        ([("rules/a", "get post"), ("rules/**", "get")], [("rules/**", "get")], True),
        ([("*/a", "get"), ("rules/*", "get post")], [("rules/a", "post")], False),
        ([("rules/a", "get")], [("rules/*", "get")], False),
        ([], [], True),
    ],
)
def test_one_acl_covers_another_only_if_it_opens_all_of_it(
    mine: list[tuple[str, str]],
    other: list[tuple[str, str]],
    covered: bool,  # noqa: FBT001  a parameter of the table above
) -> None:
    def grant(entries: list[tuple[str, str]]) -> Grant:
        return Grant("acl", tuple(AclEntry(path, tuple(verbs.split())) for path, verbs in entries))

    assert covers(grant(mine), grant(other)) is covered


@pytest.mark.parametrize(
    "headers",
    [
        lambda _server: {},
        lambda _server: {"X-API-Token": "stp" + "w" * 29},
        lambda server: {"X-API-Token": server.account("expired", expires=now_ms() - 1)},
        lambda server: {"X-API-Token": server.account("off", enabled=False)},
    ],
    ids=["no token", "wrong", "expired", "disabled"],
)
@pytest.mark.parametrize("version", [24, 25])
def test_a_token_that_opens_nothing_is_401_and_says_no_more(
    server: Server, version: int, headers: Callable[[Server], dict[str, str]]
) -> None:
    answer = server.client.get(f"/api/{version}/rules", headers=headers(server))

    assert answer.status_code == 401
    body = answer.get_json()
    assert body["result"] == "error"
    assert body["errorDetails"] == "Authentication failed; send a valid token in the header X-API-Token"


@pytest.mark.parametrize("version", [24, 25])
def test_a_read_only_token_reads_and_does_not_write(server: Server, version: int) -> None:
    token = create(server, "reader", authorizationType="ro")["token"]

    read = server.get(f"/api/{version}/rules", token=token)
    write = server.put(f"/api/{version}/rules", json={"displayName": "Rule"}, token=token)
    account = server.post(f"/api/{version}/apiaccounts", json=MINIMAL, token=token)

    assert read.status_code == 200
    assert (write.status_code, account.status_code) == (403, 403)
    assert write.get_json()["errorDetails"] == (
        f"Authorization error: User 'reader' is not allowed to access PUT api/{version}/rules"
    )


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/rules", 200),
        ("PUT", "/rules", 403),
        ("GET", "/parameters", 403),
        ("GET", "/rules/r-none", 500),
        ("DELETE", "/rules/r-none", 403),
        ("GET", "/rules/special", 403),
    ],
)
def test_the_first_matching_path_of_an_acl_decides(server: Server, method: str, path: str, status: int) -> None:
    entries = acl(("rules", "get"), ("rules/*", "get"), ("rules/special", "post"))
    token = server.account("limited", authorization="acl", acl=(entries[2], entries[0], entries[1]))

    assert server.call(method, f"/api/24{path}", token=token).status_code == status


def test_a_token_without_rights_opens_nothing(server: Server) -> None:
    token = create(server, "idle")["token"]

    assert server.get("/api/24/rules", token=token).status_code == 403


def test_refusals_of_valid_tokens_and_failures_of_others_slow_nobody(server: Server) -> None:
    token = create(server, "reader", authorizationType="ro")["token"]

    forbidden = [server.put("/api/25/rules", json={}, token=token).status_code for _ in range(25)]
    failed = [server.get("/api/25/rules", token="wrong").status_code for _ in range(21)]

    assert set(forbidden) == {403}
    assert failed == [401] * 20 + [429]
    assert server.get("/api/25/rules", token=token).status_code == 200


# repeated requests


@pytest.mark.parametrize("path", ["", "/deploy/token/regenerate"])
def test_an_answer_with_a_token_is_not_given_twice(server: Server, path: str) -> None:
    headers = {"Idempotency-Key": "k-1"}
    if path:
        create(server, "deploy")
    body = {} if path else {"json": {"id": "deploy", **MINIMAL}}

    first = server.post(f"/api/25/apiaccounts{path}", headers=headers, **body)
    before = seq_of(server), row_of(server, "deploy")
    second = server.post(f"/api/25/apiaccounts{path}", headers=headers, **body)

    assert first.status_code == 200
    assert (second.status_code, second.get_json()["errorDetails"]) == (409, "already done: deploy")
    assert (seq_of(server), row_of(server, "deploy")) == before


def test_an_answer_without_a_token_is_repeated_as_it_was(server: Server) -> None:
    create(server, "deploy")
    headers = {"Idempotency-Key": "k-2"}

    first = server.delete("/api/25/apiaccounts/deploy", headers=headers)
    before = seq_of(server)
    second = server.delete("/api/25/apiaccounts/deploy", headers=headers)

    assert (first.status_code, second.status_code) == (200, 200)
    assert second.get_json() == first.get_json()
    assert seq_of(server) == before


def test_a_key_of_another_request_is_refused(server: Server) -> None:
    headers = {"Idempotency-Key": "k-3"}
    server.post("/api/25/apiaccounts", json={"id": "one", **MINIMAL}, headers=headers)

    answer = server.post("/api/25/apiaccounts", json={"id": "two", **MINIMAL}, headers=headers)

    assert answer.status_code == 409
    assert "was used within the last 24 hours for another" in answer.get_json()["errorDetails"]
    assert row_of(server, "two") is None


def test_a_refused_request_leaves_its_key_free(server: Server) -> None:
    headers = {"Idempotency-Key": "k-4"}
    body = {"id": "taken", **MINIMAL}
    create(server, "taken")

    assert server.post("/api/25/apiaccounts", json=body, headers=headers).status_code == 409
    assert "already exists" in server.post("/api/25/apiaccounts", json=body, headers=headers).get_json()["errorDetails"]


# the command line and the system account


Sternpost = Callable[..., Result]


@pytest.fixture
def sternpost(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Sternpost:
    config = server.config
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STERNPOST_DATABASE_URL", config.database_url)
    monkeypatch.setenv("STERNPOST_KEYS_DIR", str(config.keys_dir))
    monkeypatch.setenv("STERNPOST_DATA_DIR", str(config.data_dir))
    group = LazyGroup(COMMANDS, help_text="test")

    def run(*words: str) -> Result:
        return CliRunner().invoke(group, ["accounts", *words])

    return run


def test_the_command_prints_a_token_that_works(server: Server, sternpost: Sternpost) -> None:
    made = sternpost("create", "robot", "--rights", "rw", "--expires", "2030-01-01")

    assert made.exit_code == 0, made.output
    assert made.stderr == "Account 'robot' of tenant 'default' expires: 2030-01-01T00:00:00.000Z\n"
    assert server.get("/api/24/rules", token=made.stdout.strip()).status_code == 200
    assert shown(server, "robot")["expirationDate"] == "2030-01-01T00:00:00.000Z"


def test_the_command_makes_accounts_that_expire_in_a_month_or_never(server: Server, sternpost: Sternpost) -> None:
    sternpost("create", "month")
    sternpost("create", "ever", "--expires", "never")

    month, ever = row_of(server, "month"), row_of(server, "ever")

    assert month is not None
    assert month.expires is not None
    assert ever is not None
    assert ever.expires is None
    assert month.authorization == "ro"


def test_the_command_lists_and_revokes(server: Server, sternpost: Sternpost) -> None:
    token = sternpost("create", "robot", "--expires", "never").stdout.strip()

    listed = sternpost("list").stdout
    revoked = sternpost("revoke", "robot")

    assert listed == "robot\tro\t-\tnever\n"
    assert revoked.stdout == "Account 'robot' of tenant 'default' is revoked\n"
    assert server.get("/api/24/rules", token=token).status_code == 401


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("revoke", "nope"), "Error: API account 'nope' was not found"),
        (("create", "a b"), "Error: 'a b' is not a valid API account ID"),
        (("create", "x", "--tenant", "nowhere"), "Error: Tenant 'nowhere' was not found"),
        (("list", "--tenant", "nowhere"), "Error: Tenant 'nowhere' was not found"),
        (("create", "x", "--owner", "nobody"), "Error: User 'nobody' was not found among the active users"),
        (("create", "x", "--expires", "soon"), "'soon' is no day; write it as 2027-01-31, or never"),
    ],
)
def test_the_command_says_what_is_wrong(sternpost: Sternpost, words: tuple[str, ...], text: str) -> None:
    result = sternpost(*words)

    assert result.exit_code != 0
    assert text in result.output


def test_each_start_renews_the_system_account_s_token(server: Server) -> None:
    first = boot.prepare(server.config).token_file.read_text().strip()
    second = boot.prepare(server.config).token_file.read_text().strip()

    assert server.get("/api/24/rules", token=first).status_code == 401
    assert server.put("/api/24/parameters", json={"id": "p"}, token=second).status_code == 200
