"""Users in version 25: what is shown, what is refused, and who may do it."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.core.context import Context
from app.people.administration import create_user
from tests.installations import Server
from tests.people.persons import PASSWORD, admin_of, events, log_in, make_tenant, make_user, person
from tests.resources.asking import Api, Json, only


@pytest.fixture
def api(server: Server) -> Api:
    return Api(server, 25)


def test_a_user_is_shown_whole_null_where_there_is_nothing(api: Api) -> None:
    said = api.made("PUT", "/users", json={"username": "bob", "password": PASSWORD})
    user = only(said, "users")

    assert (said["action"], said["id"]) == ("createUser", user["id"])
    assert {name: user[name] for name in user if name not in ("id", "createdAt", "updatedAt")} == {
        "username": "bob",
        "name": "",
        "email": None,
        "roles": [],
        "state": "active",
        "isValidated": False,
        "idpId": None,
        "lastLogin": None,
        "invitation": None,
    }
    assert only(api.made("GET", f"/users/{user['id']}"), "users") == user
    assert only(api.made("GET", "/users"), "users") == user


def test_users_are_listed_by_id_and_in_pages(server: Server, api: Api) -> None:
    ids = sorted(make_user(server, name)["id"] for name in ("ann", "bob", "eve"))

    whole = api.made("GET", "/users")["data"]["users"]
    first = api.made("GET", "/users?limit=2")
    rest = api.made("GET", f"/users?limit=2&cursor={first['meta']['next']}")

    assert [user["id"] for user in whole] == ids
    assert [user["id"] for page in (first, rest) for user in page["data"]["users"]] == ids


@pytest.mark.parametrize("version", [2, 24])
def test_our_users_are_of_version_25(server: Server, version: int) -> None:
    user = make_user(server, "bob")

    assert server.get(f"/api/{version}/users/{user['id']}").status_code == 404
    assert server.put(f"/api/{version}/users", json={"username": "x", "password": PASSWORD}).status_code in (404, 500)


def test_what_was_read_can_be_sent_back(server: Server, api: Api) -> None:
    user = make_user(server, "bob", email="bob@example.com", roles=["user"])

    assert only(api.made("POST", f"/users/{user['id']}", json=user), "users") == user


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"username": "b b"}, "username"),
        ({"username": ""}, "username"),
        ({"username": "bob@example.com"}, "username"),
        ({"username": "<script>"}, "username"),
        ({"username": "x" * 65}, "username"),
        ({"username": "sternpost"}, "username"),
        ({"username": "System-1"}, "username"),
        ({"email": "no address"}, "email"),
        ({"email": "a@b\nBcc: c@d"}, "email"),
        ({"email": "x" * 250 + "@example.com"}, "email"),
        ({"roles": ["boss"]}, "roles"),
        ({"roles": ["everyone"]}, "roles"),
        ({"password": "short"}, "password"),
        ({"password": "bobthebuilder", "username": "bobthebuilder"}, "password"),
        ({"nickname": "b"}, "nickname"),
    ],
)
def test_a_user_that_cannot_be_is_refused_by_field(api: Api, asked: Json, field: str) -> None:
    said = api.refused(400, "PUT", "/users", json={"username": "bob", "password": PASSWORD, **asked})

    assert list(said["errors"]) == [field]


def test_names_and_addresses_are_one_persons_in_any_case(server: Server, api: Api) -> None:
    make_user(server, "Bob", email="Bob@example.com")

    for asked in ({"username": "bOB"}, {"username": "bobby", "email": "BOB@example.com"}):
        api.refused(409, "PUT", "/users", json={"password": PASSWORD, **asked})


def test_a_handle_is_never_given_again(server: Server, api: Api) -> None:
    user = make_user(server, "bob", email="bob@example.com")
    api.made("DELETE", f"/users/{user['id']}")

    api.refused(404, "GET", f"/users/{user['id']}")
    api.refused(409, "PUT", "/users", json={"username": "BOB", "password": PASSWORD})
    account = {"id": "bob", "name": "bob", "status": "enabled", "tenants": "*"}
    api.refused(409, "POST", "/apiaccounts", json=account)
    server.account("robot")
    api.refused(409, "PUT", "/users", json={"username": "robot", "password": PASSWORD})
    again = only(
        api.made("PUT", "/users", json={"username": "bob2", "email": "bob@example.com", "password": PASSWORD}), "users"
    )
    assert again["id"] != user["id"]


def test_a_handle_never_changes(server: Server, api: Api) -> None:
    user = make_user(server, "bob")

    said = api.refused(400, "POST", f"/users/{user['id']}", json={"username": "robert"})

    assert list(said["errors"]) == ["username"]


def test_a_deleted_users_personal_data_is_gone(server: Server, api: Api) -> None:
    user = make_user(server, "bob", email="robert@example.com", name="Robert Builder", roles=["user"])

    shown = only(api.made("DELETE", f"/users/{user['id']}"), "users")

    assert (shown["id"], shown["name"]) == (user["id"], "Robert Builder")
    with server.opened.database.everywhere("test") as connection:
        rows = str(connection.exec_driver_sql("SELECT * FROM users").fetchall())
    assert "bob" in rows
    assert "robert" not in rows.lower()


def test_changes_are_events_without_personal_data(server: Server, api: Api) -> None:
    user = make_user(server, "bob", name="Robert", email="robert@example.com")
    api.made("POST", f"/users/{user['id']}", json={"name": "Robert B.", "roles": ["user"]})
    api.made("POST", f"/users/{user['id']}", json={"name": "Robert B."})
    api.made("POST", f"/users/{user['id']}/disable")

    said = [(one.type, one.object_name, json.loads(one.data or "null")) for one in events(server)]

    assert said == [
        ("UserAdded", "bob", {"roles": [], "state": "active"}),
        ("UserModified", "bob", {"changes": [{"path": "/roles", "old": [], "new": ["user"]}, {"path": "/name"}]}),
        ("UserModified", "bob", {"changes": [{"path": "/state", "old": "active", "new": "disabled"}]}),
    ]


def test_unknown_users_and_those_of_another_tenant_look_the_same(server: Server, api: Api) -> None:
    make_tenant(server, "acme")
    stranger = make_user(server, "zoe", tenant="acme", email="zoe@example.com")
    calls = [("GET", ""), ("POST", ""), ("DELETE", ""), ("POST", "/disable"), ("POST", "/enable"), ("GET", "/tokens"),
             ("DELETE", "/tokens/x")]  # fmt: skip

    for method, path in calls:
        foreign = api.refused(404, method, f"/users/{stranger['id']}{path}", json={} if method == "POST" else None)
        unknown = api.refused(404, method, f"/users/nobody{path}", json={} if method == "POST" else None)
        assert foreign["errorDetails"].replace(stranger["id"], "nobody") == unknown["errorDetails"]
    assert api.made("GET", "/users")["data"]["users"] == []
    make_user(server, "zoe", email="zoe@example.com")
    api.refused(400, "PUT", "/teams", json={"name": "ops", "members": [stranger["id"]]})
    owned = {"id": "robot", "name": "robot", "status": "enabled", "tenants": "*", "owner": stranger["id"]}
    api.refused(400, "POST", "/apiaccounts", json=owned)
    there = server.get(f"/api/25/users/{stranger['id']}", token=admin_of(server, "acme"))
    assert there.get_json()["data"]["users"][0] == stranger


def test_people_may_do_what_their_roles_open(server: Server) -> None:
    reader, writer, nobody = (
        person(server, name, roles=roles) for name, roles in (("r", ["read_only"]), ("w", ["user"]), ("n", []))
    )
    rule = {"displayName": "Rule"}

    assert [one.call("GET", "/api/25/rules").status_code for one in (reader, writer, nobody)] == [200, 200, 403]
    assert [one.call("PUT", "/api/25/rules", json=rule).status_code for one in (reader, writer, nobody)] == [
        403,
        201,
        403,
    ]
    assert [one.call("GET", "/api/24/rules").status_code for one in (reader, nobody)] == [200, 403]
    assert [one.call("GET", "/api/25/users").status_code for one in (reader, writer, nobody)] == [200, 403, 403]


def test_a_changed_role_counts_from_the_next_request_on(server: Server, api: Api) -> None:
    bob = person(server, "bob", roles=["user"])
    assert bob.call("GET", "/api/25/rules").status_code == 200

    api.made("POST", f"/users/{bob.id}", json={"roles": ["no_rights", "administrator"]})

    assert bob.call("GET", "/api/25/rules").status_code == 403


def test_events_of_a_person_carry_the_handle_and_the_login(server: Server) -> None:
    bob = person(server, "bob", roles=["user"])

    bob.call("PUT", "/api/25/rules", json={"id": "r-1", "displayName": "Rule"})

    (made,) = events(server, kind="rule")[-1:]
    assert (made.actor.handle, made.actor.id, made.actor.kind) == ("bob", bob.id, "user")
    assert made.credential is not None


# --- Nobody gives what they lack, and somebody stays ------------------------------------------------------------------


@pytest.fixture
def clerk(server: Server, api: Api) -> Any:
    """A person who may look after people, and little else."""
    api.made("PUT", "/roles", json={"id": "clerk", "name": "Clerk", "rights": ["user_all", "role_all"]})
    return person(server, "clerk", roles=["clerk"])


def test_nobody_gives_rights_that_they_lack(server: Server, clerk: Any) -> None:
    bob = make_user(server, "bob")
    made = {"username": "x", "password": PASSWORD}
    role = {"id": "r", "name": "Role"}
    for method, path, asked in (
        ("PUT", "/users", {**made, "roles": ["administrator"]}),
        ("POST", "/users/invite", {"email": "x@example.com", "roles": ["user"]}),
        ("POST", f"/users/{bob['id']}", {"roles": ["read_only"]}),
        ("POST", f"/users/{clerk.id}", {"roles": ["clerk", "administrator"]}),
        ("PUT", "/roles", {**role, "rights": ["rule_write"]}),
        ("POST", "/roles/clerk", {"rights": ["any_rights"]}),
        ("POST", "/roles/everyone", {"rights": ["rule_read"]}),
    ):
        answer = clerk.call(method, f"/api/25{path}", json=asked)
        assert answer.status_code == 403, path
        assert "cannot give rights that it lacks" in answer.get_json()["errorDetails"]
    assert clerk.call("PUT", "/api/25/users", json={**made, "roles": ["clerk"]}).status_code == 201


def test_nobody_takes_over_who_has_more_rights(server: Server, clerk: Any) -> None:
    boss = make_user(server, "boss", roles=["administrator"])
    path = f"/api/25/users/{boss['id']}"

    for asked in ({"password": "the clerk knows this"}, {"email": "clerk@example.com"}):
        assert clerk.call("POST", path, json=asked).status_code == 403
    assert log_in(server, "boss").status_code == 200


def test_the_last_administrator_stays(server: Server, api: Api) -> None:
    boss = make_user(server, "boss", roles=["administrator"])
    path = f"/users/{boss['id']}"

    for method, place, asked in (("POST", "", {"roles": ["user"]}), ("POST", "/disable", None), ("DELETE", "", None)):
        said = api.refused(400, method, f"{path}{place}", json=asked)
        assert said["errorDetails"].startswith("User 'boss' is the last administrator")
    make_user(server, "second", roles=["administrator"])
    api.made("POST", f"{path}/disable")


def test_two_administrators_cannot_disable_each_other_at_once(server: Server) -> None:
    pair = [person(server, name, roles=["administrator"]) for name in ("ann", "bob")]

    def disable(place: int) -> int:
        return pair[place].call("POST", f"/api/25/users/{pair[1 - place].id}/disable").status_code

    with ThreadPoolExecutor(2) as pool:
        statuses = sorted(pool.map(disable, range(2)))

    assert statuses[0] == 200
    assert statuses[1] in (400, 401)
    states = {user["state"] for user in Api(server, 25).made("GET", "/users")["data"]["users"]}
    assert states == {"active", "disabled"}


# --- Personal tokens --------------------------------------------------------------------------------------------------


def test_a_personal_token_may_do_what_its_person_may_and_no_more(server: Server, api: Api) -> None:
    bob = person(server, "bob", roles=["user"])
    made = {"name": "laptop", "authorizationType": "ro"}
    path = f"/api/25/users/{bob.id}/tokens"
    tokens = [bob.call("PUT", path, json=asked).get_json()["data"]["tokens"][0] for asked in ({"name": "all"}, made)]
    everything, reading = (token["token"] for token in tokens)

    def statuses(token: str) -> list[int]:
        calls = (("GET", "/rules", None), ("PUT", "/rules", {"displayName": "Rule"}), ("GET", "/users", None))
        return [server.call(method, f"/api/25{at}", token=token, json=asked).status_code for method, at, asked in calls]

    assert statuses(everything) == [200, 200, 403]
    assert statuses(reading) == [200, 403, 403]
    api.made("POST", f"/users/{bob.id}", json={"roles": ["inventory"]})
    assert statuses(everything) == [403, 403, 403]
    listed = bob.call("GET", path).get_json()["data"]["tokens"]
    assert sorted(token["name"] for token in listed) == ["all", "laptop"]
    assert all("token" not in token and token["lastAuthenticationDate"] is not None for token in listed)


def test_a_token_acts_as_its_person(server: Server) -> None:
    bob = person(server, "bob", roles=["user"])
    token = bob.call("PUT", f"/api/25/users/{bob.id}/tokens", json={"name": "x"}).get_json()["data"]["tokens"][0]

    server.put("/api/25/rules", token=token["token"], json={"id": "r-1", "displayName": "Rule"})

    (made,) = events(server, kind="rule")[-1:]
    assert (made.actor.handle, made.actor.kind, made.credential) == ("bob", "user", token["id"])


def test_nobody_makes_a_token_of_somebody_else(server: Server) -> None:
    bob, boss = person(server, "bob", roles=["user"]), person(server, "boss", roles=["administrator"])
    path = f"/api/25/users/{bob.id}/tokens"

    assert boss.call("PUT", path, json={"name": "x"}).status_code == 403
    assert server.put(path, json={"name": "x"}).status_code == 403
    assert bob.call("GET", f"/api/25/users/{boss.id}/tokens").status_code == 403


def test_who_looks_after_people_sees_and_ends_their_tokens(server: Server) -> None:
    bob, boss = person(server, "bob", roles=["user"]), person(server, "boss", roles=["administrator"])
    path = f"/api/25/users/{bob.id}/tokens"
    token = bob.call("PUT", path, json={"name": "x"}).get_json()["data"]["tokens"][0]

    assert [one["id"] for one in boss.call("GET", path).get_json()["data"]["tokens"]] == [token["id"]]
    assert boss.call("DELETE", f"{path}/{token['id']}").status_code == 200
    assert boss.call("DELETE", f"{path}/{token['id']}").status_code == 404
    assert server.get("/api/25/rules", token=token["token"]).status_code == 401


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "name"),
        ({"name": "x", "authorizationType": "acl"}, "authorizationType"),
        ({"name": "x", "expirationDate": "2020-01-01T00:00:00Z"}, "expirationDate"),
        ({"name": "x", "expirationDate": "tomorrow"}, "expirationDate"),
    ],
)
def test_a_token_that_cannot_be_is_refused_by_field(server: Server, asked: Json, field: str) -> None:
    bob = person(server, "bob", roles=["user"])

    answer = bob.call("PUT", f"/api/25/users/{bob.id}/tokens", json=asked)

    assert (answer.status_code, list(answer.get_json()["errors"])) == (400, [field])


def test_a_token_is_told_once_even_to_a_repeated_request(server: Server) -> None:
    bob = person(server, "bob", roles=["user"])
    key = {"Idempotency-Key": "k-1"}
    path = f"/api/25/users/{bob.id}/tokens"
    first = bob.call("PUT", path, json={"name": "x"}, headers=key).get_json()["data"]["tokens"][0]

    again = bob.call("PUT", path, json={"name": "x"}, headers=key)

    assert (again.status_code, again.get_json()["errorDetails"]) == (409, f"already done: {first['id']}")


# --- Accounts have owners ---------------------------------------------------------------------------------------------


def test_an_account_belongs_to_who_makes_it_unless_said_otherwise(server: Server) -> None:
    boss, bob = person(server, "boss", roles=["administrator"]), make_user(server, "bob")
    asked = {"name": "CI", "status": "enabled", "tenants": "*"}

    own = boss.call("POST", "/api/25/apiaccounts", json={"id": "a", **asked}).get_json()
    given = boss.call("POST", "/api/25/apiaccounts", json={"id": "b", **asked, "owner": bob["id"]}).get_json()
    moved = boss.call("POST", "/api/25/apiaccounts/b", json={"owner": boss.id}).get_json()

    assert [said["data"]["accounts"][0]["owner"] for said in (own, given, moved)] == [boss.id, bob["id"], boss.id]


def test_a_person_gives_an_account_no_more_than_they_may(server: Server) -> None:
    bob = person(server, "bob", roles=["administration_only"])
    asked = {"name": "CI", "status": "enabled", "tenants": "*"}

    statuses = [
        bob.call("POST", "/api/25/apiaccounts", json={**asked, "authorizationType": rights}).status_code
        for rights in ("none", "ro", "rw")
    ]

    assert statuses == [201, 403, 403]


def test_the_system_can_make_the_first_person(server: Server) -> None:
    work = server.opened.work(Context.system("default", "The first person"))

    made = create_user(work, {"username": "first", "password": PASSWORD, "roles": ["administrator"]})

    assert (made["roles"], made["state"]) == (["administrator"], "active")
    assert log_in(server, "first").status_code == 200
