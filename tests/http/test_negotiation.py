"""Which version a request means, in every form."""

import pytest

from app.http.versions import WRONG_VERSION
from tests.http.conftest import Caller


def category_name(body: dict[str, object]) -> set[str]:
    return {"category", "categoryId"} & set(body["data"]["lamps"][0])  # type: ignore[index]


@pytest.mark.parametrize("prefix", ["", "/rudder"])
@pytest.mark.parametrize(
    ("path", "header", "name"),
    [
        ("/api/21/lamps/l-1", None, "category"),
        ("/api/24/lamps/l-1", None, "categoryId"),
        ("/api/latest/lamps/l-1", None, "categoryId"),
        ("/api/lamps/l-1", None, "categoryId"),
        ("/api/lamps/l-1", "21", "category"),
        ("/api/lamps/l-1", "latest", "categoryId"),
        ("/api/21/lamps/l-1", "24", "category"),
        ("/api/21/lamps/l-1", "latest", "category"),
        ("/api/21/lamps/l-1", "3.14", "category"),
        ("/api/25/lamps/l-1", "25", "categoryId"),
        ("/api/25/lamps/l-1", "3.14", "categoryId"),
    ],
)
@pytest.mark.usefixtures("lamp")
def test_a_version_is_chosen_by_url_or_header(
    call: Caller, prefix: str, path: str, header: str | None, name: str
) -> None:
    answer = call("GET", prefix + path, headers={} if header is None else {"x-api-version": header})

    assert answer.status_code == 200
    assert category_name(answer.json) == {name}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "path", ["/api/3.14/lamps", "/api/foo/lamps", "/api/99/lamps", "/api/1/lamps", "/api/025/lamps"]
)
def test_a_wrong_version_in_the_url_is_404_before_any_credential(call: Caller, path: str) -> None:
    answer = call.using(None)("GET", path)

    assert answer.status_code == 404
    assert answer.json is not None
    assert answer.json["result"] == "error"


@pytest.mark.parametrize("header", ["3.14", "1", "26", "foo", "", "999999999999999999"])
def test_a_wrong_version_in_the_header_is_400_and_lists_the_versions(call: Caller, header: str) -> None:
    answer = call.using(None)("GET", "/api/lamps", headers={"X-API-Version": header})

    assert answer.status_code == 400
    assert answer.json == {"action": "lamps", "result": "error", "errorDetails": WRONG_VERSION, "errors": {}}
    assert WRONG_VERSION.startswith("Version used does not exists, please use one of the following: [ latest, 2, 3, ")


@pytest.mark.usefixtures("lamp")
def test_two_different_versions_are_refused_in_25(call: Caller) -> None:
    answer = call("GET", "/api/25/lamps/l-1", headers={"X-API-Version": "24"})

    assert answer.status_code == 400


@pytest.mark.parametrize(
    "path", ["/api/5/lamps/categories/l-1", "/api/5/nowhere", "/api/25/nowhere", "/api/25", "/api/25/"]
)
@pytest.mark.usefixtures("lamp")
def test_what_a_version_does_not_have_is_404(call: Caller, path: str) -> None:
    answer = call("GET", path)

    assert answer.status_code == 404
    assert answer.json is not None
    assert answer.json["result"] == "error"


def test_an_endpoint_newer_than_the_version_in_the_header_is_404(call: Caller) -> None:
    assert call("GET", "/api/lamps/categories/x", headers={"X-API-Version": "5"}).status_code == 404


def test_one_path_can_be_two_endpoints_in_different_versions(call: Caller) -> None:
    assert call("GET", "/api/24/people").json == {
        "action": "listPeople",
        "result": "success",
        "data": [{"username": "ann"}],
    }
    assert call("GET", "/api/25/people").json == {
        "action": "listOurPeople",
        "result": "success",
        "data": {"people": [{"id": "ann"}]},
    }


@pytest.mark.usefixtures("lamp")
def test_a_trailing_slash_is_tolerated_up_to_24_only(call: Caller) -> None:
    assert call("GET", "/api/24/lamps/l-1/").status_code == 200
    assert call("GET", "/api/25/lamps/l-1/").status_code == 404


@pytest.mark.usefixtures("lamp")
def test_a_second_question_mark_means_and(call: Caller) -> None:
    answer = call("GET", "/api/24/lamps?include=minimal?prettify=true")

    assert answer.text.startswith('{\n  "action" : "listLamps"')


@pytest.mark.usefixtures("lamp")
def test_raw_json_characters_in_the_query_are_read(call: Caller) -> None:
    answer = call("POST", "/api/25/lamps/l-1", query_string='targets=[{"include":{"or":["a"]}}]')

    assert answer.json is not None
    assert answer.json["data"]["lamps"][0]["targets"] == [{"include": {"or": ["a"]}}]


@pytest.mark.usefixtures("lamp")
def test_deprecated_versions_say_so(call: Caller) -> None:
    old, current = call("GET", "/api/20/lamps"), call("GET", "/api/21/lamps")

    assert old.headers["Deprecation"].startswith("@")
    assert old.headers["Sunset"].endswith("GMT")
    assert "Deprecation" not in current.headers


def test_the_status_needs_no_credential(call: Caller) -> None:
    for path in ("/api/status", "/rudder/api/status", "/api/latest/status"):
        answer = call.using(None)("GET", path)

        assert (answer.status_code, answer.text, answer.mimetype) == (200, "OK\n", "text/plain")
