"""The command line: its table of commands, its one-sentence errors, what it shows."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import COMMANDS, LazyGroup

TABLE = LazyGroup(COMMANDS, help_text="Sternpost")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def sternpost(*arguments: str) -> Result:
    return CliRunner().invoke(TABLE, arguments)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_of_the_table_can_be_loaded_and_has_a_help_text(name: str) -> None:
    result = sternpost(name, "--help")

    assert result.exit_code == 0
    assert len(result.output.splitlines()) > 3


def test_a_command_that_does_not_exist_is_refused() -> None:
    result = sternpost("fly")

    assert result.exit_code == 2
    assert "No such command 'fly'" in result.output


def test_a_fault_of_the_configuration_is_one_sentence_and_exit_status_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STERNPOST_LISTN", "x")

    result = sternpost("config")

    assert result.exit_code == 1
    assert result.output.startswith("Error: Unknown environment variable STERNPOST_LISTN; the nearest allowed: ")
    assert result.output.count("\n") == 1


def test_the_configuration_is_shown_without_its_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STERNPOST_ADMIN_TOKEN", "s" * 24)
    monkeypatch.setenv("STERNPOST_DATABASE_URL", "postgresql://me:pass@localhost/x")

    output = sternpost("config").output

    assert "admin_token = (hidden)\n" in output
    assert "database_url = (hidden)\n" in output
    assert "threads = 16\n" in output
