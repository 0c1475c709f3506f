"""Lists that are kept in memory say what the database says, and are read from it only once."""

import pytest
from sqlalchemy import update

from app.boot import Installation
from app.changes.change import Edit
from app.changes.listing import Listings
from app.core.context import Context
from app.store.documents import Listed, document_parts
from app.store.session import TenantSession
from app.store.tables import DocumentRow
from tests.changes.batches import rule
from tests.installations import submit

_ON_SQLITE = pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)


def _listed(listings: Listings, installation: Installation, tenant: str = "default") -> list[Listed]:
    session = TenantSession(installation.database, tenant)
    try:
        return [row for rows in listings.parts(session, "rule") for row in rows]
    finally:
        session.release()


def _stored(installation: Installation, tenant: str = "default") -> list[Listed]:
    session = TenantSession(installation.database, tenant)
    return [row for rows in document_parts(session, "rule") for row in rows]


def _lose_the_rows(installation: Installation) -> None:
    """Change what lies in the table without a word in the log, so that only a list from memory looks as before."""
    with installation.database.writing("default") as connection:
        connection.execute(update(DocumentRow).where(DocumentRow.kind == "rule").values(body="{}"))


def test_a_list_is_as_the_database_has_it_after_every_kind_of_change(installation: Installation) -> None:
    listings = Listings()
    submit(installation, *(rule(f"r-{number}") for number in range(60)))
    assert _listed(listings, installation) == _stored(installation)

    submit(installation, rule("r-3a"), Edit("rule", "r-7", "delete", {}))
    submit(installation, Edit("rule", "r-9", "modify", {"displayName": "Another name"}), rule("A"), rule("z"))

    assert _listed(listings, installation) == _stored(installation)
    ids = [row[0] for row in _listed(listings, installation)]
    assert ids == sorted(ids)
    assert {"A", "r-3a", "z"} <= set(ids)
    assert "r-7" not in ids


@_ON_SQLITE
def test_what_did_not_change_is_not_read_again(installation: Installation) -> None:
    listings = Listings()
    submit(installation, rule("a"), rule("b"))
    before = _listed(listings, installation)
    _lose_the_rows(installation)

    submit(installation, rule("c"))

    after = _listed(listings, installation)
    assert [row for row in after if row[0] != "c"] == before


@_ON_SQLITE
def test_a_list_that_is_too_long_is_read_each_time(installation: Installation) -> None:
    listings = Listings(most_bytes=1000)
    submit(installation, rule("a"), rule("b"), rule("c"), rule("d"))
    _listed(listings, installation)
    _lose_the_rows(installation)

    assert {row[2] for row in _listed(listings, installation)} == {b"{"}


@_ON_SQLITE
def test_the_list_that_was_asked_for_longest_ago_makes_room(installation: Installation) -> None:
    submit(installation, *(rule(f"r-{number}") for number in range(10)))
    submit(installation, *(rule(f"p-{number}") for number in range(10)), ctx=Context.system("public", "test"))
    listings = Listings(most_bytes=9_000)
    _listed(listings, installation)
    _listed(listings, installation, "public")
    _lose_the_rows(installation)

    assert {row[2] for row in _listed(listings, installation)} == {b"{"}


@_ON_SQLITE
def test_who_reads_a_list_while_it_changes_reads_it_as_it_was(installation: Installation) -> None:
    listings = Listings()
    submit(installation, *(rule(f"r-{number:02}") for number in range(60)))
    before = _listed(listings, installation)
    session = TenantSession(installation.database, "default")
    parts = listings.parts(session, "rule")
    read = list(next(parts))

    submit(installation, Edit("rule", "r-59", "delete", {}), rule("r-00a"))
    _listed(listings, installation)

    assert [*read, *(row for rows in parts for row in rows)] == before
    session.release()


@_ON_SQLITE
def test_a_list_that_was_read_half_is_not_kept(installation: Installation) -> None:
    listings = Listings()
    submit(installation, *(rule(f"r-{number:02}") for number in range(60)))
    session = TenantSession(installation.database, "default")
    parts = listings.parts(session, "rule")
    next(parts)
    parts.close()  # type: ignore[attr-defined]  # a generator
    session.release()

    assert _listed(listings, installation) == _stored(installation)
    _lose_the_rows(installation)
    submit(installation, rule("z"))
    assert len(_listed(listings, installation)) == len(_stored(installation))
