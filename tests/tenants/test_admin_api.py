"""The administration of tenants at the root, with the installation's secret."""

import re
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.boot import Installation
from app.config import Config
from app.store.session import TenantSession
from app.store.tenants import find_key
from app.verify import verify_installation
from tests.installations import Server, configured, open_for_test
from tests.tenants.conftest import SECRET

LIMITS = {
    "rateLimitPoints": 2500,
    "rateLimitDuration": 900000,
    "maxGameservers": 1,
    "maxUsers": 1000,
    "eventRetentionDays": 7,
    "maxVariables": 10000,
    "maxModules": 1000,
    "maxFunctionsInModule": 50,
}


def admin(server: Server, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
    """Call with the secret, as the published client does: a content type on every call."""
    sent = {"X-Admin-Token": SECRET, "Content-Type": "application/json", **headers}
    kept = {name: value for name, value in sent.items() if value}
    more = {} if body is None else {"json": body}
    answer: TestResponse = server.client.open(path, method=method, headers=kept, **more)
    return answer


def made(server: Server, name: str = "test-domain", **more: Any) -> Any:
    answer = admin(server, "POST", "/domain", {"name": name, **more})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.json["data"]


def system_events(opened: Installation) -> list[tuple[str, str]]:
    with opened.database.everywhere("test") as connection:
        rows = connection.exec_driver_sql(
            "SELECT type, object_id FROM events WHERE tenant = 'system' AND seq > 1 ORDER BY seq"
        )
        return [(row[0], row[1]) for row in rows]


def test_a_domain_is_made_with_its_first_administrator(server: Server) -> None:
    said = made(server, state="ACTIVE", id="ignored")

    domain = said["createdDomain"]
    assert re.fullmatch(r"test-domain-[0-9]{6}", domain["id"])
    times = {"createdAt", "updatedAt"}
    assert {name: value for name, value in domain.items() if name not in times} == {
        "id": domain["id"],
        "name": "test-domain",
        "state": "ACTIVE",
        "externalReference": None,
        **LIMITS,
    }
    assert said["rootUser"]["email"] == f"root@{domain['id']}.com"
    assert said["rootRole"]["permissions"][0]["permission"]["permission"] == "ROOT"
    assert re.fullmatch(r"[0-9a-f]{40}", said["password"])
    assert admin(server, "GET", f"/domain/{domain['id']}").json["data"] == domain
    assert system_events(server.opened) == [("TenantCreated", domain["id"])]


def test_the_alias_of_the_header_is_equal_in_power(server: Server) -> None:
    alias = {"X-Admin-Token": "", "X-Takaro-Admin-Token": SECRET}

    assert admin(server, "POST", "/domain/search", {}, **alias).status_code == 200
    assert admin(server, "POST", "/domain/search", {}, **{"X-Takaro-Admin-Token": SECRET}).status_code == 200
    assert admin(server, "POST", "/domain/search", {}, **{"X-Takaro-Admin-Token": "other"}).status_code == 403


@pytest.mark.parametrize("path", ["/domain", "/domain/search", "/domain/public", "/resolve-registration-token"])
def test_no_header_is_401_and_a_wrong_one_403(server: Server, path: str) -> None:
    missing = admin(server, "POST", path, {}, **{"X-Admin-Token": ""})
    wrong = admin(server, "POST", path, {}, **{"X-Admin-Token": SECRET.upper()})

    assert (missing.status_code, missing.json["meta"]["error"]["code"]) == (401, "UnauthorizedError")
    assert missing.json["meta"]["error"]["message"] == "Not authorized"
    assert missing.json["data"] is None
    assert (wrong.status_code, wrong.json["meta"]["error"]["code"]) == (403, "ForbiddenError")


def test_twenty_wrong_secrets_are_enough(server: Server) -> None:
    statuses = [admin(server, "GET", "/domain/public", **{"X-Admin-Token": "wrong"}).status_code for _ in range(21)]

    assert statuses == [403] * 20 + [429]
    assert admin(server, "GET", "/domain/public").status_code == 200


def test_without_a_configured_secret_nothing_opens(config: Config, installation: Installation) -> None:
    closed = Server(configured(config.database_url, config.keys_dir, config.data_dir), installation)

    assert admin(closed, "GET", "/domain/public").status_code == 401
    assert admin(closed, "GET", "/domain/public", **{"X-Admin-Token": ""}).status_code == 401


def test_the_secret_opens_no_routes_of_tenants_and_a_token_none_of_these(server: Server) -> None:
    answer = server.client.get("/api/24/rules", headers={"X-Admin-Token": SECRET})
    other = server.client.get("/domain/public", headers={"X-API-Token": server.token})

    assert (answer.status_code, other.status_code) == (401, 401)


@pytest.mark.parametrize(
    ("body", "property_", "constraint"),
    [
        ({}, "name", "isString"),
        ({"name": "ab"}, "name", "isLength"),
        ({"name": "a" * 201}, "name", "isLength"),
        ({"name": 7}, "name", "isString"),
        ({"name": "abc", "state": "GONE"}, "state", "isEnum"),
        ({"name": "abc", "maxUsers": "5"}, "maxUsers", "isNumber"),
        ({"name": "abc", "maxUsers": True}, "maxUsers", "isNumber"),
        ({"name": "abc", "maxUsers": -1}, "maxUsers", "min"),
        ({"name": "abc", "externalReference": "x"}, "externalReference", "isLength"),
        ({"name": "abc", "bogus": 1}, "bogus", "whitelistValidation"),
    ],
)
def test_a_wrong_domain_is_refused_by_property(server: Server, body: Any, property_: str, constraint: str) -> None:
    answer = admin(server, "POST", "/domain", body)

    error = answer.json["meta"]["error"]
    assert (answer.status_code, error["code"], error["message"]) == (400, "ValidationError", "Validation error")
    assert [(one["property"], list(one["constraints"])) for one in error["details"]] == [(property_, [constraint])]
    assert system_events(server.opened) == []


def test_put_is_a_partial_update_and_gives_the_whole_domain(server: Server) -> None:
    domain = made(server, externalReference="ref-1")["createdDomain"]
    path = f"/domain/{domain['id']}"

    unchanged = admin(server, "PUT", path, {}).json["data"]
    changed = admin(server, "PUT", path, {"name": "renamed", "maxUsers": 3}).json["data"]
    cleared = admin(server, "PUT", path, {"externalReference": None}).json["data"]

    assert unchanged == domain
    assert {**domain, "name": "renamed", "maxUsers": 3, "updatedAt": changed["updatedAt"]} == changed
    assert cleared["externalReference"] is None
    assert system_events(server.opened) == [("TenantCreated", domain["id"]), *[("TenantModified", domain["id"])] * 2]


def test_a_plain_delete_switches_off_and_a_hard_one_leaves_nothing(server: Server) -> None:
    domain = made(server)["createdDomain"]["id"]
    server.opened.git_writer.catch_up(domain)
    repository = server.opened.git_writer.path(domain)
    token = server.account("bot", tenant=domain)

    soft = admin(server, "DELETE", f"/domain/{domain}")
    shown = admin(server, "GET", f"/domain/{domain}").json["data"]
    disabled = server.get("/api/25/rules", token=token)
    hard = admin(server, "DELETE", f"/domain/{domain}?hardDelete=true")

    assert (soft.status_code, soft.json["data"], shown["state"]) == (200, {}, "DISABLED")
    assert (disabled.status_code, disabled.json["errorDetails"]) == (
        403,
        "Domain is disabled. Please contact support.",
    )
    assert (hard.status_code, repository.exists()) == (200, False)
    assert admin(server, "GET", f"/domain/{domain}").status_code == 404
    assert admin(server, "DELETE", f"/domain/{domain}?hardDelete=true").status_code == 404
    assert server.get("/api/25/rules", token=token).status_code == 401
    assert system_events(server.opened) == [
        ("TenantCreated", domain),
        ("TenantModified", domain),
        ("TenantDeleted", domain),
    ]
    report = verify_installation(server.opened.database, server.opened.git_root, tenant="system")
    assert (report.fault, report.text) == (None, "system: 4 events, 0 commits and 0 documents agree")


def test_the_founded_tenants_stay(server: Server) -> None:
    for tenant in ("public", "system", "default"):
        assert admin(server, "DELETE", f"/domain/{tenant}?hardDelete=true").status_code == 409
    for tenant in ("public", "system"):
        assert admin(server, "DELETE", f"/domain/{tenant}").status_code == 400
        assert admin(server, "PUT", f"/domain/{tenant}", {"state": "MAINTENANCE"}).status_code == 400
    assert system_events(server.opened) == []


def test_search_finds_sorts_and_pages(server: Server) -> None:
    for name in ("alpha one", "alpha two", "beta"):
        made(server, name)

    found = admin(server, "POST", "/domain/search", {"search": {"name": ["ALPHA"]}, "sortBy": "name", "limit": 1}).json
    all_of_them = admin(server, "POST", "/domain/search").json

    assert [one["name"] for one in found["data"]] == ["alpha one"]
    assert (found["meta"]["page"], found["meta"]["limit"], found["meta"]["total"]) == (1, 1, 2)
    assert all_of_them["meta"]["total"] == 6
    assert admin(server, "POST", "/domain/search", {"filters": {"state": ["DISABLED"]}}).json["data"] == []


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"page": 0}, "Invalid pagination: pages start at 1"),
        ({"limit": 1001}, "Invalid pagination: limit must be between 1 and 1000"),
        ({"limit": "2"}, "Invalid pagination: limit must be between 1 and 1000"),
        ({"sortBy": "name; drop table"}, "Validation error"),
        ({"filters": {"bogus": ["x"]}}, "Validation error"),
        ({"extend": ["users"]}, "Validation error"),
        (
            {"filters": {"name": "x"}},
            "filters.name must be an array of values, not a single one: write [...] around it",
        ),
    ],
)
def test_a_search_that_cannot_be_read_is_refused(server: Server, body: Any, text: str) -> None:
    answer = admin(server, "POST", "/domain/search", body)

    assert (answer.status_code, answer.json["meta"]["error"]["message"]) == (400, text)


def test_a_registration_token_names_its_active_tenant(server: Server) -> None:
    domain = made(server)["createdDomain"]
    with server.opened.database.everywhere("test") as connection:
        key = find_key(connection, domain["id"], "registration")
    assert key is not None
    ring = server.opened.committer.ring
    token = ring.unseal(domain["id"], "key:registration", key.ciphertext, key.key_id)

    def resolved(text: Any) -> TestResponse:
        return admin(server, "POST", "/resolve-registration-token", {"registrationToken": text})

    assert resolved(token).json["data"] == domain
    assert (resolved("unknown").status_code, resolved("").status_code) == (404, 404)
    admin(server, "PUT", f"/domain/{domain['id']}", {"state": "DISABLED"})
    assert resolved(token).status_code == 404


def test_bodies_that_are_no_json_objects_are_refused(server: Server) -> None:
    headers = {"X-Admin-Token": SECRET, "Content-Type": "application/json"}
    for content in ("{", "[]", '"x"'):
        answer = server.client.post("/domain", data=content, headers=headers)
        assert (answer.status_code, answer.json["meta"]["error"]["code"]) == (400, "BadRequestError")
    text = server.client.post("/domain", data="x", headers={**headers, "Content-Type": "text/plain"})

    assert text.status_code == 415
    assert admin(server, "PATCH", "/domain/public").status_code == 405


def test_a_quota_is_judged_under_the_lock_and_can_be_raised(server: Server) -> None:
    domain = made(server, maxVariables=1)["createdDomain"]["id"]
    token = server.account("bot", tenant=domain)

    def put(name: str) -> TestResponse:
        return server.put("/api/25/parameters", token=token, json={"id": name, "value": "v"})

    first, second = put("one"), put("two")
    deleted = server.delete("/api/25/parameters/one", token=token)
    third = put("three")
    admin(server, "PUT", f"/domain/{domain}", {"maxVariables": 2})
    fourth = put("four")

    assert (first.status_code, second.status_code, deleted.status_code) == (200, 400, 200)
    assert second.json["errorDetails"] == (
        "Too many variables: the tenant may have 1 and would have 2 (maxVariables); delete some first"
    )
    assert (third.status_code, fourth.status_code) == (200, 200)


def test_a_tenant_in_maintenance_comes_back_without_a_restart(server: Server) -> None:
    domain = made(server)["createdDomain"]["id"]
    token = server.account("bot", tenant=domain)
    admin(server, "PUT", f"/domain/{domain}", {"state": "MAINTENANCE"})

    closed = server.get("/api/25/rules", token=token)
    old = server.get("/api/24/rules", token=token)
    admin(server, "PUT", f"/domain/{domain}", {"state": "ACTIVE"})

    assert (closed.status_code, closed.headers["Retry-After"]) == (503, "60")
    assert closed.json["errorDetails"] == "Domain is in maintenance mode. Please try again later."
    assert old.status_code == 503
    assert server.get("/api/25/rules", token=token).status_code == 200


def test_a_disabled_tenant_is_a_refusal_like_any_other_up_to_24(server: Server) -> None:
    domain = made(server)["createdDomain"]["id"]
    token = server.account("bot", tenant=domain)
    admin(server, "DELETE", f"/domain/{domain}")

    answer = server.put("/api/24/rules", token=token, json={"displayName": "x"})

    assert (answer.status_code, answer.json["errorDetails"]) == (500, "Domain is disabled. Please contact support.")


def test_a_new_tenant_is_a_whole_copy_that_git_replays(config: Config, server: Server) -> None:
    domain = made(server)["createdDomain"]["id"]
    server.opened.git_writer.catch_up(domain)

    session = TenantSession(server.opened.database, domain)
    assert session.head().seq == 7  # made, its first person, five roles
    session.release()
    assert verify_installation(server.opened.database, server.opened.git_root, tenant=domain).fault is None
    with open_for_test(config) as again:
        assert verify_installation(again.database, again.git_root, tenant=domain).fault is None
