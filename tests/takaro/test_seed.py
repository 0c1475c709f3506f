"""Every example of the published text on the root-level API, as it is written there and as it is meant."""

from typing import Any

import pytest

from tests.installations import Server
from tests.takaro.calling import Root, administrator, domain, member

COMBINED = {
    "filters": {"email": ["john@example.com"]},
    "search": {"name": ["John"]},
    "page": 1,
    "limit": 5,
    "extend": ["roles", "gameServers"],
}


@pytest.fixture
def root(server: Server) -> Root:
    _, root = domain(server)
    for name in ("john", "johnny", "jane"):
        member(server, root, "READ_USERS", name=name)
    for number in range(9):
        member(server, root, "READ_USERS", name=f"other{number}")
    return root


EXAMPLES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "filters": ({"filters": {"name": ["john"], "email": ["john@example.com"]}}, ["john"]),
    "filters look at case": ({"filters": {"name": ["John"]}}, []),
    "searches": ({"search": {"name": ["John"]}}, ["john", "johnny"]),
    "pagination": ({"page": 2, "limit": 10, "sortBy": "name"}, ["other7", "other8", "root"]),
    "all together": (COMBINED, ["john"]),
}


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
def test_the_published_examples_of_searches_find_what_they_say(root: Root) -> None:
    found = {
        name: [one["name"] for one in root.data("POST", "/user/search", body)] for name, (body, _) in EXAMPLES.items()
    }

    assert {name: sorted(names) for name, names in found.items()} == {
        name: want for name, (_, want) in EXAMPLES.items()
    }
    (john,) = root.data("POST", "/user/search", COMBINED)
    assert john["gameServers"] == []
    assert [held["role"]["system"] for held in john["roles"]] == [False]
    status, code, message = root.refused("POST", "/user/search", {"extend": ["listing.items.item"]})
    assert (status, code) == (400, "ValidationError")
    error = root.call("POST", "/user/search", {"extend": ["listing.items.item"]}).json
    assert error["data"] is None
    assert set(error["meta"]["error"]) == {"code", "message", "details"}
    (detail,) = error["meta"]["error"]["details"]
    assert detail["property"] == "extend"
    for path in ("roles", "gameServers"):
        assert path in detail["constraints"]["isEnum"], message


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
def test_the_published_command_makes_a_domain(server: Server) -> None:
    made = administrator(server).data("POST", "/domain", {"name": "test-domain"})

    assert made["createdDomain"]["name"] == "test-domain"
    assert set(made) == {"createdDomain", "rootUser", "rootRole", "password"}
