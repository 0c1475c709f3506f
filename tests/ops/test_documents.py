"""`sternpost import`, `verify`, `git`, `backup`, `restore`, `openapi`, `routes`, as an operator calls them."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from app.boot import Installation
from app.cli import COMMANDS, LazyGroup
from app.config import Config
from tests.plain_documents import commit, create

TABLE = LazyGroup(COMMANDS, help_text="Sternpost")
Call = Callable[..., Result]


@pytest.fixture
def sternpost(config: Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Call:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STERNPOST_DATABASE_URL", config.database_url)
    monkeypatch.setenv("STERNPOST_KEYS_DIR", str(config.keys_dir))
    monkeypatch.setenv("STERNPOST_DATA_DIR", str(config.data_dir))

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(TABLE, [str(argument) for argument in arguments])

    return call


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two rules in the layout of the git tree, sub-folders free."""
    write(tmp_path / "in" / "rules" / "a" / "r-1.json", {"id": "r-1", "displayName": "First rule", "enabled": True})
    write(tmp_path / "in" / "rules" / "r-2.json", {"id": "r-2", "displayName": "Second rule"})
    return tmp_path / "in"


def write(path: Path, document: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document))


def rules(opened: Installation) -> list[tuple[str, int]]:
    with opened.database.everywhere("test") as connection:
        statement = text("SELECT id, revision FROM documents WHERE tenant = 'default' AND kind = 'rule' ORDER BY id")
        return [(row.id, row.revision) for row in connection.execute(statement) if row.id.startswith("r-")]


def head(opened: Installation) -> str:
    return opened.work(_context()).session.head().commit or ""


def _context() -> Any:
    from tests.installations import as_account  # noqa: PLC0415  one helper of this module

    return as_account()


def test_a_folder_is_imported_as_one_commit(sternpost: Call, installation: Installation, folder: Path) -> None:
    result = sternpost("import", folder, "--reason", "Moved here")

    assert result.output == f"Imported 2 documents (2 new, 0 known; 2 changed) as commit {head(installation)}\n"
    assert rules(installation) == [("r-1", 1), ("r-2", 1)]


def test_an_existing_document_is_replaced(sternpost: Call, installation: Installation, folder: Path) -> None:
    sternpost("import", folder)
    write(folder / "rules" / "r-2.json", {"id": "r-2", "displayName": "Renamed rule"})

    result = sternpost("import", folder)

    assert "Imported 2 documents (0 new, 2 known; 1 changed)" in result.output
    assert rules(installation) == [("r-1", 1), ("r-2", 2)]
    assert sternpost("import", folder).output.endswith("as commit none: nothing differs\n")


def test_a_dry_run_changes_nothing(sternpost: Call, installation: Installation, folder: Path) -> None:
    before = head(installation)

    result = sternpost("import", folder, "--dry-run")

    assert result.output == "Would import 2 documents (2 new, 0 known; 2 changed); nothing was written\n"
    assert (head(installation), rules(installation)) == (before, [])


@pytest.mark.parametrize("dry_run", [[], ["--dry-run"]])
def test_every_fault_is_listed_and_nothing_imported(
    sternpost: Call, installation: Installation, folder: Path, dry_run: list[str]
) -> None:
    before = head(installation)
    write(folder / "rules" / "b1.json", "{")
    write(folder / "rules" / "b2.json", {"displayName": "No id"})
    write(folder / "rules" / "b3.json", {"id": "b3", "displayName": "Wrong flag", "enabled": "perhaps"})
    write(folder / "rules" / "b4.json", {"id": "b4", "displayName": "Odd member", "enabeld": True})
    write(folder / "rules" / "b5.json", {"id": "r-1", "displayName": "Twice"})

    result = sternpost("import", folder, *dry_run)

    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert lines[0] == "Error: Nothing was imported. Correct these files:"
    assert [line.partition(":")[0] for line in lines[1:]] == [f"rules/b{n}.json" for n in range(1, 6)]
    assert "it has no text `id`" in lines[2]
    assert "enabled: 'perhaps' is not a boolean" in lines[3]
    assert "Unknown field 'enabeld'" in lines[4]
    assert (head(installation), rules(installation)) == (before, [])


def test_a_refused_document_refuses_the_whole_folder(sternpost: Call, installation: Installation, folder: Path) -> None:
    write(folder / "rules" / "r-3.json", {"id": "r-3", "displayName": "Third rule", "directives": ["d-none"]})

    result = sternpost("import", folder)

    assert result.exit_code == 1
    assert "Directive 'd-none' not found" in result.output
    assert rules(installation) == []


def test_every_refused_document_is_listed_with_its_file_once(
    sternpost: Call, installation: Installation, folder: Path
) -> None:
    before = head(installation)
    write(folder / "rules" / "r-3.json", {"id": "r-3", "displayName": "Third rule", "directives": ["d-none"]})
    write(folder / "rules" / "r-4.json", {"id": "r-4", "displayName": "Fourth rule", "categoryId": "rc-none"})
    write(folder / "directives" / "d.json", {"id": "d-1", "displayName": "Lost", "techniqueName": "nowhere"})
    write(folder / "rules" / "r-5.json", {"id": "r-5", "displayName": "Follows only", "directives": ["d-1"]})

    result = sternpost("import", folder)

    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert lines[0] == "Error: Nothing was imported. Correct these files:"
    assert sorted(line.partition(":")[0] for line in lines[1:]) == [
        "directives/d.json",
        "rules/r-3.json",
        "rules/r-4.json",
    ]
    assert (head(installation), rules(installation)) == (before, [])


def test_an_empty_folder_is_told_the_layout(sternpost: Call, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()

    assert "the folders are: rules, ruleCategories, " in sternpost("import", tmp_path / "in").output


def test_the_git_tree_of_a_tenant_can_be_imported_again(sternpost: Call, folder: Path, tmp_path: Path) -> None:
    sternpost("import", folder)
    path = sternpost("git", "sync").output.strip()
    subprocess.run(["git", "clone", "--quiet", path, str(tmp_path / "clone")], check=True, capture_output=True)

    result = sternpost("import", tmp_path / "clone")

    assert result.output.endswith("as commit none: nothing differs\n"), result.output


def test_git_sync_prints_the_path_of_a_current_repository(
    sternpost: Call, installation: Installation, folder: Path
) -> None:
    sternpost("import", folder)

    path = sternpost("git", "sync").output.strip()

    log = subprocess.run(["git", "-C", path, "log", "--format=%H", "-1"], check=True, capture_output=True, text=True)
    assert log.stdout.strip() == head(installation)


def test_verify_proves_and_rebuild_mends(sternpost: Call, installation: Installation, folder: Path) -> None:
    sternpost("import", folder)
    sound = sternpost("verify")
    pack = max(installation.git_root.glob("default.git/objects/pack/*.pack"), key=lambda path: path.stat().st_size)
    pack.chmod(0o644)
    pack.write_bytes(pack.read_bytes()[:-10])
    damaged = sternpost("verify")
    rebuilt = sternpost("git", "rebuild", "--tenant", "default")
    mended = sternpost("verify")

    assert (sound.exit_code, mended.exit_code, damaged.exit_code) == (0, 0, 1)
    assert "commits and" in sound.output
    assert f"Error: Git of tenant 'default': pack {pack.stem} is damaged; run `sternpost git rebuild" in damaged.output
    assert rebuilt.output == f"default: {head(installation)}\n"


def test_verify_names_a_tampered_event_that_git_cannot_replay(sternpost: Call, installation: Installation) -> None:
    outcome = commit(installation, create("r-1"))
    with installation.database.writing_everywhere("test") as connection:
        connection.execute(
            text("UPDATE events SET after = '{}' WHERE tenant = 'default' AND seq = :seq"), {"seq": outcome.first_seq}
        )

    result = sternpost("verify")

    assert result.exit_code == 1
    assert f"Error: Event {outcome.first_seq} of tenant 'default' was changed" in result.output


def test_db_upgrade_may_be_repeated(sternpost: Call) -> None:
    assert sternpost("db", "upgrade").output == "The database is current\n"


def test_a_backup_is_written_and_not_restored_over_an_installation(sternpost: Call, tmp_path: Path) -> None:
    written = sternpost("backup", tmp_path / "b.zip")
    refused = sternpost("restore", tmp_path / "b.zip")

    assert written.output == f"Wrote {tmp_path}/b.zip; it holds the keys, so keep it as safe as they are\n"
    assert refused.exit_code == 1
    assert "There is an installation already" in refused.output


def test_openapi_prints_the_document_of_a_version(sternpost: Call) -> None:
    old, new = (json.loads(sternpost("openapi", "--version", version).output) for version in ("21", "25"))

    assert (old["info"]["version"], new["info"]["version"]) == ("21", "25")
    assert "/api/25/events" in new["paths"]
    assert not any("/events" in path for path in old["paths"])


def test_routes_lists_every_endpoint_once(sternpost: Call) -> None:
    lines = sternpost("routes").output.splitlines()

    assert lines[0].split() == ["METHOD", "PATH", "VERSIONS", "ACTION", "RIGHT"]
    assert ["GET", "/events/{seq}", "25", "eventDetails", "event_read"] in [line.split() for line in lines]
