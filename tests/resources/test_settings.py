"""Settings over HTTP: expectation 39, the texts of conventions 9, and the mandatory reason."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.changes.change import Edit
from app.core.errors import InvalidError, NotFoundError
from app.store.documents import find_document
from tests.installations import Server, as_account, submit

KEYS = 37


def stored(server: Server, key: str, tenant: str = "default") -> dict[str, Any] | None:
    work = server.opened.work(as_account(tenant=tenant))
    found = find_document(work.session, "setting", key)
    work.release()
    return None if found is None else dict(found.document)


def seq_of(server: Server) -> int:
    work = server.opened.work(as_account())
    seq = work.session.head().seq
    work.release()
    return seq


def test_a_setting_that_nobody_set_has_its_default_and_no_document(server: Server) -> None:
    answer = server.get("/api/24/settings/output_file_ttl")

    assert answer.status_code == 200
    assert answer.get_json() == {
        "action": "getSetting",
        "id": "output_file_ttl",
        "result": "success",
        "data": {"settings": {"output_file_ttl": 7}},
    }
    assert stored(server, "output_file_ttl") is None


@pytest.mark.parametrize("version", [6, 24, 25])
def test_a_written_setting_keeps_its_json_type(server: Server, version: int) -> None:
    answer = server.post(f"/api/{version}/settings/output_file_ttl", json={"value": 9})

    assert answer.status_code == 200
    assert answer.get_json() == {
        "action": "modifySetting",
        "id": "output_file_ttl",
        "result": "success",
        "data": {"settings": {"output_file_ttl": 9}},
    }
    assert stored(server, "output_file_ttl") == {"id": "output_file_ttl", "value": 9}


def test_the_first_write_is_a_creation_and_the_second_a_modification(server: Server) -> None:
    server.post("/api/24/settings/splay_time?reason=first", json={"value": 4})
    server.post("/api/24/settings/splay_time?reason=second", json={"value": 3})

    entries = server.get("/api/25/settings/splay_time/history").get_json()["data"]["history"]

    assert [(one["type"], one["revision"], one["reason"]) for one in entries] == [
        ("SettingModified", 2, "second"),
        ("SettingAdded", 1, "first"),
    ]


def test_the_history_of_what_was_never_set_is_empty(server: Server) -> None:
    answer = server.get("/api/25/settings/splay_time/history")

    assert (answer.status_code, answer.get_json()["data"]["history"]) == (200, [])


def test_several_settings_are_one_change_and_only_they_are_answered(server: Server) -> None:
    answer = server.post("/api/24/settings", json={"output_file_ttl": 10, "splay_time": 2})

    assert answer.get_json() == {
        "action": "modifySettings",
        "result": "success",
        "data": {"settings": {"output_file_ttl": 10, "splay_time": 2}},
    }


def test_all_settings_are_listed_sorted_by_key(server: Server) -> None:
    settings = server.get("/api/24/settings").get_json()["data"]["settings"]

    assert list(settings) == sorted(settings)
    assert len(settings) == KEYS
    assert settings["enable_change_request"] is False
    assert settings["enable_self_deployment"] is True
    assert settings["enable_self_validation"] is False
    assert settings["enable_validate_all"] is False
    assert settings["change_message_prompt"] == "Please enter a reason explaining this change."


def test_settings_are_there_from_6_on(server: Server) -> None:
    assert server.get("/api/5/settings").status_code == 404
    assert server.get("/api/6/settings").status_code == 200


@pytest.mark.parametrize("version", [6, 24])
def test_an_unknown_key_has_rudders_texts(server: Server, version: int) -> None:
    read = server.get(f"/api/{version}/settings/nope").get_json()
    written = server.post(f"/api/{version}/settings/nope", json={"value": 1})

    end = "cause was: Unexpected: 'nope' is not a valid settings key"
    assert (read["id"], read["errorDetails"]) == ("nope", f"Could not get parameter 'nope'; {end}")
    assert written.status_code == 500
    assert written.get_json()["errorDetails"] == f"Could not modify parameter 'nope'; {end}"


def test_an_unknown_key_is_404_in_25(server: Server) -> None:
    for answer in (server.get("/api/25/settings/nope"), server.post("/api/25/settings/nope", json={"value": 1})):
        assert answer.status_code == 404
        assert answer.get_json()["errorDetails"] == "Setting 'nope' does not exist; GET /settings lists those that do"


@pytest.mark.parametrize("version", [6, 24])
def test_no_value_and_two_values_have_rudders_texts(server: Server, version: int) -> None:
    path = f"/api/{version}/settings/splay_time"

    none = server.post(path, data={"other": "1"})
    two = server.post(path, data={"value": ["1", "2"]})

    assert none.status_code == two.status_code == 500
    assert none.get_json()["errorDetails"] == "No value defined in request"
    assert two.get_json()["errorDetails"] == "Too much values defined, only need one"
    assert stored(server, "splay_time") is None


def test_no_value_is_400_in_25(server: Server) -> None:
    answer = server.post("/api/25/settings/splay_time", json={})

    assert (answer.status_code, list(answer.get_json()["errors"])) == (400, ["value"])


@pytest.mark.parametrize(
    ("key", "sent", "kept"),
    [
        ("splay_time", "2", 2),
        ("enable_change_request", "true", True),
        ("enable_change_request", "False", False),
        ("change_message_prompt", "Why?", "Why?"),
        ("send_metrics", "true", "complete"),
        ("rudder_generation_policy", "onlyManualGeneration", "onlyManual"),
        ("node_onaccept_default_state", "whatever", "enabled"),
        ("rudder_generation_delay", "5 minutes", "5 minutes"),
    ],
)
def test_a_form_s_text_becomes_the_type_of_the_setting(server: Server, key: str, sent: str, kept: Any) -> None:
    answer = server.post(f"/api/24/settings/{key}", data={"value": sent})

    assert answer.get_json()["data"]["settings"] == {key: kept}
    assert server.get("/api/24/settings").get_json()["data"]["settings"][key] == kept


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("enable_change_request", "perhaps", "Setting 'enable_change_request' cannot be 'perhaps'; use true or false"),
        ("enable_change_request", 1, "Setting 'enable_change_request' cannot be '1'; use true or false"),
        ("global_policy_mode", "off", "Setting 'global_policy_mode' cannot be 'off'; use one of: enforce, audit"),
        ("first_run_hour", 24, "Setting 'first_run_hour' cannot be '24'; use an integer from 0 to 23"),
        ("first_run_hour", 1.5, "Setting 'first_run_hour' cannot be '1.5'; use an integer from 0 to 23"),
        ("first_run_hour", True, "Setting 'first_run_hour' cannot be 'true'; use an integer from 0 to 23"),
        (
            "change_message_prompt",
            ["a"],
            "Setting 'change_message_prompt' cannot be '[\"a\"]'; use a text of at most 10000 characters",
        ),
    ],
)
def test_a_bad_value_names_the_key_the_value_and_what_is_allowed(
    server: Server, key: str, value: Any, text: str
) -> None:
    before = seq_of(server)

    new = server.post(f"/api/25/settings/{key}", json={"value": value})
    old = server.post(f"/api/24/settings/{key}", json={"value": value})

    assert (new.status_code, new.get_json()["errorDetails"], new.get_json()["errors"]) == (400, text, {"value": [text]})
    assert old.status_code == 500
    assert old.get_json()["errorDetails"] == f"Could not modify parameter '{key}'; cause was: Unexpected: {text}"
    assert (seq_of(server), stored(server, key)) == (before, None)


def test_several_bad_values_are_all_named_and_none_is_written(server: Server) -> None:
    answer = server.post("/api/25/settings", json={"splay_time": "x", "run_frequency": 0, "first_run_hour": 3})

    assert answer.status_code == 400
    assert sorted(answer.get_json()["errors"]) == ["run_frequency", "splay_time"]
    assert stored(server, "first_run_hour") is None


def test_unknown_keys_among_several_are_ignored_up_to_24_and_refused_in_25(server: Server) -> None:
    old = server.post("/api/24/settings", json={"splay_time": 1, "nope": 1})
    new = server.post("/api/25/settings", json={"splay_time": 2, "nope": 1})

    assert old.get_json()["data"]["settings"] == {"splay_time": 1}
    assert (new.status_code, list(new.get_json()["errors"])) == (400, ["nope"])
    assert stored(server, "splay_time") == {"id": "splay_time", "value": 1}


def test_a_setting_at_an_earlier_moment_is_its_default_then(server: Server) -> None:
    before = seq_of(server)
    server.post("/api/24/settings/splay_time", json={"value": 1})
    server.post("/api/24/settings/splay_time", json={"value": 2})

    def at(seq: int) -> Any:
        return server.get(f"/api/25/settings/splay_time?at=seq:{seq}").get_json()["data"]["settings"]["splay_time"]

    assert [at(before), at(before + 1), at(before + 2)] == [4, 1, 2]
    assert server.get(f"/api/25/settings?at=seq:{before}").get_json()["data"]["settings"]["splay_time"] == 4


def test_if_match_on_a_setting_that_was_never_set_is_refused(server: Server) -> None:
    answer = server.post("/api/25/settings/splay_time", json={"value": 1}, headers={"If-Match": '"1"'})

    assert answer.status_code == 412
    assert stored(server, "splay_time") is None


def test_if_match_takes_the_revision_that_the_answer_named(server: Server) -> None:
    etag = server.post("/api/25/settings/splay_time", json={"value": 1}).headers["ETag"]

    first = server.post("/api/25/settings/splay_time", json={"value": 2}, headers={"If-Match": etag})
    second = server.post("/api/25/settings/splay_time", json={"value": 3}, headers={"If-Match": etag})

    assert (first.status_code, second.status_code) == (200, 412)
    assert stored(server, "splay_time") == {"id": "splay_time", "value": 2}


def test_another_tenant_keeps_its_own_settings(server: Server) -> None:
    server.post("/api/24/settings/splay_time", json={"value": 1})
    token = server.account("other", tenant="public", authorization="ro")

    assert server.get("/api/24/settings/splay_time", token=token).get_json()["data"]["settings"] == {"splay_time": 4}


def test_a_read_only_token_cannot_write_a_setting(server: Server) -> None:
    token = server.account("reader", authorization="ro")

    answer = server.post("/api/24/settings/splay_time", json={"value": 1}, token=token)

    assert answer.status_code == 403
    assert answer.get_json()["errorDetails"] == (
        "Authorization error: User 'reader' is not allowed to access POST api/24/settings/{key}"
    )


def test_a_document_of_no_known_setting_cannot_be_made_below_http_either(server: Server) -> None:
    for action in ("create", "modify"):
        with pytest.raises(NotFoundError):
            submit(server.opened, Edit("setting", "nope", action, {"value": 1}))  # type: ignore[arg-type]
    with pytest.raises(InvalidError):
        submit(server.opened, Edit("setting", "splay_time", "create", {"value": "x"}))


def test_the_setting_of_the_reason_is_itself_a_write_that_needs_one(server: Server) -> None:
    server.post("/api/24/settings/mandatory_change_message", json={"value": True})

    refused = server.post("/api/24/settings/mandatory_change_message", json={"value": False})
    accepted = server.post("/api/24/settings/mandatory_change_message?reason=enough", json={"value": False})

    assert refused.status_code == 500
    assert refused.get_json()["errorDetails"] == (
        "There was an error while extracting reason message; cause was: Inconsistency: "
        "Reason field is mandatory and should be at least 5 characters long"
    )
    assert accepted.status_code == 200


def test_without_change_messages_a_reason_is_dropped_and_not_demanded(server: Server) -> None:
    server.post("/api/24/settings", json={"mandatory_change_message": True, "enable_change_message": False})

    server.post("/api/24/settings/splay_time?reason=because", json={"value": 1})

    entries = server.get("/api/25/settings/splay_time/history").get_json()["data"]["history"]
    assert entries[0]["reason"] == ""


def test_of_two_first_writes_at_once_one_creates_and_the_other_modifies(server: Server) -> None:
    edits = [Edit("setting", "splay_time", "modify", {"value": value}) for value in (1, 2)]

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(lambda edit: submit(server.opened, edit), edits))

    assert sorted(outcome.asked[0].action for outcome in outcomes) == ["create", "modify"]
    assert sorted(outcome.asked[0].shown.revision for outcome in outcomes) == [1, 2]
