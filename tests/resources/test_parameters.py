"""Global parameters over HTTP: expectations 2 to 9, their errors, and secret values."""

from typing import Any

import pytest

from app.changes.change import Edit
from app.store.documents import find_document
from tests.installations import Server, as_account, submit


def create(server: Server, *, version: int = 24, **fields: Any) -> Any:
    answer = server.put(f"/api/{version}/parameters", json=fields)
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()["data"]["parameters"][0]


def body_of(server: Server, parameter: str, tenant: str = "default") -> str | None:
    work = server.opened.work(as_account(tenant=tenant))
    stored = find_document(work.session, "parameter", parameter)
    work.release()
    return None if stored is None else stored.body


def head_of(server: Server) -> tuple[str | None, int]:
    work = server.opened.work(as_account())
    head = work.session.head()
    work.release()
    return head.commit, head.seq


def test_an_existing_parameter_is_shown_as_rudder_shows_it(server: Server) -> None:
    create(server, id="ntp_pool", value="pool.example", description="time")

    answer = server.get("/api/24/parameters/ntp_pool")

    assert answer.status_code == 200
    assert answer.get_json() == {
        "action": "parameterDetails",
        "id": "ntp_pool",
        "result": "success",
        "data": {"parameters": [{"id": "ntp_pool", "value": "pool.example", "description": "time"}]},
    }


@pytest.mark.parametrize("version", [2, 10, 21, 24])
def test_a_missing_parameter_has_rudders_text_and_no_id(server: Server, version: int) -> None:
    answer = server.get(f"/api/{version}/parameters/nope")

    assert answer.status_code == 500
    assert answer.get_json() == {
        "action": "parameterDetails",
        "result": "error",
        "errorDetails": "Could not find Parameter nope",
    }


def test_a_missing_parameter_is_404_in_25(server: Server) -> None:
    answer = server.get("/api/25/parameters/nope")

    assert answer.status_code == 404
    assert answer.get_json()["errorDetails"].startswith("Parameter 'nope' was not found")


def test_the_list_is_sorted_without_id_and_without_hidden_ones(server: Server) -> None:
    create(server, id="b", value="2")
    create(server, id="a", value="1")
    submit(server.opened, Edit("parameter", "aa-hidden", "create", {"value": "x", "hidden": True}))

    answer = server.get("/api/24/parameters").get_json()

    assert answer["action"] == "listParameters"
    assert "id" not in answer
    assert [one["id"] for one in answer["data"]["parameters"]] == ["a", "b"]


def test_a_hidden_parameter_is_read_by_its_name_but_in_no_page(server: Server) -> None:
    for number in range(5):
        submit(server.opened, Edit("parameter", f"h{number}", "create", {"hidden": True}))
    create(server, id="a")
    create(server, id="z")

    first = server.get("/api/25/parameters?limit=1").get_json()
    second = server.get(f"/api/25/parameters?limit=1&cursor={first['meta']['next']}").get_json()

    assert [one["id"] for one in (*first["data"]["parameters"], *second["data"]["parameters"])] == ["a", "z"]
    assert "next" not in second["meta"]
    assert server.get("/api/24/parameters/h0").status_code == 200


def test_a_value_may_be_any_json_with_sorted_keys_and_doubles(server: Server) -> None:
    answer = server.put(
        "/api/24/parameters",
        data='{"id":"limits","description":"d","value":{"z":1,"a":2,"ratio":0.333333333333333333}}',
        content_type="application/json",
    ).get_json()

    value = answer["data"]["parameters"][0]["value"]
    assert (answer["action"], answer["id"]) == ("createParameter", "limits")
    assert list(value) == ["a", "ratio", "z"]
    assert value["ratio"] == 0.3333333333333333


def test_a_form_s_json_text_is_the_object_and_other_text_stays_text(server: Server) -> None:
    server.put("/api/24/parameters", data={"id": "opts", "value": '{"debug":true}'})
    server.put("/api/24/parameters", data={"id": "text", "value": "12"})
    server.put("/api/24/parameters?id=url&value=x%20y")

    assert server.get("/api/24/parameters/opts").get_json()["data"]["parameters"][0]["value"] == {"debug": True}
    assert server.get("/api/24/parameters/text").get_json()["data"]["parameters"][0]["value"] == "12"
    assert server.get("/api/24/parameters/url").get_json()["data"]["parameters"][0]["value"] == "x y"


def test_an_update_changes_what_was_given_and_shows_the_inheritance(server: Server) -> None:
    create(server, id="limits", value={"a": 1}, description="d")

    answer = server.post("/api/24/parameters/limits", json={"description": "n", "value": "plain", "inheritMode": "map"})

    assert answer.status_code == 200
    assert answer.get_json() == {
        "action": "updateParameter",
        "id": "limits",
        "result": "success",
        "data": {"parameters": [{"id": "limits", "value": "plain", "description": "n", "inheritMode": "map"}]},
    }


@pytest.mark.parametrize("version", [24, 25])
def test_provider_and_overridable_are_accepted_and_change_nothing(server: Server, version: int) -> None:
    create(server, id="limits", value="v")
    before = head_of(server), body_of(server, "limits")

    answer = server.post(f"/api/{version}/parameters/limits", json={"provider": "system", "overridable": False})

    assert answer.status_code == 200
    assert "provider" not in answer.get_json()["data"]["parameters"][0] or version == 25
    assert (head_of(server), body_of(server, "limits")) == before


def test_a_deletion_shows_the_deleted_parameter(server: Server) -> None:
    create(server, id="limits", value="v", description="d")

    answer = server.delete("/api/24/parameters/limits").get_json()

    assert answer == {
        "action": "deleteParameter",
        "id": "limits",
        "result": "success",
        "data": {"parameters": [{"id": "limits", "value": "v", "description": "d"}]},
    }
    assert body_of(server, "limits") is None


@pytest.mark.parametrize(
    ("version", "status", "text"),
    [
        (10, 500, "Could not delete Parameter nope cause is: Could not find Parameter nope."),
        (24, 200, None),
        (25, 404, "Parameter 'nope' was not found; GET /parameters lists those that exist"),
    ],
)
def test_deleting_a_missing_parameter_follows_the_version(
    server: Server, version: int, status: int, text: str | None
) -> None:
    answer = server.delete(f"/api/{version}/parameters/nope")

    assert answer.status_code == status
    assert answer.get_json().get("errorDetails") == text


@pytest.mark.parametrize(("version", "status"), [(24, 500), (25, 404)])
def test_updating_a_missing_parameter_has_a_text_of_its_own(server: Server, version: int, status: int) -> None:
    answer = server.post(f"/api/{version}/parameters/nope", json={"value": "v"})

    assert answer.status_code == status
    if version == 24:
        assert answer.get_json() == {
            "action": "updateParameter",
            "result": "error",
            "errorDetails": "Could not find Parameter 'nope''",
        }


@pytest.mark.parametrize(
    ("fields", "status", "field"),
    [
        ({"value": "v"}, 400, "id"),
        ({"id": "{autogenerated}", "value": "v"}, 400, "id"),
        ({"id": "a", "inheritMode": "xyz"}, 400, "inheritMode"),
        ({"id": "a", "description": 7}, 400, "description"),
        ({"id": "a", "valeu": "v"}, 400, "valeu"),
        ({"id": "a", "secret": "perhaps"}, 400, "secret"),
        ({"id": "a", "value": {"x": {"$secret": "0" * 64}}}, 400, "value/x"),
        ({"id": "a", "secret": True, "value": {"$secret": "0" * 64}}, 400, "value"),
        ({"id": "taken"}, 409, None),
    ],
)
def test_a_refused_creation_names_the_field_and_changes_nothing(
    server: Server, fields: dict[str, Any], status: int, field: str | None
) -> None:
    create(server, id="taken")
    before = head_of(server)

    answer = server.put("/api/25/parameters", json=fields)

    assert answer.status_code == status, answer.get_json()
    assert field is None or field in answer.get_json()["errors"]
    assert head_of(server) == before
    assert body_of(server, "a") is None


@pytest.mark.parametrize("name", ["a/b", "..", "a b", "x" * 300, "nul\0"])
def test_an_id_that_is_no_name_is_refused(server: Server, name: str) -> None:
    before = head_of(server)

    assert server.put("/api/25/parameters", json={"id": name}).status_code == 400
    assert server.put("/api/24/parameters", json={"id": name}).status_code == 500
    assert head_of(server) == before


def test_a_duplicate_has_rudders_text(server: Server) -> None:
    create(server, id="taken")

    answer = server.put("/api/24/parameters", json={"id": "taken"})

    assert answer.status_code == 500
    assert answer.get_json()["errorDetails"] == "Cannot create a new Parameter with id 'taken' already exists"


def test_25_shows_the_whole_stored_body(server: Server) -> None:
    shown = create(server, version=25, id="p", value=1)

    times = {name: shown.pop(name) for name in ("createdAt", "updatedAt")}
    assert all(time.endswith("Z") for time in times.values())
    assert shown == {
        "id": "p",
        "value": 1,
        "description": "",
        "inheritMode": None,
        "provider": None,
        "security": None,
        "secret": False,
        "hidden": False,
        "revision": 1,
    }


def test_what_25_shows_can_be_posted_back(server: Server) -> None:
    shown = create(server, version=25, id="p", value=[1], inheritMode="opa")
    before = head_of(server)

    answer = server.post("/api/25/parameters/p", json=shown)

    assert (answer.status_code, head_of(server)) == (200, before)


def test_the_default_inheritance_is_stored_as_none(server: Server) -> None:
    assert create(server, version=25, id="p", inheritMode="moo")["inheritMode"] is None


def test_a_stale_if_match_is_refused(server: Server) -> None:
    create(server, id="p", value="1")
    server.post("/api/25/parameters/p", json={"value": "2"}, headers={"If-Match": '"1"'})
    before = head_of(server)

    answer = server.post("/api/25/parameters/p", json={"value": "3"}, headers={"If-Match": '"1"'})

    assert answer.status_code == 412
    assert (head_of(server), body_of(server, "p")) == (before, body_of(server, "p"))


def test_another_tenant_sees_nothing_of_a_parameter(server: Server) -> None:
    create(server, id="p", value="mine")
    token = server.account("other", tenant="public", authorization="ro")

    assert server.get("/api/24/parameters/p", token=token).get_json()["errorDetails"] == "Could not find Parameter p"
    assert server.get("/api/25/parameters", token=token).get_json()["data"]["parameters"] == []


# secret values


def test_a_secret_value_is_shown_as_its_tag_only_in_every_answer(server: Server) -> None:
    shown = create(server, version=25, id="pw", value="s3cret-value", secret=True)

    assert list(shown["value"]) == ["$secret"]
    for path in ("25/parameters/pw", "25/parameters", "24/parameters/pw", "10/parameters", "25/parameters/pw/history"):
        text = server.get(f"/api/{path}").get_data(as_text=True)
        assert shown["value"]["$secret"] in text
        assert "s3cret-value" not in text


def test_a_posted_back_tag_leaves_the_secret_as_it_is(server: Server) -> None:
    shown = create(server, version=25, id="pw", value={"user": "x"}, secret=True)
    before = body_of(server, "pw")

    for version in (24, 25):
        answer = server.post(f"/api/{version}/parameters/pw", json={"id": "pw", "value": shown["value"]})
        assert answer.status_code == 200
    assert body_of(server, "pw") == before


def test_a_new_value_has_another_tag_and_the_same_value_the_same(server: Server) -> None:
    first = create(server, version=25, id="pw", value="one", secret=True)["value"]

    second = server.post("/api/25/parameters/pw", json={"value": "two"}).get_json()["data"]["parameters"][0]["value"]
    third = server.post("/api/24/parameters/pw", json={"value": "one"}).get_json()["data"]["parameters"][0]["value"]

    assert second != first
    assert third == first


def test_a_parameter_made_secret_later_has_its_value_sealed(server: Server) -> None:
    create(server, id="pw", value="plain")

    shown = server.post("/api/25/parameters/pw", json={"secret": True}).get_json()["data"]["parameters"][0]

    assert list(shown["value"]) == ["$secret"]
    assert "plain" not in (body_of(server, "pw") or "")


def test_a_secret_becomes_public_only_with_a_value(server: Server) -> None:
    create(server, version=25, id="pw", value="x", secret=True)
    before = body_of(server, "pw")

    refused = server.post("/api/25/parameters/pw", json={"secret": False})
    unchanged = body_of(server, "pw")
    accepted = server.post("/api/25/parameters/pw", json={"secret": False, "value": "open"})

    assert refused.status_code == 400
    assert list(refused.get_json()["errors"]) == ["value"]
    assert unchanged == before
    assert accepted.get_json()["data"]["parameters"][0]["value"] == "open"


def test_a_mandatory_reason_is_demanded_in_both_eras(server: Server) -> None:
    server.post("/api/24/settings/mandatory_change_message", json={"value": True})
    before = head_of(server)

    old = server.put("/api/24/parameters", json={"id": "p"})
    short = server.put("/api/24/parameters?reason=abc", json={"id": "p"})
    new = server.put("/api/25/parameters", json={"id": "p"})

    hint = "There was an error while extracting reason message; cause was: Inconsistency: "
    assert old.status_code == short.status_code == 500
    assert old.get_json()["errorDetails"] == f"{hint}Reason field is mandatory and should be at least 5 characters long"
    assert short.get_json()["errorDetails"] == f"{hint}Reason field should be at least 5 characters long"
    assert new.status_code == 400
    assert list(new.get_json()["errors"]) == ["reason"]
    assert head_of(server) == before
    assert server.put("/api/24/parameters?reason=because", json={"id": "p"}).status_code == 200
