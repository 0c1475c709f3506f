"""What tests of review get."""

import pytest

from tests.installations import Server
from tests.review.cast import Cast


@pytest.fixture
def cast(server: Server) -> Cast:
    """Give an installation in which people can be made."""
    return Cast(server)
