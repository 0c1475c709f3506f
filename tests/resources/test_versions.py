"""What differs between versions, as data: the rows of the table "Differences of content", and nothing else."""

from typing import Any

import pytest

from tests.installations import Server
from tests.resources.asking import Api, Json, only

RULE: Json = {
    "id": "r-1",
    "displayName": "Rule 1",
    "categoryId": "rootRuleCategory",
    "shortDescription": "short",
    "longDescription": "",
    "directives": [],
    "targets": [{"include": {"or": ["special:all"]}, "exclude": {"or": []}}],
    "enabled": True,
    "system": False,
    "tags": [{"site": "lyon"}],
    "policyMode": "enforce",
    "status": {"value": "Not applied", "details": "No policy defined"},
    "security": "open",
}
GROUP: Json = {
    "id": "g-1",
    "displayName": "Group 1",
    "description": "",
    "categoryId": "GroupRoot",
    "nodeIds": [],
    "dynamic": True,
    "enabled": True,
    "groupClass": ["group_g_1", "group_group_1"],
    "properties": [{"name": "site", "value": "lyon"}],
    "target": "group:g-1",
    "system": False,
    "security": "open",
}

DIRECTIVE: Json = {
    "id": "d-1",
    "displayName": "Directive 1",
    "shortDescription": "short",
    "longDescription": "",
    "techniqueName": "motdConfiguration",
    "techniqueVersion": "1.0",
    "parameters": {
        "section": {
            "name": "sections",
            "sections": [
                {
                    "section": {
                        "name": "Message",
                        "vars": [
                            {"var": {"name": "MOTD_BEFORE_LOGIN", "value": "false"}},
                            {"var": {"name": "MOTD_POSITION", "value": "replace"}},
                            {"var": {"name": "MOTD_TEXT", "value": "Hello"}},
                        ],
                    }
                }
            ],
        }
    },
    "priority": 5,
    "enabled": True,
    "system": False,
    "policyMode": "default",
    "tags": [{"site": "lyon"}],
    "security": "open",
}
NEWEST = {"rules": RULE, "groups": GROUP, "directives": DIRECTIVE}

Rows = dict[str, Any]
# What a version has otherwise than 24: a member's former name, or None for a member that it does not have.
DIFFERENCES: list[tuple[str, int, Rows]] = [
    ("rules", 2, {}),
    ("rules", 10, {}),
    ("rules", 21, {}),
    ("rules", 24, {}),
    ("groups", 2, {"categoryId": "category", "groupClass": None, "security": None}),
    ("groups", 6, {"categoryId": "category", "groupClass": None, "security": None}),
    ("groups", 7, {"categoryId": "category", "security": None}),
    ("groups", 10, {"categoryId": "category", "security": None}),
    ("groups", 21, {"categoryId": "category", "security": None}),
    ("groups", 22, {}),
    ("groups", 24, {}),
    ("directives", 2, {}),
    ("directives", 10, {}),
    ("directives", 21, {}),
    ("directives", 24, {}),
]


def expected(newest: Json, rows: Rows) -> list[tuple[str, Any]]:
    """Give the members, in order, that a version shows."""
    return [(rows.get(name, name), value) for name, value in newest.items() if rows.get(name, name) is not None]


@pytest.fixture
def filled(server: Server) -> Server:
    api = Api(server, 24)
    api.made("PUT", "/rules", json=RULE)
    api.made("PUT", "/groups", json=GROUP)
    api.made("PUT", "/directives", json=DIRECTIVE)
    return server


@pytest.mark.parametrize(("kind", "version", "rows"), DIFFERENCES)
def test_a_version_differs_in_the_rows_of_the_table_only(filled: Server, kind: str, version: int, rows: Rows) -> None:
    newest = NEWEST[kind]

    shown = only(Api(filled, version).made("GET", f"/{kind}/{newest['id']}"), kind)

    assert list(shown.items()) == expected(newest, rows)


@pytest.mark.parametrize("version", [2, 10, 21, 24])
@pytest.mark.parametrize(("kind", "label"), [("rules", "Rule"), ("groups", "Group"), ("directives", "Directive")])
def test_deleting_something_missing_is_an_error_up_to_10_only(
    server: Server, kind: str, label: str, version: int
) -> None:
    api = Api(server, version)

    if version <= 10:
        text = f"Could not delete {label} x-none cause is: Could not find {label} x-none."
        assert api.refused(500, "DELETE", f"/{kind}/x-none")["errorDetails"] == text
    else:
        assert only(api.made("DELETE", f"/{kind}/x-none"), kind)["displayName"] == ""


@pytest.mark.parametrize("kind", ["rules", "groups"])
def test_25_adds_its_own_members_and_shows_what_is_unset(server: Server, kind: str) -> None:
    api = Api(server, 24)
    made = only(api.made("PUT", f"/{kind}", json={"displayName": "Plain one"}), kind)

    shown = only(Api(server, 25).made("GET", f"/{kind}/{made['id']}"), kind)

    added = {name: value for name, value in shown.items() if name not in made}
    unset = {"security": None} if kind == "rules" else {"security": None, "query": None}
    assert {name: shown[name] for name in made} == made
    assert added.keys() == {"revision", "createdAt", "updatedAt", *unset}
    assert {name: added[name] for name in unset} == unset
