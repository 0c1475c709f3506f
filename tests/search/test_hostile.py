"""Hostile texts in every text position of a search: they are data, and nothing else."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.installations import Server, submit
from tests.search.test_facts import ROWS, directive
from tests.search.test_people import user

PIECES = (
    *("'", '"', "`", ";", "--", "/*", "*/", "%", "_", "\\", "\\%", "[", "]", "?", ":tenant", "$1", "{", "}", "\x00"),
    *("' OR '1'='1", "'; DROP TABLE documents; --", "' UNION SELECT token_hash FROM accounts --", "x') OR (1=1"),
    *(
        "1; SELECT pg_sleep(1)",
        "tenant",
        "null",
        "NULL",
        "public",
        "casefold(",
        "\u0130",
        "\u00df",
        "\U0001f600",
        "\u0301",
    ),
    *("john", "50%", "x_y", "n1", "createdAt", "id desc", "displayName", "../../etc/passwd", "{{7*7}}", "%s", "%(a)s"),
)
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=4).map("".join)
KEYS = TEXTS | st.sampled_from(("displayName", "tags", "id", "createdAt", "priority", "username", "name", "email"))
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

BODIES = st.fixed_dictionaries(
    {},
    optional={
        "filters": st.dictionaries(KEYS, st.lists(TEXTS, max_size=3), max_size=2),
        "search": st.dictionaries(KEYS, st.lists(TEXTS, max_size=3), max_size=2),
        "greaterThan": st.dictionaries(KEYS, TEXTS, max_size=1),
        "lessThan": st.dictionaries(KEYS, TEXTS, max_size=1),
        "sortBy": KEYS,
        "sortDirection": TEXTS | st.sampled_from(("asc", "desc")),
        "extend": st.lists(TEXTS | st.sampled_from(("technique", "rules", "roles")), max_size=2),
    },
)
NAMES = [row[1] for row in ROWS]


@pytest.fixture
def filled(server: Server) -> Server:
    submit(server.opened, *(directive(*row) for row in ROWS))
    for name in ("John Doe", "50% off", "x_y"):
        user(server, f"u{len(name)}", name=name)
    return server


def searched(server: Server, path: str, body: Any) -> Any:
    return server.post(f"/api/25/{path}/search", json=body)


def written(server: Server) -> list[Any]:
    with server.opened.database.everywhere("test") as connection:
        return [
            connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()
            for table in ("documents", "events", "users", "accounts", "document_fields")
        ]


@MANY
@given(body=BODIES, path=st.sampled_from(("directives", "users", "roles", "events", "apiaccounts", "parameters")))
def test_any_text_anywhere_is_answered_or_refused_clearly(filled: Server, body: Any, path: str) -> None:
    before = written(filled)

    answer = searched(filled, path, body)

    assert answer.status_code in (200, 400), answer.text
    if answer.status_code == 400:
        assert answer.json["data"] is None
        assert answer.json["meta"]["error"]["code"] in ("ValidationError", "BadRequestError")
        assert "Traceback" not in answer.text
    assert written(filled) == before


@MANY
@given(text=TEXTS.filter(lambda text: "\x00" not in text))
def test_what_is_searched_is_found_as_it_is_written(filled: Server, text: str) -> None:
    """Python's own answer to the same question: no character is a wildcard, none ends the text."""
    holding = [name for name in NAMES if text.casefold() in name.casefold()]
    same = [name for name in NAMES if text == name]

    by_part = searched(filled, "directives", {"search": {"displayName": [text]}, "limit": 1000})
    whole = searched(filled, "directives", {"filters": {"displayName": [text]}})
    people = searched(filled, "users", {"search": {"name": [text]}})

    assert by_part.status_code == 200, by_part.text
    assert [one["displayName"] for one in by_part.json["data"]] == holding
    assert [one["displayName"] for one in whole.json["data"]] == same
    named = [name for name in ("50% off", "John Doe", "x_y") if text.casefold() in name.casefold()]
    assert sorted(one["name"] for one in people.json["data"]) == named


@pytest.mark.parametrize("path", ["directives", "users", "roles", "events"])
def test_order_and_pages_take_only_what_is_declared(filled: Server, path: str) -> None:
    for body in (
        {"sortBy": "tenant"},
        {"sortBy": "password"},
        {"sortBy": "id; DROP TABLE documents"},
        {"sortBy": 1},
        {"sortDirection": "asc; --"},
        {"limit": 0},
        {"limit": 1001},
        {"limit": "2"},
        {"page": 0},
    ):
        answer = searched(filled, path, body)
        assert (answer.status_code, answer.json["meta"]["error"]["code"]) == (400, "ValidationError"), body
