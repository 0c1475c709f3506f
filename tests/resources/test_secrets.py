"""A directive's secrets: documents, events, git and answers hold a tag in their place."""

import subprocess
from typing import Any

import pytest
from sqlalchemy import select

from app.boot import DEFAULT
from app.core.canonical import Document
from app.store.tables import Base
from tests.installations import Server
from tests.resources.directive_samples import head, refused, section, shown

SECRET = "$6$saltsalt$NeverShownToAnybodyAnywhere"
OTHER = "$6$saltsalt$SomethingElseAltogether"


def users(password: Any) -> Document:
    """Write the parameters of an account with a password."""
    inner = section("Password", {"USERGROUP_USER_PASSWORD": password})
    return section("sections", None, section("Users", {"USERGROUP_USER_LOGIN": "deploy"}, inner))


def new_user(server: Server, directive_id: str = "d-user", password: Any = SECRET) -> Any:
    """Create a directive that sets a password."""
    body = {"id": directive_id, "displayName": "User", "techniqueName": "userManagement", "parameters": users(password)}
    return server.put("/api/25/directives", json=body)


def password_in(directive: Any) -> Any:
    """Read the value at the place of the password."""
    sections = directive["parameters"]["section"]["sections"][0]["section"]["sections"]
    inner = next(one["section"] for one in sections if one["section"]["name"] == "Password")
    return inner["vars"][0]["var"]["value"]


def test_answers_show_a_tag(server: Server) -> None:
    created = new_user(server)
    answers = [
        created,
        server.get("/api/25/directives/d-user"),
        server.get("/api/24/directives/d-user"),
        server.get("/api/24/directives"),
        server.get("/api/25/directives/tree"),
        server.get("/api/25/directives/d-user/history"),
        server.get(f"/api/25/directives/d-user?at=seq:{head(server)[1]}"),
        server.post("/api/24/directives/d-user/check", json={"parameters": users(SECRET)}),
        server.put("/api/24/directives", json={"source": "d-user", "displayName": "Copy"}),
        server.delete("/api/24/directives/d-user"),
    ]

    tag = password_in(shown(created, "directives"))
    assert list(tag) == ["$secret"]
    assert [one.status_code for one in answers] == [200] * len(answers)
    assert [one.request.path for one in answers if SECRET in one.text] == []
    assert [one.request.path for one in answers if tag["$secret"] not in one.text] == []


def test_the_database_never_holds_it(server: Server) -> None:
    new_user(server)
    server.post("/api/25/directives/d-user", json={"parameters": users(OTHER)})

    rows = []
    with server.opened.database.everywhere("test") as connection:
        for table in Base.metadata.sorted_tables:
            rows += [(table.name, str(tuple(row))) for row in connection.execute(select(table))]

    assert any(table == "documents" and '"$secret"' in text for table, text in rows)
    assert [table for table, text in rows if SECRET in text or OTHER in text] == []


def test_no_file_of_the_database_holds_it(server: Server) -> None:
    url = server.config.database_url
    if not url.startswith("sqlite:///"):
        pytest.skip("the files are those of SQLite")
    folder = url.removeprefix("sqlite:///").rpartition("/")[0]
    new_user(server)

    listing = subprocess.run(["grep", "-rlaF", SECRET, folder], capture_output=True, text=True, check=False)

    assert (listing.returncode, listing.stdout) == (1, "")


def test_git_never_holds_it(server: Server) -> None:
    new_user(server)
    server.post("/api/25/directives/d-user", json={"parameters": users(OTHER)})
    commit = server.opened.git_writer.catch_up(DEFAULT)

    repositories = [path.parent for path in server.opened.git_root.rglob("HEAD")]
    listing = subprocess.run(
        ["git", "--git-dir", str(repositories[0]), "cat-file", "--batch-all-objects", "--batch"],
        capture_output=True,
        check=True,
    )

    assert (commit, len(repositories)) == (head(server)[0], 1)
    assert b'"$secret"' in listing.stdout
    assert SECRET.encode() not in listing.stdout
    assert OTHER.encode() not in listing.stdout


def test_equal_secrets_have_equal_tags_and_others_do_not(server: Server) -> None:
    first, second, third = (
        password_in(shown(new_user(server, name, password), "directives"))
        for name, password in (("d-1", SECRET), ("d-2", SECRET), ("d-3", OTHER))
    )

    assert first == second
    assert first != third


@pytest.mark.parametrize("version", [24, 25])
def test_a_tag_posted_back_keeps_the_secret(server: Server, version: int) -> None:
    new_user(server)
    read = shown(server.get(f"/api/{version}/directives/d-user"), "directives")
    before = head(server)

    kept = shown(server.post(f"/api/{version}/directives/d-user", json=read), "directives")

    assert (kept, head(server)) == (read, before)


def test_the_same_secret_sent_again_changes_nothing(server: Server) -> None:
    new_user(server)
    before = head(server)

    server.post("/api/25/directives/d-user", json={"parameters": users(SECRET)})

    assert head(server) == before


def test_a_tag_that_the_tenant_does_not_hold_is_refused_with_its_path(server: Server) -> None:
    before = head(server)

    answer = new_user(server, password={"$secret": "0" * 64})

    refused(answer, 400)
    (path,) = answer.get_json()["errors"]
    assert path.startswith("parameters/section/sections/0/section/sections/")
    assert head(server) == before


def test_a_tag_in_the_place_of_a_value_that_is_no_secret_is_refused(server: Server) -> None:
    tag = password_in(shown(new_user(server), "directives"))
    before = head(server)
    login = section("sections", None, section("Users", {"USERGROUP_USER_LOGIN": tag}))

    refused(server.post("/api/25/directives/d-user", json={"parameters": login}), 400)

    assert head(server) == before


@pytest.mark.parametrize("version", [24, 25])
def test_a_refusal_does_not_repeat_the_value(server: Server, version: int) -> None:
    body = {"displayName": "User", "techniqueName": "userManagement", "parameters": users("in clear")}

    answer = server.put(f"/api/{version}/directives", json=body)

    assert answer.status_code != 200
    assert "USERGROUP_USER_PASSWORD" in answer.text
    assert "in clear" not in answer.text


def test_a_variable_that_becomes_secret_takes_the_value_out_of_the_directive(server: Server) -> None:
    technique = {"id": "token", "name": "Token", "version": "1.0", "parameters": {"variables": [{"name": "TOKEN"}]}}
    server.put("/api/25/techniques", json=technique)
    parameters = section("sections", {"TOKEN": SECRET})
    body = {"id": "d-token", "displayName": "Token", "techniqueName": "token", "parameters": parameters}
    shown(server.put("/api/25/directives", json=body), "directives")

    secret = {"variables": [{"name": "TOKEN", "secret": True}]}
    shown(server.post("/api/25/techniques/token/1.0", json={"parameters": secret}), "techniques")

    assert SECRET not in server.get("/api/25/directives/d-token").text
