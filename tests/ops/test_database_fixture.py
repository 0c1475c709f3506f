"""The databases that conftest.py hands out: fresh, empty, of one test alone."""

import pytest
import sqlalchemy as sa


@pytest.mark.parametrize("run", [1, 2])
def test_each_test_gets_an_empty_database(database_url: str, run: int) -> None:
    engine = sa.create_engine(database_url)

    with engine.begin() as connection:
        tables_before = sa.inspect(connection).get_table_names()
        connection.execute(sa.text(f"CREATE TABLE left_by_run_{run} (id INTEGER)"))
    engine.dispose()

    assert tables_before == []
