"""An installation that is open for registration, with a secret for its administrators."""

import pytest

from app.config import Config
from tests.installations import configured

SECRET = "an admin secret of tests"


@pytest.fixture
def config(config: Config) -> Config:
    """Open the installation for whoever comes."""
    more = {"admin_token": SECRET, "registration": "open", "public_read": True}
    return configured(config.database_url, config.keys_dir, config.data_dir, **more)
