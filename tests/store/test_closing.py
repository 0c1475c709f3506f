"""A database that is closed holds nothing any more, whoever still had some of it."""

import gc
import logging

import pytest

from app.store.db import Database


def test_what_was_never_given_back_is_when_the_database_closes(
    migrated_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    database = Database(migrated_url)
    held = database.open("default")
    reading = database.connect("default")
    reading.__enter__().exec_driver_sql("SELECT 1")
    assert database.in_use == 2

    database.close()

    assert database.in_use == 0
    assert held.closed
    with caplog.at_level(logging.ERROR):
        reading.__exit__(None, None, None)
        del held, reading
        gc.collect()
    assert not caplog.records
