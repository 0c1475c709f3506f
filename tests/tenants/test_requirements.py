"""The numbered requirements of the tenancy contract; 14 and 15 come with the console, 11 to 13 with people's logins."""

import re
import threading
from itertools import chain, repeat
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.application import create_app
from app.boot import Installation
from app.changes.change import Edit
from app.core.context import Context
from app.core.errors import ForbiddenError
from app.core.tenancy import tenant_id
from app.store.session import TenantSession
from app.verify import verify_installation
from tests.installations import Server, as_account, submit
from tests.tenants.conftest import SECRET
from tests.tenants.registering import PASSWORD, Client, ask, bare, registered

PUBLIC = Context.system("public", "test")


def counts(opened: Installation, tenant: str) -> dict[str, int]:
    """Count the documents of a tenant by kind."""
    with opened.database.everywhere("test") as connection:
        rows = connection.exec_driver_sql(
            f"SELECT kind, count(*) FROM documents WHERE tenant = '{tenant}' GROUP BY kind"
        )
        return {row[0]: row[1] for row in rows}


def how_many(opened: Installation, table: str) -> int:
    with opened.database.everywhere("test") as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


@pytest.mark.parametrize(
    "path", ["/api/auth/register", "/api/25/auth/register", "/api/latest/auth/register", "/auth/register"]
)
def test_requirement_1_registering_makes_user_tenant_and_key_that_works_at_once(server: Server, path: str) -> None:
    answer = ask(server, "John.Doe@example.com", path=path)

    assert answer.status_code == 201
    said = answer.json
    assert set(said) == {"client", "apiKey", "access", "refresh"}
    assert set(said["client"]) == {"id", "name", "schema", "state"}
    assert said["client"]["state"] == "ACTIVE"
    client = Client(server, said)
    assert client.call("GET", "/api/25/rules", headers={"Api-Key": client.key}).status_code == 200
    assert client.call("GET", "/client").json["apiKey"] == client.key


@pytest.mark.parametrize(
    ("local", "cleaned"),
    [
        ("John.Doe+x", "john_doe_x_123456"),
        ("1a", "c_1a_123456"),
        ("ünï", "c__n__123456"),
        ("a" * 64, "a" * 56 + "_123456"),
        ('"a b"', "c__a_b__123456"),
        ("pg_x", "pg_x_123456"),
        ("public", "public_123456"),
        ("", "client_123456"),
    ],
)
def test_requirement_2_the_schema_is_the_cleaned_name(local: str, cleaned: str) -> None:
    assert tenant_id(local, "123456") == cleaned
    assert len(cleaned) <= 63


@pytest.mark.parametrize("local", ["John.Doe+x", "1a", "ünï", "a" * 64, "pg_x", "public"])
def test_requirement_2_the_name_is_the_local_part_as_typed_and_six_digits(server: Server, local: str) -> None:
    client = registered(server, f"{local}@example.com").said["client"]

    digits = re.fullmatch(re.escape(local) + r"_([0-9]{6})", client["name"])
    assert digits is not None
    assert client["id"] == client["schema"] == tenant_id(local, digits[1])


def test_requirement_3_a_repeated_suffix_is_retried(server: Server) -> None:
    _draw(server, "111111", "111111", "111111", "222222")

    first, second = registered(server, "same@one.example"), registered(server, "same@two.example")

    assert (first.id, second.id) == ("same_111111", "same_222222")


def test_requirement_3_ten_repetitions_are_503_and_leave_nothing(server: Server) -> None:
    _draw(server, "111111")
    registered(server, "same@one.example")
    before = [how_many(server.opened, table) for table in ("tenants", "users", "identities", "events")]

    answer = ask(server, "same@two.example")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert [how_many(server.opened, table) for table in ("tenants", "users", "identities", "events")] == before


def test_requirement_4_a_known_address_is_refused_in_any_case(server: Server) -> None:
    registered(server, "John@example.com")

    again = ask(server, "jOHN@EXAMPLE.com")

    assert again.status_code == 400
    assert list(again.json) == ["email"]
    assert again.json["email"] == ["This e-mail address is known already; log in with it, or use another"]


def test_requirement_4_of_two_simultaneous_registrations_one_succeeds(server: Server) -> None:
    statuses = sorted(_at_once(lambda _: ask(server, "twice@example.com").status_code, 2))

    assert statuses == [201, 400]
    assert how_many(server.opened, "identities") == 1


def test_requirement_5_ten_simultaneous_registrations_all_succeed(server: Server) -> None:
    answers = _at_once(lambda number: ask(server, f"person{number}@example.com"), 10)

    assert [answer.status_code for answer in answers] == [201] * 10
    for answer in answers:
        assert counts(server.opened, answer.json["client"]["id"]) == counts(server.opened, "public")


def test_requirement_6_the_copy_is_complete_and_its_only_person_is_the_registrant(server: Server) -> None:
    rule = Edit("rule", "from-public", "create", {"displayName": "From public", "directives": ["d"]})
    directive = Edit("directive", "d", "create", {"displayName": "D", "techniqueName": "motdConfiguration"})
    submit(server.opened, directive, rule, ctx=PUBLIC)
    client = registered(server)

    assert counts(server.opened, client.id) == counts(server.opened, "public")
    copied = client.call("GET", "/api/25/rules/from-public").json["data"]["rules"][0]
    assert client.call("GET", f"/api/25/directives/{copied['directives'][0]}").status_code == 200
    with server.opened.database.everywhere("test") as connection:
        people = connection.exec_driver_sql(
            f"SELECT username, email FROM users WHERE tenant = '{client.id}'"
        ).fetchall()
    assert [tuple(row) for row in people] == [("root", "john@example.com")]
    server.opened.git_writer.catch_up(client.id)
    assert verify_installation(server.opened.database, server.opened.git_root, tenant=client.id).fault is None


def test_requirement_7_later_edits_stay_where_they_are_made(server: Server) -> None:
    submit(server.opened, Edit("parameter", "p", "create", {"value": "public"}), ctx=PUBLIC)
    one, other = registered(server, "one@example.com"), registered(server, "other@example.com")

    submit(server.opened, Edit("parameter", "p", "modify", {"value": "changed"}), ctx=PUBLIC)
    changed = one.call("POST", "/api/25/parameters/p", json={"value": "mine"})

    assert changed.status_code == 200
    assert [_value(client) for client in (one, other)] == ["mine", "public"]
    assert bare(server, "GET", "/api/25/parameters/p").json["data"]["parameters"][0]["value"] == "changed"


def test_requirement_8_the_key_chooses_the_tenant(server: Server) -> None:
    client = registered(server)
    client.call("PUT", "/api/25/parameters", json={"id": "mine", "value": "v"})

    def status(path: str, **headers: str) -> int:
        return bare(
            server, "GET", path, headers={name.replace("_", "-"): text for name, text in headers.items()}
        ).status_code

    assert status("/api/25/parameters/mine") == 404
    assert status("/api/25/parameters/mine", Api_Key=client.key) == 200
    assert status("/api/25/parameters/mine", aPI_kEY=client.key) == 200
    assert status("/api/25/parameters", Api_Key="stk_unknown") == 401
    twice = bare(server, "GET", "/api/25/parameters", headers=[("Api-Key", client.key), ("Api-Key", client.key)])
    assert twice.status_code == 400


@pytest.mark.parametrize("path", ["/api/25/apiaccounts", "/api/25/events"])
def test_requirement_8_the_key_alone_shows_no_people_accounts_and_events(server: Server, path: str) -> None:
    client = registered(server)

    assert client.call("GET", path, headers={"Api-Key": client.key}).status_code == 401
    assert client.call("GET", path).status_code == 200


def test_requirement_9_a_token_with_the_key_of_another_tenant_is_403(server: Server) -> None:
    one, other = registered(server, "one@example.com"), registered(server, "other@example.com")

    mixed = one.call("GET", "/api/25/rules", headers={**one.bearer, "Api-Key": other.key})
    write = {"json": {"id": "x", "value": "v"}}

    assert mixed.status_code == 403
    assert one.call("PUT", "/api/25/parameters", headers={"Api-Key": one.key}, **write).status_code == 401
    assert one.call("PUT", "/api/25/parameters", headers=one.bearer, **write).status_code == 201


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/25/rules/none"),
        ("PUT", "/api/25/rules"),
        ("DELETE", "/api/25/rules/none"),
        ("POST", "/api/25/settings"),
        ("POST", "/client/rotate-key"),
        ("DELETE", "/client"),
    ],
)
def test_requirement_10_public_is_read_only_before_anything_else_is_looked_at(
    server: Server, method: str, path: str
) -> None:
    valid = server.account("intruder", tenant="public")

    for headers in ({}, {"X-API-Token": valid}):
        answer = bare(server, method, path, headers=headers, json={"bogus": [1]})
        assert answer.status_code == 403, answer.get_data(as_text=True)
    assert bare(server, "GET", "/api/25/rules").status_code == 200


def test_requirement_10_public_is_refused_below_http_too(installation: Installation) -> None:
    with pytest.raises(ForbiddenError, match="Tenant 'public' is read-only"):
        submit(installation, Edit("parameter", "p", "create", {"value": "v"}), ctx=as_account(tenant="public"))


def test_requirement_16_creations_are_201_for_the_tenant_api_and_200_natively(server: Server) -> None:
    client = registered(server)
    body = {"id": "x", "value": "v"}

    assert client.call("PUT", "/api/25/parameters", json=body).status_code == 201
    assert client.call("POST", "/api/25/parameters/x", json={"value": "w"}).status_code == 200
    assert client.call("GET", "/api/25/parameters/x").status_code == 200
    assert client.call("DELETE", "/api/25/parameters/x").status_code == 200
    assert client.call("PUT", "/api/25/rules/categories", json={"name": "Category", "id": "c"}).status_code == 201
    assert client.call("PUT", "/api/24/parameters", json=body).status_code == 200
    assert server.put("/api/25/parameters", json=body).status_code == 200


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {"email", "password"}),
        ({"email": "no address", "password": PASSWORD}, {"email"}),
        ({"email": "a@example.com", "password": "short"}, {"password"}),
        ({"email": "no address", "password": "short"}, {"email", "password"}),
        ({"email": "a@example.com", "password": PASSWORD, "bogus": 1}, {"bogus"}),
        ({"email": ["a"], "password": 7}, {"email", "password"}),
    ],
)
def test_requirement_17_a_400_shows_only_the_fields_in_error(server: Server, body: Any, wrong: set[str]) -> None:
    answer = bare(server, "POST", "/api/auth/register", json=body)

    assert (answer.status_code, set(answer.json)) == (400, wrong)
    assert all(isinstance(text, str) and text for texts in answer.json.values() for text in texts)


def test_requirement_17_an_address_that_is_none_is_said_in_the_words_of_the_contract(server: Server) -> None:
    assert ask(server, "nobody").json == {"email": ["Not a valid email address."]}


def test_requirement_17_a_success_shows_all_fields(server: Server) -> None:
    client = registered(server)
    body = {"id": "x", "displayName": "A rule"}
    made = client.call("PUT", "/api/25/rules", json=body).json["data"]["rules"][0]
    shown = client.call("GET", "/api/25/rules/x").json["data"]["rules"][0]
    listed = client.call("GET", "/api/25/rules").json["data"]["rules"]

    assert set(made) == set(shown) == set(next(rule for rule in listed if rule["id"] == "x"))
    key_only = client.call("GET", "/client", headers={"Api-Key": client.key}).json
    assert key_only["apiKey"] is None
    assert set(key_only) == set(client.call("GET", "/client").json)


def test_requirement_18_a_foreign_id_is_answered_like_an_unknown_one(server: Server) -> None:
    one, other = registered(server, "one@example.com"), registered(server, "other@example.com")
    one.call("PUT", "/api/25/parameters", json={"id": "aaaa", "value": "v"})

    foreign = other.call("GET", "/api/25/parameters/aaaa").get_data()
    unknown = other.call("GET", "/api/25/parameters/bbbb").get_data()

    assert foreign == unknown.replace(b"bbbb", b"aaaa")


def test_requirement_22_a_deleted_tenant_is_gone_at_once_and_its_name_never_comes_again(server: Server) -> None:
    _draw(server, "111111", "111111", "222222")
    client = registered(server, "john@example.com")
    server.opened.git_writer.catch_up(client.id)

    ended = client.call("DELETE", "/client")
    again = registered(server, "john@example.com")

    assert (ended.status_code, ended.json) == (200, {})
    assert [client.call("GET", "/client", headers=headers).status_code for headers in (client.both, client.bearer)] == [
        401,
        401,
    ]
    assert not server.opened.git_writer.path(client.id).exists()
    assert counts(server.opened, client.id) == {}
    assert (client.id, again.id) == ("john_111111", "john_222222")


def test_requirement_22_a_rotated_key_is_dead_at_once(server: Server) -> None:
    client = registered(server)

    answer = client.call("POST", "/client/rotate-key")

    assert (answer.status_code, list(answer.json)) == (200, ["apiKey"])
    assert client.call("GET", "/client", headers={"Api-Key": client.key}).status_code == 401
    assert client.call("GET", "/client", headers={"Api-Key": answer.json["apiKey"]}).status_code == 200
    assert client.call("GET", "/client", headers=client.bearer).status_code == 401
    session = TenantSession(server.opened.database, client.id)
    assert session.head().seq == 3
    session.release()


def test_requirement_22_no_more_people_than_the_tenant_may_have(server: Server) -> None:
    client = registered(server)
    secret = {"X-Admin-Token": SECRET}
    assert bare(server, "PUT", f"/domain/{client.id}", json={"maxUsers": 2}, headers=secret).status_code == 200

    def made(name: str, path: str = "/api/25/users") -> TestResponse:
        return client.call("PUT", path, json={"username": name, "password": PASSWORD})

    one, two = made("one"), made("two")
    invited = client.call("POST", "/api/25/users/invite", json={"email": "x@example.com"})
    assert (one.status_code, two.status_code, invited.status_code) == (201, 400, 400)
    assert two.json["errorDetails"] == ("Too many users: this tenant may have 2; delete one, or ask for a higher limit")
    assert [len(client.call("GET", "/api/25/users").json["data"]["users"])] == [2]
    assert (
        client.call("POST", f"/api/25/users/{one.json['data']['users'][0]['id']}", json={"name": "x"}).status_code
        == 200
    )
    client.call("DELETE", f"/api/25/users/{one.json['data']['users'][0]['id']}")
    assert made("three").status_code == 201


def test_requirement_22_an_account_does_not_end_its_tenant(server: Server) -> None:
    client = registered(server)
    token = server.account("bot", tenant=client.id)

    assert bare(server, "DELETE", "/client", headers={"X-API-Token": token}).status_code == 401
    assert client.call("GET", "/client").status_code == 200


def _value(client: Client) -> Any:
    return client.call("GET", "/api/25/parameters/p").json["data"]["parameters"][0]["value"]


def _draw(server: Server, *suffixes: str) -> None:
    """Make the server draw these suffixes, and the last one for ever."""
    drawn = chain(suffixes, repeat(suffixes[-1]))
    server.client = create_app(server.config, server.opened, suffix=lambda: next(drawn)).test_client()


def _at_once(act: Any, number: int) -> list[Any]:
    """Run an act in as many threads, and give what each got."""
    got: list[Any] = [None] * number
    barrier = threading.Barrier(number)

    def run(place: int) -> None:
        barrier.wait(30)
        got[place] = act(place)

    threads = [threading.Thread(target=run, args=(place,)) for place in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return got
