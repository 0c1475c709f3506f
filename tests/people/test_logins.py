"""Logging in, refreshing, logging out, typed from the tenancy contract (5.4 and requirements 9, 11, 12, 13)."""

import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
import time_machine

from app.people.passwords import hash_password
from app.store.accounts import token_hash
from tests.installations import Server
from tests.people.persons import PASSWORD, Person, events, log_in, make_tenant, make_user, person

START = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
REFUSED = "E-mail address or password are wrong; send both as they were set"


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def me(server: Server, access: str) -> int:
    return int(server.client.get("/auth/me", headers={"Authorization": f"Bearer {access}"}).status_code)


def refreshed(server: Server, token: str) -> Any:
    return server.client.post("/auth/refresh", json={"refresh": token})


def claims(token: str) -> dict[str, Any]:
    read: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return read


def forged(server: Server, token: str, *, header: dict[str, Any] | None = None, **changed: Any) -> str:
    """Sign a token with the installation's own key, with other claims or headers."""
    ring = server.opened.committer.ring
    said = {**claims(token), **changed}
    headers = {"kid": ring.active["token"], **(header or {})}
    return jwt.encode(said, ring.keys[ring.active["token"]], algorithm="HS256", headers=headers)


# --- The pair ---------------------------------------------------------------------------------------------------------


def test_a_login_gives_a_pair_with_the_lives_of_the_contract(server: Server) -> None:
    made = make_user(server, "bob", email="Bob@Example.com", roles=["user"])

    answer = log_in(server, "bob@example.COM")
    pair = answer.get_json()

    assert (answer.status_code, set(pair), pair["expiresIn"]) == (200, {"access", "refresh", "expiresIn"}, 300)
    for name, life in (("access", 300), ("refresh", 86_400)):
        said = claims(pair[name])
        assert set(said) == {"sub", "tenant", "type", "jti", "iat", "exp"}
        assert (said["sub"], said["tenant"], said["type"]) == (made["id"], "default", name)
        assert said["exp"] - said["iat"] == life
        assert jwt.get_unverified_header(pair[name])["alg"] == "HS256"


@pytest.mark.parametrize("place", ["/auth/login", "/api/auth/login", "/api/25/auth/login", "/api/latest/auth/login"])
def test_logins_are_at_the_root_and_under_the_prefix(server: Server, place: str) -> None:
    make_user(server, "bob")

    assert server.client.post(place, json={"email": "bob", "password": PASSWORD}).status_code == 200


def test_logins_are_of_version_25(server: Server) -> None:
    assert server.post("/api/24/auth/login", json={"email": "bob", "password": PASSWORD}).status_code == 404


def test_requirement_11_an_access_token_lives_five_minutes(server: Server, clock: time_machine.Traveller) -> None:
    bob = person(server, "bob")

    clock.move_to(START + timedelta(minutes=4, seconds=59))
    assert me(server, bob.access) == 200
    clock.move_to(START + timedelta(minutes=5, seconds=1))
    assert me(server, bob.access) == 401


def test_requirement_11_a_refresh_token_lives_a_day(server: Server, clock: time_machine.Traveller) -> None:
    bob, other = person(server, "bob"), person(server, "eve")

    clock.move_to(START + timedelta(hours=23, minutes=59))
    assert refreshed(server, bob.refresh).status_code == 200
    clock.move_to(START + timedelta(hours=24, minutes=1))
    assert refreshed(server, other.refresh).status_code == 401


def test_a_refreshed_token_keeps_the_end_of_its_family(server: Server, clock: time_machine.Traveller) -> None:
    bob = person(server, "bob")
    clock.move_to(START + timedelta(hours=23, minutes=59))
    pair = refreshed(server, bob.refresh).get_json()

    assert claims(pair["refresh"])["exp"] == claims(bob.refresh)["exp"]
    assert claims(pair["access"])["exp"] - claims(pair["access"])["iat"] == 300
    clock.move_to(START + timedelta(hours=24, minutes=1))
    assert refreshed(server, pair["refresh"]).status_code == 401


def test_requirement_12_a_refresh_gives_a_new_pair_that_works(server: Server) -> None:
    bob = person(server, "bob")

    pair = refreshed(server, bob.refresh).get_json()

    assert pair["refresh"] != bob.refresh
    assert me(server, pair["access"]) == 200
    assert refreshed(server, pair["refresh"]).status_code == 200


def test_requirement_12_a_refresh_token_that_is_used_twice_ends_its_whole_family(server: Server) -> None:
    bob = person(server, "bob")
    pair = refreshed(server, bob.refresh).get_json()

    answer = refreshed(server, bob.refresh)

    assert answer.status_code == 401
    assert refreshed(server, pair["refresh"]).status_code == 401
    assert [me(server, token) for token in (bob.access, pair["access"])] == [401, 401]
    (reuse,) = [one for one in events(server) if one.type == "BadCredentials"]
    assert (reuse.outcome, reuse.actor.handle) == ("denied", "bob")


def test_a_reuse_leaves_the_persons_other_logins_alone(server: Server) -> None:
    bob, other = person(server, "bob"), log_in(server, "eve")
    second = log_in(server, "bob").get_json()
    refreshed(server, bob.refresh)

    refreshed(server, bob.refresh)

    assert other.status_code == 401
    assert me(server, second["access"]) == 200


def test_requirement_12_of_two_parallel_refreshes_one_wins(server: Server) -> None:
    bob = person(server, "bob")
    server.client  # noqa: B018  made before the threads, so that both use one

    with ThreadPoolExecutor(2) as pool:
        statuses = sorted(pool.map(lambda _: refreshed(server, bob.refresh).status_code, range(2)))

    assert statuses == [200, 401]


def test_a_client_that_lost_the_answer_of_a_refresh_logs_in_again(server: Server) -> None:
    bob = person(server, "bob")
    refreshed(server, bob.refresh)  # the answer is lost

    assert refreshed(server, bob.refresh).status_code == 401
    assert log_in(server, "bob").status_code == 200


def test_requirement_11_a_token_is_good_for_its_own_purpose_only(server: Server) -> None:
    bob = person(server, "bob")

    assert me(server, bob.refresh) == 401
    assert refreshed(server, bob.access).status_code == 401


def test_requirement_11_a_token_of_no_algorithm_another_algorithm_or_another_key_is_refused(server: Server) -> None:
    bob = person(server, "bob")
    ring = server.opened.committer.ring
    said = claims(bob.access)
    key_id = ring.active["token"]
    head, body, _ = bob.access.split(".")
    no_algorithm = base64.urlsafe_b64encode(json.dumps({"alg": "none", "kid": key_id}).encode()).rstrip(b"=").decode()
    other_key = ring.active["tag"]

    assert me(server, forged(server, bob.access)) == 200
    for wrong in (
        f"{no_algorithm}.{body}.",
        f"{head}.{body}.",
        jwt.encode(said, None, algorithm="none", headers={"kid": key_id}),
        jwt.encode(said, ring.keys[key_id] * 2, algorithm="HS512", headers={"kid": key_id}),
        jwt.encode(said, ring.keys[key_id] * 2, algorithm="HS256", headers={"kid": key_id}),
        jwt.encode(said, ring.keys[other_key], algorithm="HS256", headers={"kid": other_key}),
        jwt.encode(said, ring.keys[key_id], algorithm="HS256"),
        forged(server, bob.access, header={"kid": "token-unknown"}),
        "x",
        "a.b.c",
        "é" * 20,
        "x" * 100_000,
    ):
        assert me(server, wrong.encode("utf-8").decode("latin-1")) in (401, 429), wrong[:60]


@pytest.mark.parametrize(
    "changed",
    [
        {"tenant": "public"},
        {"tenant": "nowhere"},
        {"sub": "somebody"},
        {"jti": "unknown.1"},
        {"exp": "never"},
        {"sub": None},
        {"type": ["access"]},
    ],
)
def test_a_token_with_other_claims_is_refused(server: Server, changed: dict[str, Any]) -> None:
    bob = person(server, "bob")

    try:
        token = forged(server, bob.access, **changed)
    except TypeError:
        pytest.skip("the library does not write such a token")

    assert me(server, token) == 401


def test_a_token_of_one_tenant_opens_no_other(server: Server) -> None:
    make_tenant(server, "acme")
    bob = person(server, "bob")
    stranger = person(server, "bob", tenant="acme")

    assert bob.call("GET", f"/api/25/users/{stranger.id}").status_code == 403  # no right, and not there either
    assert me(server, forged(server, bob.access, tenant="acme")) == 401
    assert refreshed(server, forged(server, bob.refresh, tenant="acme")).status_code == 401


# --- Refusals ---------------------------------------------------------------------------------------------------------


def test_requirement_13_an_unknown_person_and_a_wrong_password_are_refused_alike(server: Server) -> None:
    make_user(server, "bob", email="bob@example.com")

    answers = [
        log_in(server, *who) for who in (("bob@example.com", "wrong"), ("eve@example.com", "wrong"), ("eve", "x"))
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert {answer.get_json()["detail"] for answer in answers} == {REFUSED}
    assert answers[0].headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_input_that_is_no_login_is_answered_by_the_bare_map_of_wrong_fields(server: Server) -> None:
    answer = server.client.post("/auth/login", json={"email": "bob", "pass": "x"})
    missing = server.client.post("/auth/login", json={"email": "bob"})

    assert (answer.status_code, list(answer.get_json())) == (400, ["pass"])
    assert (missing.status_code, missing.get_json()) == (400, {"password": ["is required and was not sent"]})


def test_requirement_13_failed_logins_are_throttled_and_right_ones_are_not(server: Server) -> None:
    make_user(server, "bob")

    statuses = [log_in(server, "bob", "wrong").status_code for _ in range(21)]
    throttled = log_in(server, "bob", "wrong")

    assert statuses == [401] * 20 + [429]
    assert int(throttled.headers["Retry-After"]) > 0
    assert log_in(server, "bob").status_code == 200


def test_logins_and_failures_are_events_that_name_nobody(server: Server) -> None:
    server.opened.notes.later = lambda _delay_s, _flush: None  # written when asked for, however slow this machine is
    make_user(server, "bob", email="robert@example.com", name="Robert Builder")
    for password in ("wrong", "wrong", PASSWORD):
        log_in(server, "robert@example.com", password)

    found = {one.type: one for one in events(server)}

    assert (found["UserLogin"].actor.handle, found["UserLogin"].actor.kind) == ("bob", "user")
    failure = found["BadCredentials"]
    assert (failure.outcome, failure.object_name, json.loads(failure.data or "")) == ("denied", "bob", {"count": 2})
    assert failure.private is not None
    assert failure.private.ip == "127.0.0.1"


# --- Ends -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by_refresh", [True, False])
def test_a_logout_ends_the_login_and_no_other(server: Server, *, by_refresh: bool) -> None:
    bob = person(server, "bob")
    other = log_in(server, "bob").get_json()

    if by_refresh:
        answer = server.client.post("/auth/logout", json={"refresh": bob.refresh})
    else:
        answer = bob.call("POST", "/auth/logout")

    assert (answer.status_code, answer.get_json()) == (200, {})
    assert me(server, bob.access) == 401
    assert refreshed(server, bob.refresh).status_code == 401
    assert me(server, other["access"]) == 200
    assert [one.type for one in events(server)][-1] == "UserLogout"


def test_a_logout_of_nobody_is_refused(server: Server) -> None:
    assert server.client.post("/auth/logout").status_code == 401
    assert server.client.post("/auth/logout", json={"refresh": "x"}).status_code == 401


@pytest.mark.parametrize("how", ["disable", "delete"])
def test_requirement_12_a_person_who_is_shut_out_stops_at_once(server: Server, how: str) -> None:
    bob = person(server, "bob", roles=["user"])
    token = bob.call("PUT", f"/api/25/users/{bob.id}/tokens", json={"name": "laptop"}).get_json()["data"]["tokens"][0]
    owned = {"id": "robot", "name": "robot", "status": "enabled", "tenants": "*", "owner": bob.id}
    robot = server.post("/api/25/apiaccounts", json={**owned, "authorizationType": "ro"})
    tokens = [token["token"], robot.get_json()["data"]["accounts"][0]["token"]]
    assert [server.get("/api/25/rules", token=one).status_code for one in tokens] == [200, 200]

    if how == "disable":
        assert server.post(f"/api/25/users/{bob.id}/disable").status_code == 200
    else:
        assert server.delete(f"/api/25/users/{bob.id}").status_code == 200

    assert me(server, bob.access) == 401
    assert refreshed(server, bob.refresh).status_code == 401
    assert [server.get("/api/25/rules", token=one).status_code for one in tokens] == [401, 401]
    assert log_in(server, "bob").status_code == 401


def test_a_person_who_is_let_in_again_logs_in_anew_and_their_accounts_go_on(server: Server) -> None:
    bob = person(server, "bob", roles=["user"])
    owned = {"id": "robot", "name": "robot", "status": "enabled", "tenants": "*", "owner": bob.id}
    robot = server.post("/api/25/apiaccounts", json={**owned, "authorizationType": "ro"}).get_json()
    robots = robot["data"]["accounts"][0]["token"]
    token = bob.call("PUT", f"/api/25/users/{bob.id}/tokens", json={"name": "laptop"}).get_json()["data"]["tokens"][0]
    server.post(f"/api/25/users/{bob.id}/disable")

    server.post(f"/api/25/users/{bob.id}/enable")

    assert me(server, bob.access) == 401
    assert server.get("/api/25/rules", token=token["token"]).status_code == 401
    assert server.get("/api/25/rules", token=robots).status_code == 200
    assert log_in(server, "bob").status_code == 200


# --- One's own password and oneself -----------------------------------------------------------------------------------


def test_a_new_password_ends_every_login_and_begins_one(server: Server) -> None:
    bob = person(server, "bob")

    answer = bob.call("POST", "/auth/password", json={"password": PASSWORD, "newPassword": "staple it twice"})

    assert answer.status_code == 200
    assert me(server, bob.access) == 401
    assert me(server, answer.get_json()["access"]) == 200
    assert log_in(server, "bob").status_code == 401
    assert log_in(server, "bob", "staple it twice").status_code == 200


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"password": "wrong", "newPassword": "staple it twice"}, "password"),
        ({"password": PASSWORD, "newPassword": "short"}, "newPassword"),
    ],
)
def test_a_password_is_not_changed_by_who_does_not_know_it_nor_to_an_easy_one(
    server: Server, asked: dict[str, str], field: str
) -> None:
    bob = person(server, "bob")

    answer = bob.call("POST", "/auth/password", json=asked)

    assert (answer.status_code, list(answer.get_json())) == (400, [field])
    assert me(server, bob.access) == 200
    assert log_in(server, "bob").status_code == 200


def test_an_account_is_no_person(server: Server) -> None:
    assert server.get("/auth/me").status_code == 403
    assert server.post("/auth/password", json={"password": "x", "newPassword": "y"}).status_code == 403


def test_me_shows_the_person_and_what_they_may_do(server: Server) -> None:
    bob: Person = person(server, "bob", email="bob@example.com", name="Bob", roles=["inventory"])

    assert bob.call("GET", "/auth/me").get_json() == {
        "id": bob.id,
        "username": "bob",
        "name": "Bob",
        "email": "bob@example.com",
        "roles": ["inventory"],
        "rights": ["node_read", "userAccount_edit", "userAccount_read", "userAccount_write"],
        "idpId": None,
        "tenant": "default",
        "tenants": [{"id": "default", "name": "Default", "state": "ACTIVE", "userId": bob.id, "userState": "active"}],
    }


def test_no_secret_of_a_person_is_stored_in_clear(server: Server) -> None:
    bob = person(server, "bob", roles=["user"])
    token = bob.call("PUT", f"/api/25/users/{bob.id}/tokens", json={"name": "laptop"}).get_json()["data"]["tokens"][0]

    with server.opened.database.everywhere("test") as connection:
        from app.store.base import Base  # noqa: PLC0415  only here

        rows = "".join(str(connection.execute(table.select()).fetchall()) for table in Base.metadata.sorted_tables)

    assert token_hash(token["token"]) in rows
    for secret in (PASSWORD, token["token"], bob.access, bob.refresh):
        assert secret not in rows
    assert hash_password(PASSWORD) != hash_password(PASSWORD)
