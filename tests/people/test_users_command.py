"""`sternpost users`, as an operator types it; and the worker that mails beside a server."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import COMMANDS, LazyGroup
from app.config import Config
from tests.installations import Server
from tests.people.persons import events, log_in, make_user

Sternpost = Callable[..., Result]


@pytest.fixture
def sternpost(config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sternpost:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STERNPOST_DATABASE_URL", config.database_url)
    monkeypatch.setenv("STERNPOST_KEYS_DIR", str(config.keys_dir))
    monkeypatch.setenv("STERNPOST_DATA_DIR", str(config.data_dir))
    group = LazyGroup(COMMANDS, help_text="test")

    def run(*words: str) -> Result:
        return CliRunner().invoke(group, words)

    return run


def test_the_first_administrator_gets_a_password_that_works(server: Server, sternpost: Sternpost) -> None:
    made = sternpost("users", "create", "boss", "--email", "boss@example.com", "--name", "The Boss")

    assert made.exit_code == 0, made.output
    assert made.stderr == "User 'boss' of tenant 'default' has the roles: administrator\n"
    pair = log_in(server, "boss@example.com", made.stdout.strip()).get_json()
    said = server.client.get("/auth/me", headers={"Authorization": f"Bearer {pair['access']}"}).get_json()
    assert (said["username"], said["name"], said["rights"]) == ("boss", "The Boss", ["any_rights"])
    assert [one.actor.handle for one in events(server) if one.type == "UserAdded"] == ["sternpost"]


def test_people_are_listed(server: Server, sternpost: Sternpost) -> None:
    user = make_user(server, "bob", roles=["user", "inventory"])

    assert sternpost("users", "list").stdout == f"bob\tactive\tinventory,user\t{user['id']}\tnever\n"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("create", "b b"), "Error: 'b b' is no valid user name"),
        (("create", "bob", "--role", "boss"), "Error: Role 'boss' was not found"),
        (("create", "bob", "--email", "nowhere"), "Error: Not a valid email address."),
        (("create", "bob", "--tenant", "nowhere"), "Error: Tenant 'nowhere' was not found"),
        (("list", "--tenant", "nowhere"), "Error: Tenant 'nowhere' was not found"),
    ],
)
def test_the_command_says_what_is_wrong(sternpost: Sternpost, words: tuple[str, ...], text: str) -> None:
    result = sternpost("users", *words)

    assert result.exit_code == 1
    assert text in result.output


def test_an_owner_may_be_named_by_user_name(server: Server, sternpost: Sternpost) -> None:
    user = make_user(server, "bob")

    assert sternpost("accounts", "create", "robot", "--owner", "bob").exit_code == 0

    shown = server.get("/api/25/apiaccounts/robot").get_json()["data"]["accounts"][0]
    assert shown["owner"] == user["id"]
