"""An installation whose domains are administered at root level."""

from pathlib import Path

import pytest

from app.config import Config
from tests.installations import configured

SECRET = "a secret of twenty characters or more"


@pytest.fixture
def config(migrated_url: str, tmp_path: Path, template_keys: Path) -> Config:
    """Configure an installation with an admin secret and open registration."""
    return configured(
        migrated_url, template_keys, tmp_path / "data", admin_token=SECRET, registration="open", public_read=True
    )
