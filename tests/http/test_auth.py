"""Credentials, the order of refusals, the throttle, and what rights open."""

from dataclasses import replace

import pytest

from app.http.auth import CREDENTIALS
from app.http.endpoint import ANYBODY, Endpoint
from app.http.rights import AclEntry, Grant, allows, is_acl_path, path_matches
from app.http.throttle import MAX_ADDRESSES, Throttle, bucket
from app.store.accounts import token_hash
from tests.http.conftest import Caller, Server
from tests.http.sample import ENDPOINTS, Shelf
from tests.logs import said

BY_ACTION = {endpoint.action: endpoint for endpoint in ENDPOINTS}


@pytest.mark.parametrize("token", [None, "", "wrong", "admin-token ", "é", "x" * 5000])
@pytest.mark.parametrize("version", [2, 24, 25])
def test_whatever_is_wrong_with_a_token_the_answer_is_the_same(call: Caller, token: str | None, version: int) -> None:
    answer = call.using(token)("GET", f"/api/{version}/lamps")

    assert answer.status_code == 401
    assert answer.json == {
        "action": "listLamps",
        "result": "error",
        "errorDetails": "Authentication failed; send a valid token in the header X-API-Token",
    }


@pytest.mark.parametrize("header", ["x-api-key", "Api-Key", "Authorization", "x-takaro-token"])
def test_credentials_of_dialects_that_are_not_served_open_nothing(server: Server, header: str) -> None:
    with server.client(public_read=True) as client:
        assert Caller(client, None)("GET", "/api/25/lamps", headers={header: "Bearer admin-token"}).status_code == 401


def test_every_credential_is_in_the_table_once() -> None:
    assert [(row.variable, row.dialect, row.names) for row in CREDENTIALS] == [
        ("HTTP_X_API_KEY", "panel", "actor"),
        ("HTTP_X_API_TOKEN", "rudder", "actor"),
        ("HTTP_AUTHORIZATION", "tenant", "actor"),
        ("HTTP_X_TAKARO_TOKEN", "takaro", "actor"),
        ("HTTP_API_KEY", "tenant", "tenant"),
        ("sternpost_session", "console", "actor"),
    ]


def test_tokens_are_looked_up_by_hash() -> None:
    assert token_hash("abc") == (
        "v2:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
    )


def test_public_read_opens_reads_of_25_and_nothing_else(server: Server, shelf: Shelf) -> None:
    with server.client(public_read=True) as client:
        call = Caller(client, None)

        assert call("GET", "/api/25/lamps").status_code == 200
        assert shelf.opened[-1].tenant == "public"
        assert call("PUT", "/api/25/lamps", json={"colour": 1}).status_code == 403
        assert call("GET", "/api/25/lamps/x/reload").status_code == 403
        assert call("GET", "/api/24/lamps").status_code == 401
        assert call.using("wrong")("GET", "/api/25/lamps").status_code == 401


def test_a_public_endpoint_needs_no_credential(call: Caller) -> None:
    assert call.using(None)("GET", "/api/25/motd").status_code == 200


@pytest.mark.parametrize(
    ("token", "method", "path", "status"),
    [
        (None, "GET", "/api/99/lamps", 404),
        (None, "GET", "/api/25/nowhere", 401),
        (None, "PATCH", "/api/25/lamps", 401),
        ("ci-token", "GET", "/api/25/nowhere", 404),
        ("ci-token", "PATCH", "/api/25/lamps", 405),
        ("ci-token", "PUT", "/api/25/lamps", 403),
        ("idle-token", "GET", "/api/25/lamps/none", 403),
        ("admin-token", "POST", "/api/25/lamps/none?colour=1", 400),
        ("admin-token", "POST", "/api/25/lamps/none", 404),
    ],
)
def test_the_order_of_refusals(call: Caller, token: str | None, method: str, path: str, status: int) -> None:
    assert call.using(token)(method, path, headers={"If-Match": '"5"'}).status_code == status


def test_the_tenants_state_is_looked_at_before_the_input(server: Server, call: Caller) -> None:
    server.shelf.closed = True

    assert call("PUT", "/api/25/lamps", json={"colour": 1}).status_code == 503
    assert call.using("ci-token")("PUT", "/api/25/lamps", json={"colour": 1}).status_code == 403


def test_a_refusal_names_the_template_and_is_reported(server: Server, call: Caller) -> None:
    answer = call.using("ci-token")("POST", "/api/24/lamps/l-1", json={})

    text = "Authorization error: User 'ci' is not allowed to access POST api/24/lamps/{id}"
    assert answer.status_code == 403
    assert answer.json == {"action": "updateLamp", "result": "error", "errorDetails": text}
    assert server.denied == [text]


def test_only_failing_credentials_are_throttled(server: Server, call: Caller) -> None:
    statuses = [call.using("wrong")("GET", "/api/25/lamps").status_code for _ in range(21)]
    throttled = call.using("wrong")("GET", "/api/24/lamps")
    valid = call("GET", "/api/25/lamps")
    elsewhere = call.using("wrong")("GET", "/api/25/lamps", environ_overrides={"REMOTE_ADDR": "192.0.2.9"})
    server.now_s += 60
    later = call.using("wrong")("GET", "/api/25/lamps")

    assert statuses == [401] * 20 + [429]
    assert (throttled.status_code, throttled.headers["Retry-After"]) == (429, "60")
    assert (valid.status_code, elsewhere.status_code, later.status_code) == (200, 401, 401)


def test_no_credential_at_all_is_not_counted(call: Caller) -> None:
    assert {call.using(None)("GET", "/api/25/lamps").status_code for _ in range(25)} == {401}


def test_the_throttle_remembers_a_bounded_number_of_addresses() -> None:
    throttle = Throttle(lambda: 0.0)

    for number in range(MAX_ADDRESSES + 10):
        throttle.fail(f"10.{number >> 16}.{(number >> 8) & 255}.{number & 255}")

    assert len(throttle._failures) == MAX_ADDRESSES  # noqa: SLF001  the bound is the point


def test_one_ipv6_host_counts_as_one() -> None:
    assert bucket("2001:db8::1") == bucket("2001:db8::ffff") != bucket("2001:db8:0:1::1")
    assert bucket("192.0.2.1") != bucket("192.0.2.2")
    assert bucket("unix:") == "unix:"


def test_trusted_proxies_name_the_address(server: Server) -> None:
    for trusted, status in (((), 429), (("10.9.9.9",), 429), (("127.0.0.0/8",), 401)):
        with server.client(trusted_proxies=trusted) as client:
            call = Caller(client, "wrong")
            for number in range(20):
                call("GET", "/api/25/lamps", headers={"X-Forwarded-For": f"192.0.2.{number}"})

            assert call("GET", "/api/25/lamps", headers={"X-Forwarded-For": "192.0.2.99"}).status_code == status


ACL = (
    AclEntry("lamps/tree", ("get",)),
    AclEntry("lamps/*", ("get", "post")),
    AclEntry("lamps/*/reload", ()),
    AclEntry("lamps/**", ("get",)),
)


@pytest.mark.parametrize(
    ("grant", "action", "method", "path", "allowed"),
    [
        (Grant("none"), "listLamps", "GET", "lamps", False),
        (Grant("rw"), "createLamp", "PUT", "lamps", True),
        (Grant("ro"), "listLamps", "GET", "lamps", True),
        (Grant("ro"), "listLamps", "HEAD", "lamps", True),
        (Grant("ro"), "createLamp", "PUT", "lamps", False),
        (Grant("ro"), "reloadLamp", "GET", "lamps/a/reload", False),
        (Grant("acl", ACL), "getLampTree", "GET", "lamps/tree", True),
        (Grant("acl", ACL), "updateLamp", "POST", "lamps/tree", False),
        (Grant("acl", ACL), "updateLamp", "POST", "lamps/a", True),
        (Grant("acl", ACL), "lampDetails", "HEAD", "lamps/a", True),
        (Grant("acl", ACL), "reloadLamp", "GET", "lamps/a/reload", False),
        (Grant("acl", ACL), "lampCategory", "GET", "lamps/categories/a", True),
        (Grant("acl", ACL), "listLamps", "GET", "lamps", False),
        (Grant("acl"), "listLamps", "GET", "lamps", False),
    ],
)
def test_what_an_authorisation_opens(grant: Grant, action: str, method: str, path: str, *, allowed: bool) -> None:
    assert allows(grant, BY_ACTION[action], method, path.split("/")) is allowed


def test_a_read_only_token_may_post_where_only_reading_is_needed() -> None:
    search: Endpoint = replace(BY_ACTION["createLamp"], right="rule_read", methods=("POST",))

    assert allows(Grant("ro"), search, "POST", ["lamps", "search"])
    assert not allows(Grant("ro"), replace(search, right=("rule_read", "rule_write")), "POST", ["lamps"])
    assert not allows(Grant("ro"), replace(search, right=ANYBODY), "POST", ["lamps"])


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("lamps", "lamps", True),
        ("/lamps/", "lamps", True),
        ("lamps/*", "lamps", False),
        ("lamps/*", "lamps/a/b", False),
        ("lamps/**", "lamps/a/b", True),
        ("lamps/**", "lamps", False),
        ("**", "anything/at/all", True),
        ("*", "lamps", True),
        ("lamp", "lamps", False),
    ],
)
def test_acl_paths(pattern: str, path: str, *, matches: bool) -> None:
    assert path_matches(pattern, path.split("/")) is matches


@pytest.mark.parametrize(
    ("path", "valid"),
    [
        ("lamps/tree", True),
        ("/lamps/*", True),
        ("lamps/**", True),
        ("**", True),
        ("**/lamps", False),
        ("a//b", False),
        ("", False),
    ],
)
def test_which_paths_an_acl_can_have(path: str, *, valid: bool) -> None:
    assert is_acl_path(path) is valid


def test_an_acl_account_is_held_to_its_list(call: Caller, shelf: Shelf) -> None:
    acl = call.using("acl-token")

    assert acl("GET", "/api/25/lamps/none").status_code == 404
    assert acl("GET", "/api/25/lamps").status_code == 403
    assert shelf.opened


def test_a_credential_is_never_logged(server: Server) -> None:
    with said() as logs, server.client() as client:
        call = Caller(client)
        call("PUT", "/api/25/lamps", json={"displayName": "secret-body"})
        call.using("wrong-token")("GET", "/api/25/lamps")

    assert len(logs) == 2
    assert "token" not in str(logs).replace("token-of", "")
    assert "secret-body" not in str(logs)
