"""The keys of an installation: what is sealed opens with them only, and a start without them is refused."""

from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag

from app.boot import prepare
from app.config import Config
from app.core.errors import IntegrityError
from app.store.db import Database
from app.store.migrations import upgrade
from app.store.secrets import KeyRing, open_keys
from tests.installations import configured


@pytest.fixture
def ring(sqlite_url: str, tmp_path: Path) -> KeyRing:
    return opened(sqlite_url, tmp_path / "keys")


def opened(url: str, folder: Path) -> KeyRing:
    database = Database(url)
    upgrade(database)
    with database.writing() as connection:
        ring = open_keys(connection, folder, now_ms=1)
    database.close()
    return ring


def test_the_first_start_makes_keys_that_later_ones_find(database_url: str, tmp_path: Path) -> None:
    first = opened(database_url, tmp_path / "keys")

    assert opened(database_url, tmp_path / "keys") == first
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()} == {0o600}
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700


def test_what_is_sealed_is_unsealed(ring: KeyRing) -> None:
    value = {"password": "geheim", "tries": [1, 2]}
    tag = ring.tag("default", value)
    ciphertext, key_id = ring.seal("default", tag, value)

    assert ring.unseal("default", tag, ciphertext, key_id) == value
    assert b"geheim" not in ciphertext


@pytest.mark.parametrize(("tenant", "tag"), [("acme", "t"), ("default", "u")])
def test_a_sealed_value_opens_only_in_its_place(tenant: str, tag: str, ring: KeyRing) -> None:
    ciphertext, key_id = ring.seal("default", "t", "geheim")
    with pytest.raises(InvalidTag):
        ring.unseal(tenant, tag, ciphertext, key_id)


def test_a_tag_tells_equal_values_of_a_tenant_and_nothing_else(ring: KeyRing) -> None:
    assert ring.tag("default", "a") == ring.tag("default", "a")
    assert len({ring.tag("default", "a"), ring.tag("default", "b"), ring.tag("acme", "a")}) == 3


def test_a_start_without_its_keys_names_the_remedy(migrated_url: str, tmp_path: Path) -> None:
    config = configured(migrated_url, tmp_path / "elsewhere", tmp_path / "data")
    with pytest.raises(IntegrityError) as refusal:
        prepare(config)

    assert f"is missing from {tmp_path / 'elsewhere'}" in refusal.value.message
    assert "STERNPOST_KEYS_DIR" in refusal.value.message


@pytest.mark.parametrize("content", ["ab" * 32, "not hex", ""])
def test_a_start_with_a_wrong_key_names_the_remedy(content: str, config: Config, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.mkdir()
    for key in config.keys_dir.iterdir():
        (wrong / key.name).write_text(content)
    with pytest.raises(IntegrityError, match=r"is not the key that the database was made with\..*STERNPOST_KEYS_DIR"):
        prepare(configured(config.database_url, wrong, config.data_dir))
