"""Nothing of one domain reaches another: every declared route, with the ids and names of the first."""

import re
from typing import Any

from app.dialects.takaro.routes import ROUTES
from app.dialects.takaro.visit import Route
from tests.installations import Server
from tests.takaro.calling import Root, administrator, domain, member

MARK = "marked-as-mine"
_HOLE = re.compile(r"\{([A-Za-z]+)\}")
BODIES = {
    "/role/{id}": {"name": "Taken"},
    "/user/{id}": {"name": "Taken"},
    "/variables/{id}": {"value": "taken"},
    "/settings/{key}": {"value": "x"},
}


def filled(server: Server) -> tuple[str, dict[str, str], Root]:
    """Make a domain with something of everything, and give its id, the ids in it, and its administrator."""
    made, root = domain(server, "first domain")
    user, _ = member(server, root, "READ_USERS", name=MARK)
    variable = root.data("POST", "/variables", {"key": MARK, "value": MARK})
    root.data("POST", "/settings/commandPrefix", {"value": MARK})
    home = made["createdDomain"]["id"]
    event = root.data("POST", "/event/search", {"limit": 1})[0]
    role = root.data("GET", f"/user/{user['id']}")["roles"][0]["roleId"]
    ids = {"user": user["id"], "role": role, "variables": variable["id"], "event": event["id"], "roleId": role}
    return home, {**ids, "domainId": home}, root


def snapshot(root: Root) -> list[Any]:
    paths = ("/role/search", "/user/search", "/variables/search", "/settings")
    return [root.data("GET" if path == "/settings" else "POST", path) for path in paths]


def address(route: Route, ids: dict[str, str]) -> str:
    kind = route.path.split("/")[1]
    return _HOLE.sub(lambda hole: ids.get(hole[1]) or ids.get(kind, "commandPrefix"), route.path)


def test_no_route_shows_or_changes_anything_of_another_domain(server: Server) -> None:
    home, ids, root = filled(server)
    _, stranger = domain(server, "second domain")
    before = snapshot(root)
    routes = [route for route in ROUTES if route.asks == "person" and route.path != "/logout"]

    assert len(routes) > 25
    for route in routes:
        body = BODIES.get(route.path) if route.method in ("POST", "PUT") else None
        for headers in ({}, {"X-Takaro-Domain": home}):
            answer = stranger.call(route.method, address(route, ids), body, **headers)
            text = answer.get_data(as_text=True)
            assert MARK not in text, route
            assert answer.status_code < 500, route
            if headers and not route.chooses:
                assert answer.status_code == 403, route
            if "{" in route.path and "{key}" not in route.path:
                assert answer.status_code in (400, 403, 404), route
    for path, key in (("/user/search", "email"), ("/role/search", "name"), ("/variables/search", "key")):
        for value in (MARK, f"{MARK}@example.com", f"of {MARK}"):
            assert stranger.data("POST", path, {"filters": {key: [value]}}) == []
            assert stranger.data("POST", path, {"search": {key: [value]}}) == []
    assert MARK not in stranger.call("POST", "/event/export").text
    assert snapshot(root) == before


def test_administration_asks_for_its_secret_whoever_calls(server: Server) -> None:
    home, _, root = filled(server)
    before = administrator(server).data("GET", f"/domain/{home}")

    for route in ROUTES:
        if route.asks == "admin":
            path = route.path.replace("{domain}", home)
            assert root.refused(route.method, path, {})[:2] == (401, "UnauthorizedError"), route
            wrong = Root(server, {**root.headers, "X-Admin-Token": "another secret of twenty"})
            assert wrong.refused(route.method, path, {})[:2] == (403, "ForbiddenError"), route
    assert administrator(server).data("GET", f"/domain/{home}") == before
