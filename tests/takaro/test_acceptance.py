"""The typical run of a client at root level, from the first call to the last."""

from app.dialects.takaro.routes import ROUTES
from tests.installations import Server
from tests.takaro.calling import Root, administrator, domain, login, permission


def test_the_typical_acceptance_run(server: Server) -> None:
    admin = administrator(server)
    assert server.client.get("/healthz").json == {"healthy": True}
    made, root = domain(server)
    home = made["createdDomain"]["id"]

    role = root.data("POST", "/role", {"name": "Helper", "permissions": permission(root, "READ_USERS", "MANAGE_RULES")})
    held = {one["permission"]["permission"] for one in role["permissions"]}
    assert (role["name"], role["system"], held) == ("Helper", False, {"READ_USERS", "READ_RULES", "MANAGE_RULES"})
    assert root.data("GET", f"/role/{role['id']}") == role
    assert root.data("POST", "/role/search", {"filters": {"name": ["Helper"]}, "extend": ["permissions"]}) == [role]
    assert root.data("POST", "/role/search", {"search": {"name": ["helP"]}}) == [role]
    changed = root.data("PUT", f"/role/{role['id']}", {"permissions": permission(root, "READ_EVENTS")})
    assert [one["permission"]["permission"] for one in changed["permissions"]] == ["READ_EVENTS"]
    assert changed["name"] == "Helper"
    assert root.data("PUT", f"/role/{role['id']}", {}) == changed
    assert root.data("DELETE", f"/role/{role['id']}") == {}
    assert root.refused("DELETE", f"/role/{role['id']}")[:2] == (404, "NotFoundError")

    (user,) = root.data("POST", "/user/search", {"filters": {"email": [made["rootUser"]["email"]]}})
    assert user["id"] == made["rootUser"]["id"]
    me = root.data("GET", "/me")
    assert (me["user"]["id"], me["domain"], [one["id"] for one in me["domains"]], me["pogs"]) == (
        user["id"],
        home,
        [home],
        [],
    )
    assert [one["role"]["name"] for one in me["user"]["roles"]] == ["root"]
    assert root.data("POST", "/user/search", {}, **{"X-Takaro-Domain": home}) == [user]

    token = admin.data("POST", "/token", {"domainId": home})["token"]
    found = Root(server, {"x-takaro-token": token}).data(
        "POST", "/event/search", {"filters": {"eventName": ["UserLogin"]}}
    )
    assert [one["actingUserId"] for one in found] == [user["id"]]

    admin.data("PUT", f"/domain/{home}", {"state": "DISABLED"})
    assert root.refused("GET", "/me") == (400, "BadRequestError", "Domain is disabled. Please contact support.")
    admin.data("PUT", f"/domain/{home}", {"state": "ACTIVE"})
    again = login(server, made["rootUser"]["email"], made["password"])
    assert again.data("POST", "/logout") == {}
    assert again.refused("GET", "/me")[:2] == (401, "UnauthorizedError")
    admin.data("DELETE", f"/domain/{home}?hardDelete=true")
    assert root.refused("GET", "/me") == (401, "UnauthorizedError", "Not authorized")


def test_the_routes_are_described_whole(server: Server) -> None:
    described = server.client.get("/openapi.json").json

    said = {(method.upper(), path) for path, methods in described["paths"].items() for method in methods}
    assert said == {(route.method, route.path) for route in ROUTES}
    schemes = set(described["components"]["securitySchemes"])
    for methods in described["paths"].values():
        for operation in methods.values():
            assert {name for one in operation["security"] for name in one} <= schemes
            assert operation["responses"]["200"]
    page = server.client.get("/api.html")
    assert (page.status_code, page.headers["Location"]) == (302, "/api/docs/")


def test_every_route_asks_who_calls(server: Server) -> None:
    assert len(ROUTES) > 30
    for route in ROUTES:
        path = route.path.replace("{", "").replace("}", "")
        answer = Root(server).call(route.method, path)
        assert answer.status_code == (400 if route.path == "/login" else 401), route
        assert answer.json["data"] is None
