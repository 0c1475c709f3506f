"""The command line: its table of commands, its one-sentence errors, what it shows."""

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from app.cli import COMMANDS, LazyGroup

ROOT = Path(__file__).resolve().parents[2]
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


@pytest.mark.parametrize("name", COMMANDS)
def test_the_summary_of_a_command_is_its_own_first_line(name: str) -> None:
    command = TABLE.get_command(click.Context(TABLE), name)

    assert command is not None
    assert (command.help or "").splitlines()[0] == COMMANDS[name].summary


def test_the_list_of_commands_imports_none_of_them() -> None:
    script = """
import sys
from app import cli
sys.argv = ["sternpost", "--help"]
try:
    cli.main()
except SystemExit:
    print(sorted(name for name in sys.modules if name.startswith("app")))
"""

    output = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True).stdout

    assert "Prove that log, documents, git and checkpoints agree." in output
    git = ["app.store", "app.store.git", "app.store.git.command"]
    assert output.splitlines()[-1] == str(["app", "app.cli", "app.core", "app.core.errors", *git])


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
