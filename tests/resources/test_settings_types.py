"""Type-exact round trips of every setting: by JSON, form and query, one and many at a time, in both eras."""

import json
from typing import Any

import pytest

from tests.installations import Server
from tests.resources.setting_samples import SAMPLES

VERSIONS = (6, 10, 24, 25)
OTHER = {key: other for key, (_, other) in SAMPLES.items()}
OURS: dict[str, Any] = {
    "supervised_targets": {"allBut": []},
    "validated_users": [],
    "instance_capacity_check": "warn",
    "instance_cpu_limit_per_user": 0,
    "instance_limit_per_user": 0,
    "instance_memory_limit_per_user": 0,
    "instance_port_check": "warn",
    # What clients at root level keep with us.
    "commandPrefix": "/",
    "currencyName": "Coins",
    "developerMode": False,
    "discordRoleSyncEnabled": False,
    "discordRoleSyncPreferDiscord": False,
    "domainName": "",
    "economyEnabled": False,
    "messagePrefix": "",
    "serverChatName": "Sternpost",
}


def rudders(server: Server, version: int) -> dict[str, Any]:
    """Read the settings that Rudder has."""
    shown = server.get(f"/api/{version}/settings").get_json()["data"]["settings"]
    return {key: value for key, value in shown.items() if key not in OURS}


def text_of(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def as_json(values: dict[str, Any]) -> dict[str, Any]:
    return {"json": values}


def as_form(values: dict[str, Any]) -> dict[str, Any]:
    return {"data": {name: text_of(value) for name, value in values.items()}}


def as_query(values: dict[str, Any]) -> dict[str, Any]:
    return {"query_string": {name: text_of(value) for name, value in values.items()}}


WAYS = pytest.mark.parametrize("way", [as_json, as_form, as_query])


def types(value: Any) -> Any:
    """The value with the types that `==` is blind for: 1 and true are not the same setting."""
    return json.dumps(value)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_setting_begins_with_the_default_of_the_contract(server: Server, version: int) -> None:
    settings = server.get(f"/api/{version}/settings").get_json()["data"]["settings"]

    ours = {key: settings.pop(key) for key in OURS if key in settings}
    assert types(settings) == types({key: default for key, (default, _) in SAMPLES.items()})
    assert len(settings) == 37
    assert ours == (OURS if version == 25 else {})


@WAYS
@pytest.mark.parametrize("version", VERSIONS)
def test_each_setting_comes_back_as_it_was_sent(server: Server, version: int, way: Any) -> None:
    # The workflow comes last: once it is on, changes of what protects wait for a review.
    for key, value in sorted(OTHER.items(), key=lambda item: item[0] == "enable_change_request"):
        # In the form and query the reason is a parameter beside the value; some settings make it mandatory.
        sent = way({"value": value})
        query = {**sent.pop("query_string", {}), "reason": "round trip"}
        answer = server.post(f"/api/{version}/settings/{key}", query_string=query, **sent)

        assert answer.get_json() == {
            "action": "modifySetting",
            "id": key,
            "result": "success",
            "data": {"settings": {key: value}},
        }
        assert types(answer.get_json()["data"]["settings"][key]) == types(value)

    assert types(rudders(server, version)) == types(OTHER)


@WAYS
@pytest.mark.parametrize("version", VERSIONS)
def test_all_settings_at_once_come_back_as_they_were_sent(server: Server, version: int, way: Any) -> None:
    answer = server.post(f"/api/{version}/settings", **way(OTHER))

    assert answer.status_code == 200, answer.text
    assert answer.get_json()["data"] == {"settings": OTHER}
    assert types(rudders(server, version)) == types(OTHER)


@pytest.mark.parametrize("version", [24, 25])
def test_all_settings_as_they_were_read_are_accepted_back(server: Server, version: int) -> None:
    read = server.get(f"/api/{version}/settings").get_json()["data"]["settings"]

    answer = server.post(f"/api/{version}/settings", json=read)

    assert (answer.status_code, answer.get_json()["data"]["settings"]) == (200, read)


@pytest.mark.parametrize(
    ("key", "sent", "kept"),
    [
        ("rudder_generation_policy", "allGeneration", "all"),
        ("rudder_generation_policy", "manual", "onlyManual"),
        ("rudder_generation_policy", "onlyManualGeneration", "onlyManual"),
        ("rudder_generation_policy", "noGeneration", "none"),
        ("send_metrics", True, "complete"),
        ("send_metrics", False, "no"),
        ("send_metrics", "true", "complete"),
        ("send_metrics", "false", "no"),
        ("node_onaccept_default_state", "initializing", "initializing"),
        ("run_frequency", "15", 15),
        ("enable_validate_all", "TRUE", True),
    ],
)
@pytest.mark.parametrize("version", [6, 24, 25])
def test_another_spelling_is_stored_as_what_it_means(
    server: Server, version: int, key: str, sent: Any, kept: Any
) -> None:
    answer = server.post(f"/api/{version}/settings/{key}", json={"value": sent})

    assert types(answer.get_json()["data"]["settings"]) == types({key: kept})


def test_an_unknown_node_state_means_enabled_up_to_24_and_is_refused_in_25(server: Server) -> None:
    path = "settings/node_onaccept_default_state"
    server.post(f"/api/24/{path}", json={"value": "ignored"})

    new = server.post(f"/api/25/{path}", json={"value": "igored"})
    kept = server.get(f"/api/25/{path}").get_json()["data"]["settings"]
    old = server.post(f"/api/24/{path}", json={"value": "igored"})

    assert new.status_code == 400
    assert new.get_json()["errorDetails"] == (
        "Setting 'node_onaccept_default_state' cannot be 'igored'; "
        "use one of: enabled, ignored, empty-policies, initializing, preparing-eol"
    )
    assert kept == {"node_onaccept_default_state": "ignored"}
    assert old.get_json()["data"]["settings"] == {"node_onaccept_default_state": "enabled"}


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("enable_javascript_directives", "on", "one of: enabled, disabled"),
        ("reporting_mode", "none", "one of: full-compliance, changes-only, reports-disabled"),
        ("relay_server_synchronization_method", "scp", "one of: classic, rsync, disabled"),
        ("rudder_generation_policy", "sometimes", "one of: all, onlyManual, none"),
        ("send_metrics", "maybe", "one of: not_defined, no, minimal, complete"),
        ("rudder_generation_delay", "soon", "a duration such as '0 seconds' or '5 minutes'"),
        ("run_frequency", 0, "an integer from 1 to 2147483647"),
        ("splay_time", -1, "an integer from 0 to 2147483647"),
        ("first_run_minute", 60, "an integer from 0 to 59"),
        ("modified_file_ttl", "thirty", "an integer from 0 to 2147483647"),
        ("node_onaccept_default_state", 7, "one of: enabled, ignored, empty-policies, initializing, preparing-eol"),
    ],
)
def test_a_bad_value_says_what_is_allowed_and_changes_nothing(
    server: Server, key: str, value: Any, allowed: str
) -> None:
    text = f"Setting '{key}' cannot be '{value}'; use {allowed}"
    before = server.get("/api/25/settings").get_json()

    new = server.post(f"/api/25/settings/{key}", json={"value": value})
    old = server.post(f"/api/24/settings/{key}", json={"value": value})
    many = server.post("/api/24/settings", json={key: value, "output_file_ttl": 11})

    assert (new.status_code, new.get_json()["errorDetails"]) == (400, text)
    assert (old.status_code, old.get_json()["id"]) == (500, key)
    assert old.get_json()["errorDetails"] == f"Could not modify parameter '{key}'; cause was: Unexpected: {text}"
    assert many.status_code == 500
    assert server.get("/api/25/settings").get_json() == before
