"""The numbered facts of the search contract, over directives: name = displayName, note = a tag, rank = priority."""

from typing import Any

import pytest

from app.changes.change import Edit
from app.core.clock import parse_rfc3339
from app.core.context import Context
from tests.installations import Server, as_account, found_tenant, submit
from tests.statements import ON_SQLITE, statements_of

NAMES = {"John Doe": "d-0", "JOHNNY": "d-1", "jane": "d-2", "50% off": "d-3", "plain": "d-4"}
ROWS = (
    ("d-0", "John Doe", "n1", 1, True),
    ("d-1", "JOHNNY", "n2", 2, False),
    ("d-2", "jane", None, 3, True),
    ("d-3", "50% off", "x_y", 4, False),
    ("d-4", "plain", "xzy", 0, True),
)


def directive(document_id: str, name: str, note: str | None, rank: int, active: bool) -> Edit:  # noqa: FBT001  a row
    fields = {
        "displayName": name,
        "techniqueName": "packageManagement",
        "techniqueVersion": "1.0",
        "parameters": {
            "section": {
                "name": "sections",
                "sections": [
                    {"section": {"name": "Package", "vars": [{"var": {"name": "PACKAGE_LIST", "value": "htop"}}]}}
                ],
            }
        },
        "tags": [] if note is None else [{"note": note}],
        "priority": rank,
        "enabled": active,
    }
    return Edit("directive", document_id, "create", fields)


@pytest.fixture
def rows(server: Server) -> Server:
    submit(server.opened, *(directive(*row) for row in ROWS))
    found_tenant(server.opened, "other")
    submit(server.opened, directive("d-0", "John Doe", "n1", 1, True), ctx=as_account(tenant="other"))
    return server


@pytest.fixture
def limited(server: Server) -> Server:
    """Parameters of which half have a mode, and one that is hidden."""
    modes = {"v-1": "opa", "v-2": "opb", "v-3": "opa"}
    submit(
        server.opened,
        *(Edit("parameter", one, "create", {"value": "x"}) for one in ("u-3", "u-1", "u-2")),
        *(Edit("parameter", one, "create", {"value": "x", "inheritMode": mode}) for one, mode in modes.items()),
        Edit("parameter", "kept", "create", {"value": "x", "inheritMode": "opa", "hidden": True}),
        ctx=Context.system("default", "test"),
    )
    return server


def ask(
    server: Server, body: Any = None, *, path: str = "directives", status: int = 200, **more: Any
) -> dict[str, Any]:
    sent: dict[str, Any] = {} if body is None else {"json": body}
    answer = server.post(f"/api/25/{path}/search", **sent, **more)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json
    return found


def names(found: dict[str, Any]) -> list[str]:
    return [one["displayName"] for one in found["data"]]


def code(found: dict[str, Any]) -> str:
    assert found["data"] is None
    assert found["result"] == "error"
    assert set(found["meta"]["error"]) == {"code", "message", "details"}
    return str(found["meta"]["error"]["code"])


def constraints(found: dict[str, Any]) -> set[str]:
    details = found["meta"]["error"]["details"]
    inner = [child for one in details for child in one.get("children", [one])]
    return {name for one in inner for name in one["constraints"]}


def test_fact_1_an_empty_search_and_none_find_everything(rows: Server) -> None:
    for found in (ask(rows, {}), ask(rows)):
        assert found["action"] == "searchDirectives"
        meta = found["meta"]
        assert (meta["total"], meta["page"], meta["limit"], len(found["data"])) == (5, 1, 100, 5)
        assert meta["serverTime"].endswith("Z")
        assert parse_rfc3339(meta["serverTime"])


FOUND = {
    "2 values of a key are alternatives": ({"filters": {"displayName": ["John Doe", "jane"]}}, ["John Doe", "jane"]),
    "3 keys hold together": (
        {"filters": {"displayName": ["John Doe", "jane"], "enabled": [True], "priority": [1]}},
        ["John Doe"],
    ),
    "4 a filter looks at case": ({"filters": {"displayName": ["john doe"]}}, []),
    "5 a search does not": ({"search": {"displayName": ["john"]}}, ["John Doe", "JOHNNY"]),
    "6 values of a search are alternatives": ({"search": {"displayName": ["JOHNNY", "jane"]}}, ["JOHNNY", "jane"]),
    "7 keys of a search are too": ({"search": {"displayName": ["jane"], "tags": ["n1"]}}, ["John Doe", "jane"]),
    "8 a bare boolean is taken": (
        {"filters": {"enabled": True}, "search": {"displayName": ["j"]}},
        ["John Doe", "jane"],
    ),
    "9 the text null means unset": ({"filters": {"tags": ["null"]}}, ["jane"]),
    "9 so does null": ({"filters": {"tags": [None]}}, ["jane"]),
    "9 beside other values": ({"filters": {"tags": ["null", "note:n1"]}}, ["John Doe", "jane"]),
    "10 no values restrict nothing": ({"filters": {"displayName": []}}, list(NAMES)),
    "10 null restricts nothing": ({"filters": {"displayName": None}}, list(NAMES)),
    "10 nor do null filters": ({"filters": None}, list(NAMES)),
    "12 false is a value": ({"filters": {"enabled": [False]}}, ["JOHNNY", "50% off"]),
    "12 bare false too": ({"filters": {"enabled": False}}, ["JOHNNY", "50% off"]),
    "12 both are everything": ({"filters": {"enabled": [True, False]}}, list(NAMES)),
    "13 zero is a value": ({"filters": {"priority": [0]}}, ["plain"]),
    "13 beside one": ({"filters": {"priority": [0, 1]}}, ["John Doe", "plain"]),
    "15 an unknown id finds nothing": ({"filters": {"id": ["nope"]}}, []),
    "17 a bare date is midnight": ({"greaterThan": {"createdAt": "2020-01-01"}}, list(NAMES)),
    "17 a bound of zero counts": ({"lessThan": {"priority": 0}}, ["plain"]),
    "18 sorting": (
        {"sortBy": "priority", "sortDirection": "desc"},
        ["50% off", "jane", "JOHNNY", "John Doe", "plain"],
    ),
    "20 the first page": ({"sortBy": "priority", "limit": 2}, ["plain", "John Doe"]),
    "20 the second": ({"sortBy": "priority", "limit": 2, "page": 2}, ["JOHNNY", "jane"]),
    "20 the third": ({"sortBy": "priority", "limit": 2, "page": 3}, ["50% off"]),
    "22 the largest limit": ({"limit": 1000}, list(NAMES)),
    "27 a percent sign is no wildcard": ({"search": {"displayName": ["%"]}}, ["50% off"]),
    "27 an underscore neither": ({"search": {"tags": ["x_y"]}}, ["50% off"]),
    "27 a backslash finds a backslash": ({"search": {"displayName": ["\\"]}}, []),
}


@pytest.mark.parametrize("fact", FOUND)
def test_fact(rows: Server, fact: str) -> None:
    body, expected = FOUND[fact]

    assert names(ask(rows, body)) == expected


def test_fact_11_a_single_value_is_told_to_be_an_array(rows: Server) -> None:
    found = ask(rows, {"filters": {"displayName": "jane"}}, status=400)

    assert code(found) == "BadRequestError"
    assert "array" in found["meta"]["error"]["message"]


@pytest.mark.parametrize(
    "body",
    [{name: {"bogus": ["x"]}} for name in ("filters", "search")]
    + [{name: {"bogus": 1}} for name in ("greaterThan", "lessThan")]
    + [{"bogus": 1}],
    ids=str,
)
def test_fact_14_unknown_keys_are_refused(rows: Server, body: Any) -> None:
    found = ask(rows, body, status=400)

    assert code(found) == "ValidationError"
    assert constraints(found) == {"whitelistValidation"}


def test_fact_16_a_time_as_read_includes_its_row_in_both_directions(rows: Server) -> None:
    time = ask(rows, {"filters": {"id": ["d-0"]}})["data"][0]["createdAt"]

    for bound in ("greaterThan", "lessThan"):
        assert "John Doe" in names(ask(rows, {bound: {"createdAt": time}}))


REFUSED = {
    "17 a word is no date": ({"greaterThan": {"createdAt": "yesterday"}}, "ValidationError", "isIso8601"),
    "19 directions are lower case": ({"sortDirection": "DESC"}, "ValidationError", "isEnum"),
    "19 an unknown sort": ({"sortBy": "bogus"}, "ValidationError", "isEnum"),
    "19 a hostile sort": ({"sortBy": "name; drop table"}, "ValidationError", "isEnum"),
    "25 an unknown path": ({"extend": ["bogus"]}, "ValidationError", "isEnum"),
    "25 an unlisted nested path": ({"extend": ["technique.rules"]}, "ValidationError", "isEnum"),
    "25 four segments": ({"extend": ["rules.groups.category.parent"]}, "ValidationError", "isEnum"),
    "25 a list in the list": ({"extend": [["rules"]]}, "ValidationError", "isEnum"),
    "25 an object in the list": ({"extend": [{}]}, "ValidationError", "isEnum"),
    "too many texts": ({"search": {"displayName": ["x"] * 101}}, "ValidationError", "arrayMaxSize"),
    "too many texts in all": (
        {"search": {"displayName": ["x"] * 60, "tags": ["x"] * 60}},
        "ValidationError",
        "arrayMaxSize",
    ),
    "25 a bare text": ({"extend": "rules"}, "ValidationError", "isEnum"),
    "2.1 numbers for texts": ({"filters": {"displayName": [1]}}, "ValidationError", "isString"),
    "2.1 texts for numbers": ({"filters": {"priority": ["1"]}}, "ValidationError", "isNumber"),
    "2.1 filters as a list": ({"filters": []}, "ValidationError", "nestedValidation"),
    "36 parameters are no key": ({"filters": {"parameters": ["x"]}}, "ValidationError", "whitelistValidation"),
}


@pytest.mark.parametrize("fact", REFUSED)
def test_refusal(rows: Server, fact: str) -> None:
    body, wanted, constraint = REFUSED[fact]
    found = ask(rows, body, status=400)

    assert code(found) == wanted
    assert constraints(found) == {constraint}


@pytest.mark.parametrize("page", [0, -1, 1.5, "1", None])
def test_fact_21_pages_are_whole_numbers_from_1(rows: Server, page: Any) -> None:
    found = ask(rows, {"page": page}, status=400)

    assert code(found) == "ValidationError"
    assert found["meta"]["error"]["message"].startswith("Invalid pagination: ")
    assert ("pages start at 1" in found["errorDetails"]) == (page == 0)


@pytest.mark.parametrize("limit", [0, 1001, "2", None, True])
def test_fact_22_limits_are_1_to_1000(rows: Server, limit: Any) -> None:
    found = ask(rows, {"limit": limit}, status=400)

    assert found["meta"]["error"]["message"] == "Invalid pagination: limit must be between 1 and 1000"


def test_fact_20_beyond_the_end_is_an_empty_page_with_the_total(rows: Server) -> None:
    for body in ({"page": 99}, {"page": 99, "filters": {"enabled": [True]}}):
        found = ask(rows, body)

        assert found["data"] == []
        assert found["meta"]["total"] == (3 if "filters" in body else 5)


def test_fact_23_page_and_limit_stand_in_the_url_and_the_body_wins(rows: Server) -> None:
    found = rows.post("/api/25/directives/search?page=2&limit=2", json={"sortBy": "priority"}).json
    over = rows.post("/api/25/directives/search?page=2&limit=2", json={"sortBy": "priority", "page": 3}).json

    assert names(found) == ["JOHNNY", "jane"]
    assert names(over) == ["50% off"]


def test_fact_24_extended_members_are_objects_lists_or_null(rows: Server) -> None:
    submit(rows.opened, Edit("rule", "r-1", "create", {"displayName": "One rule", "directives": ["d-0", "d-1"]}))

    rule = ask(rows, {"extend": ["directives", "groups", "category"]}, path="rules")["data"][0]

    assert [one["displayName"] for one in rule["directives"]] == ["John Doe", "JOHNNY"]
    assert rule["groups"] == []
    assert rule["category"]["id"] == "rootRuleCategory"
    assert ask(rows, {}, path="rules")["data"][0]["directives"] == ["d-0", "d-1"]
    assert ask(rows, {"extend": ["rules"], "filters": {"id": ["d-4"]}})["data"][0]["rules"] == []


@ON_SQLITE
def test_fact_26_statements_do_not_grow_with_rows(rows: Server) -> None:
    submit(
        rows.opened,
        *(Edit("rule", f"r-{n}", "create", {"displayName": f"Rule {n}", "directives": ["d-0"]}) for n in range(100)),
    )
    body = {"extend": ["directives.technique"]}
    ask(rows, body, path="rules")

    asked: dict[int, list[str]] = {}
    for limit in (1, 100):
        with statements_of(rows.opened.database) as asked[limit]:
            found = ask(rows, {**body, "limit": limit}, path="rules")
        assert all(rule["directives"][0]["technique"]["id"] == "packageManagement" for rule in found["data"])

    assert len(found["data"]) == 100
    assert len(asked[1]) == len(asked[100])
    assert len([text for text in asked[100] if "FROM documents" in text]) <= 4


def test_fact_28_what_is_no_json_object_is_refused(rows: Server) -> None:
    broken = rows.post("/api/25/directives/search", data="{x", content_type="application/json")
    text = rows.post("/api/25/directives/search", data="x", content_type="text/plain")

    assert broken.status_code == 400
    assert (code(broken.json), broken.json["meta"]["error"]["message"]) == ("BadRequestError", "Invalid JSON")
    for body in ([], "x"):
        assert code(ask(rows, body, status=400)) == "BadRequestError"
    assert text.status_code == 415
    assert code(text.json) == "UnsupportedMediaTypeError"


def test_fact_29_every_error_has_the_same_form(rows: Server) -> None:
    for more, status, wanted in (
        ({"json": {"page": 0}}, 400, "ValidationError"),
        ({"data": "{x", "content_type": "application/json"}, 400, "BadRequestError"),
        ({"data": "x", "content_type": "text/plain"}, 415, "UnsupportedMediaTypeError"),
        ({"json": {}, "headers": {"X-API-Token": "none"}}, 401, "UnauthorizedError"),
        ({"json": {}, "token": rows.account("no", authorization="none")}, 403, "ForbiddenError"),
    ):
        answer = rows.post("/api/25/rules/search", **more)
        assert (answer.status_code, code(answer.json)) == (status, wanted)
        assert answer.json["action"] == "searchRules"
        assert answer.json["errorDetails"]
        assert parse_rfc3339(answer.json["meta"]["serverTime"])


def test_the_published_nested_example_is_refused_with_the_paths_that_exist(rows: Server) -> None:
    found = ask(rows, {"extend": ["listing.items.item"]}, path="rules", status=400)

    assert (code(found), constraints(found)) == ("ValidationError", {"isEnum"})
    assert found["meta"]["error"]["details"][0]["property"] == "extend"
    for path in ("directives", "directives.technique", "groups", "groups.category", "category"):
        assert path in found["errorDetails"]


def test_fact_30_credentials_and_rights(rows: Server) -> None:
    acl = ({"path": "rules/search", "actions": ["post"]},)
    only = rows.account("only", authorization="acl", acl=acl)
    reader = rows.account("reader", authorization="ro")
    none = rows.client.post("/api/25/rules/search", json={})

    assert (none.status_code, code(none.json)) == (401, "UnauthorizedError")
    for token, body, status in (
        (only, {}, 200),
        (only, {"extend": ["directives"]}, 403),
        (reader, {"extend": ["directives"]}, 200),
        (rows.account("no", authorization="none"), {}, 403),
    ):
        answer = rows.client.post("/api/25/rules/search", json=body, headers={"X-API-Token": token})
        assert answer.status_code == status, answer.text
        if status == 403:
            assert code(answer.json) == "ForbiddenError"


def test_fact_31_another_tenants_rows_are_nowhere(rows: Server) -> None:
    other = {"X-API-Token": rows.account("stranger", tenant="other")}

    def theirs(body: Any, path: str = "directives") -> dict[str, Any]:
        found: dict[str, Any] = rows.client.post(f"/api/25/{path}/search", json=body, headers=other).json
        return found

    assert theirs({})["meta"]["total"] == 1
    assert theirs({"filters": {"id": ["d-1"]}})["meta"]["total"] == 0
    submit(rows.opened, Edit("rule", "r-1", "create", {"displayName": "One rule", "directives": ["d-0"]}))
    assert theirs({"extend": ["rules"]})["data"][0]["rules"] == []
    assert ask(rows, {"filters": {"displayName": ["John Doe"]}})["meta"]["total"] == 1


def test_fact_32_pages_of_equal_values_neither_repeat_nor_miss(rows: Server) -> None:
    ids = [f"p{n:03}" for n in range(1000)]
    submit(rows.opened, *(Edit("parameter", one, "create", {"value": "x", "inheritMode": "opa"}) for one in ids))

    def walk(body: dict[str, Any], pages: int) -> list[str]:
        limited = ({"limit": 7, "page": page, **body} for page in range(1, pages + 1))
        return [one["id"] for asked in limited for one in ask(rows, asked, path="parameters")["data"]]

    assert walk({"sortBy": "inheritMode"}, 143) == ids
    assert walk({"sortBy": "inheritMode", "sortDirection": "desc"}, 20) == ids[:140]
    whole = {"limit": 1000}
    assert walk({"sortDirection": "desc", **whole}, 1) == walk({"sortDirection": "asc", **whole}, 1)[::-1]


@pytest.mark.parametrize("direction", ["asc", "desc"])
@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6, 7])
def test_what_has_no_value_comes_last_on_whichever_page_it_falls(limited: Server, limit: int, direction: str) -> None:
    pages = [
        ask(
            limited,
            {"sortBy": "inheritMode", "sortDirection": direction, "limit": limit, "page": page},
            path="parameters",
        )
        for page in range(1, 8)
    ]

    valued = ["v-1", "v-3", "v-2"] if direction == "asc" else ["v-2", "v-1", "v-3"]
    assert [one["id"] for page in pages for one in page["data"]] == [*valued, "u-1", "u-2", "u-3"]
    assert {page["meta"]["total"] for page in pages} == {6}


def test_fact_34_a_search_writes_nothing(rows: Server) -> None:
    before = rows.get("/api/25/events").json

    ask(rows, {"search": {"displayName": ["j"]}})

    assert rows.get("/api/25/events").json == before


@pytest.mark.parametrize("version", [24, 25])
def test_fact_35_search_is_no_id(rows: Server, version: int) -> None:
    answer = rows.put(f"/api/{version}/rules", json={"id": "search", "displayName": "Search"})

    assert answer.status_code == (400 if version == 25 else 500)


def test_versions_before_25_have_no_search(rows: Server) -> None:
    answer = rows.post("/api/rules/search", json={}, headers={"X-API-Version": "24"})

    assert answer.json["action"] == "updateRule"


def test_letters_beyond_ascii_are_found_in_any_case(rows: Server) -> None:
    submit(rows.opened, Edit("rule", "r-1", "create", {"displayName": "École de Rennes"}))

    assert names(ask(rows, {"search": {"displayName": ["éCOLE"]}}, path="rules")) == ["École de Rennes"]
    assert ask(rows, {"search": {"objectName": ["éCOLE"]}}, path="events")["meta"]["total"] == 1
    submit(rows.opened, Edit("rule", "r-2", "create", {"displayName": "Große Straße ΣΟΦΟΣ"}))
    for text in ("GROSSE STRASSE", "große straße", "σοφος", "ΣΟΦΟσ"):
        assert names(ask(rows, {"search": {"displayName": [text]}}, path="rules")) == ["Große Straße ΣΟΦΟΣ"]
        assert ask(rows, {"search": {"objectName": [text]}}, path="events")["meta"]["total"] == 1


def test_events_come_newest_first(rows: Server) -> None:
    found = ask(rows, {"limit": 3}, path="events")
    seqs = [one["seq"] for one in found["data"]]

    assert seqs == sorted(seqs, reverse=True)
    assert found["meta"]["total"] == seqs[0]


def test_a_hidden_parameter_is_not_found(rows: Server) -> None:
    submit(
        rows.opened,
        Edit("parameter", "shown", "create", {"value": "x"}),
        Edit("parameter", "kept", "create", {"value": "x", "hidden": True}),
        ctx=Context.system("default", "test"),
    )

    assert [one["id"] for one in ask(rows, {}, path="parameters")["data"]] == ["shown"]


def test_a_changed_value_is_found_and_the_old_one_is_not(rows: Server) -> None:
    submit(rows.opened, Edit("directive", "d-0", "modify", {"displayName": "Renamed", "priority": 7}))

    assert names(ask(rows, {"filters": {"displayName": ["John Doe"]}})) == []
    assert names(ask(rows, {"filters": {"priority": [7]}})) == ["Renamed"]
    submit(rows.opened, Edit("directive", "d-0", "delete"))
    assert names(ask(rows, {"filters": {"priority": [7]}})) == []


def test_a_search_of_as_many_texts_as_are_taken_works(rows: Server) -> None:
    found = ask(rows, {"search": {"displayName": [f"x{n}" for n in range(99)] + ["JANE"]}})

    assert names(found) == ["jane"]


def test_another_method_on_the_path_is_refused_in_the_same_form(rows: Server) -> None:
    answer = rows.get("/api/25/rules/search")

    assert answer.status_code == 405
    assert code(answer.json) == "MethodNotAllowedError"


def test_more_related_objects_than_are_sent_are_refused_before_they_are_read(rows: Server) -> None:
    targets = [f"group:g-{n}" for n in range(20_001)]
    submit(rows.opened, Edit("rule", "r-big", "create", {"displayName": "Big rule", "targets": targets}))

    found = ask(rows, {"extend": ["groups"]}, path="rules", status=400)

    assert code(found) == "BadRequestError"
    assert "20001" in found["errorDetails"]
