"""The table of credentials over HTTP, cell by cell: real ones, alone and in pairs, natively and at root."""

from itertools import combinations

import pytest

from tests.installations import Server
from tests.takaro.calling import Root, administrator, domain
from tests.tenants.registering import registered

KINDS = ("X-API-Token", "Authorization", "x-takaro-token", "Api-Key")


@pytest.fixture
def pair(server: Server) -> tuple[dict[str, str], dict[str, str]]:
    """Give the credentials of two tenants, each of which has a parameter that tells which one it is."""
    (first, mine), (second, other) = (tenant(server, name) for name in ("one", "two"))
    assert first != second
    return mine, other


def tenant(server: Server, name: str) -> tuple[str, dict[str, str]]:
    """Register a tenant and mark it."""
    client = registered(server, f"{name}@example.com")
    token = administrator(server).data("POST", "/token", {"domainId": client.id})["token"]
    assert client.call("PUT", "/api/25/parameters", json={"id": "which", "value": name}).status_code == 201
    body = {"id": "bot", "name": "Bot", "status": "enabled", "tenants": "*", "authorizationType": "rw"}
    bot = client.call("POST", "/api/25/apiaccounts", json=body).json["data"]["accounts"][0]
    return client.id, {
        "X-API-Token": bot["token"],
        "Authorization": client.bearer["Authorization"],
        "x-takaro-token": token,
        "Api-Key": client.key,
    }


def read(server: Server, headers: dict[str, str]) -> tuple[int, str | None]:
    answer = server.client.get("/api/25/parameters/which", headers=headers)
    value = answer.json["data"]["parameters"][0]["value"] if answer.status_code == 200 else None
    return answer.status_code, value


def written(server: Server, headers: dict[str, str]) -> int:
    status: int = server.client.post("/api/25/parameters/which", json={"description": "x"}, headers=headers).status_code
    return status


def test_every_credential_alone_and_in_pairs_natively(server: Server, pair: tuple[dict[str, str], ...]) -> None:
    mine, other = pair
    for kind in KINDS:
        alone = {kind: mine[kind]}
        assert (read(server, alone), written(server, alone)) == ((200, "one"), 401 if kind == "Api-Key" else 200), kind
        assert read(server, {kind: f"{mine[kind]}x"})[0] == 401, kind
    for first, second in combinations(KINDS, 2):
        same = {first: mine[first], second: mine[second]}
        assert (read(server, same), written(server, same)) == ((200, "one"), 200), same.keys()
        for one, two in ((mine, other), (other, mine)):
            mixed = {first: one[first], second: two[second]}
            wanted = 403 if {first, second} == {"Authorization", "Api-Key"} else 400
            assert (read(server, mixed), written(server, mixed)) == ((wanted, None), wanted), mixed.keys()
        for bad, good in ((first, second), (second, first)):
            wrong = {good: mine[good], bad: f"{mine[bad]}x"}
            assert read(server, wrong)[0] == 401, wrong.keys()


def test_root_level_takes_its_own_credentials_only(server: Server, pair: tuple[dict[str, str], ...]) -> None:
    mine, other = pair
    made, root = domain(server)
    login = root.headers["Authorization"]
    token = administrator(server).data("POST", "/token", {"domainId": made["createdDomain"]["id"]})["token"]
    good = {"Authorization": login, "x-takaro-token": token}

    for headers in ({"Authorization": login}, {"x-takaro-token": token}, good):
        assert Root(server, headers).data("GET", "/me")["domain"] == made["createdDomain"]["id"]
    for kind in ("X-API-Token", "Authorization", "Api-Key"):
        assert Root(server, {kind: mine[kind]}).refused("GET", "/me")[0] == 401, kind
        for own in good:
            if own != kind:
                assert Root(server, {own: good[own], kind: mine[kind]}).refused("GET", "/me")[0] == 401, (own, kind)
    assert (
        Root(server, {"Authorization": login, "x-takaro-token": other["x-takaro-token"]}).refused("GET", "/me")[0]
        == 400
    )
    assert Root(server, {"Authorization": login, "x-takaro-token": "x"}).refused("GET", "/me")[0] == 401
