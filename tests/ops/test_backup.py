"""Backup and restore: the same installation on another machine, and no way to lose one to a restore."""

import stat
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import text

from app.backup import back_up, bring_back
from app.boot import Installation
from app.config import Config, make_data_dir
from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.store.db import Database
from app.store.migrations import is_current
from app.verify import verify_installation
from tests.installations import Server, configured, open_for_test
from tests.plain_documents import commit, create, modify


@pytest.fixture
def elsewhere(tmp_path: Path, database_url: str) -> Config:
    """An empty machine, with each kind of database in turn."""
    url = database_url.replace("/sternpost.db", "/elsewhere.db")
    return configured(url, tmp_path / "new-keys", tmp_path / "new-data")


def heads(opened: Installation) -> list[tuple[object, ...]]:
    with opened.database.everywhere("test") as connection:
        return [tuple(row) for row in connection.execute(text("SELECT id, seq, head, hash FROM tenants ORDER BY id"))]


def test_a_restored_installation_is_the_same_and_proven(
    server: Server, config: Config, elsewhere: Config, tmp_path: Path
) -> None:
    commit(server.opened, create("r-1", enabled=True), create("g-1", "group"))
    commit(server.opened, modify("r-1", enabled=False))
    token = server.account("ops")
    back_up(config, tmp_path / "b.zip")
    make_data_dir(elsewhere)
    bring_back(elsewhere, tmp_path / "b.zip")

    with open_for_test(elsewhere) as restored:
        assert heads(restored) == heads(server.opened)
        for tenant in restored.tenants():
            assert restored.git_writer.catch_up(tenant) == server.opened.git_writer.catch_up(tenant)
        assert verify_installation(restored.database, restored.git_root).fault is None
        again = Server(elsewhere, restored)
        assert again.get("/api/25/events/1", token=token).status_code == 200
        commit(restored, create("r-2"))


def test_the_file_is_for_its_owner_only(config: Config, tmp_path: Path) -> None:
    back_up(config, tmp_path / "b.zip")

    assert stat.S_IMODE((tmp_path / "b.zip").stat().st_mode) == 0o600
    assert not (tmp_path / "b.zip.part").exists()


def test_an_existing_file_is_not_overwritten(config: Config, tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_text("precious")

    with pytest.raises(ConflictError, match=r"b\.zip exists; name a new file"):
        back_up(config, tmp_path / "b.zip")

    assert (tmp_path / "b.zip").read_text() == "precious"


def test_an_installation_is_not_overwritten(config: Config, installation: Installation, tmp_path: Path) -> None:
    back_up(config, tmp_path / "b.zip")
    commit(installation, create("r-1"))
    before = heads(installation)

    with pytest.raises(ConflictError, match=r"There is an installation already \(\d+ rows in table keys\); restore"):
        bring_back(config, tmp_path / "b.zip")

    assert heads(installation) == before


def test_keys_of_another_installation_are_not_mixed_in(config: Config, elsewhere: Config, tmp_path: Path) -> None:
    back_up(config, tmp_path / "b.zip")
    elsewhere.keys_dir.mkdir()
    (elsewhere.keys_dir / "tag-1.key").write_text("00")

    with pytest.raises(ConflictError, match="There are keys in"):
        bring_back(elsewhere, tmp_path / "b.zip")


def test_a_file_that_is_no_backup_is_refused(elsewhere: Config, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no zip")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme", "hello")

    with pytest.raises(InvalidError, match="is not a backup, or only part of one"):
        bring_back(elsewhere, tmp_path / "text")
    with pytest.raises(InvalidError, match=r"it has no readable sternpost-backup\.json"):
        bring_back(elsewhere, tmp_path / "other.zip")
    with pytest.raises(NotFoundError, match="does not exist; name the file"):
        bring_back(elsewhere, tmp_path / "none")


def test_a_damaged_backup_leaves_nothing_behind(config: Config, elsewhere: Config, tmp_path: Path) -> None:
    back_up(config, tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip") as old, zipfile.ZipFile(tmp_path / "c.zip", "w") as new:
        for name in old.namelist():
            new.writestr(name, b"{broken\n" if name == "events.ndjson" else old.read(name))

    make_data_dir(elsewhere)
    with pytest.raises(InvalidError, match=r"c\.zip cannot be read"):
        bring_back(elsewhere, tmp_path / "c.zip")

    database = Database(elsewhere.database_url)
    assert not is_current(database)
    database.close()
    assert not list(elsewhere.keys_dir.glob("*.key")) if elsewhere.keys_dir.exists() else True
