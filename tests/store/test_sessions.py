"""Reads are confined to their tenant, whatever the statement."""

import pytest
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from app.boot import Installation
from app.core.context import Context
from app.core.errors import NotFoundError
from app.store.documents import find_document, list_documents, stream_documents
from app.store.session import TENANT, TenantSession, UnscopedError, scoped
from app.store.tables import DocumentField, DocumentRow, EventRecord, KeyRow, Tenant
from tests.changes.batches import rule
from tests.installations import submit

KEYS = select(KeyRow.id)
TENANTS = select(Tenant.id)


def condition(statement: object) -> str:
    """Give the WHERE of a statement as text."""
    return str(statement).partition("WHERE")[2]


def test_a_statement_gets_the_condition_of_its_tenant() -> None:
    assert condition(scoped(select(DocumentRow.id))).split() == ["documents.tenant", "=", ":tenant"]


def test_every_joined_table_gets_the_condition() -> None:
    joined = select(DocumentRow.id).join(DocumentField, DocumentField.id == DocumentRow.id)
    text = condition(scoped(joined))

    assert "documents.tenant = :tenant" in text
    assert "document_fields.tenant = :tenant" in text


def test_an_alias_gets_a_condition_of_its_own() -> None:
    other = aliased(DocumentRow, name="other")
    text = condition(scoped(select(DocumentRow.id).join(other, other.id == DocumentRow.id)))

    assert "documents.tenant = :tenant" in text
    assert "other.tenant = :tenant" in text


def test_a_statement_that_names_the_tenant_itself_is_left_alone() -> None:
    own = select(DocumentRow.id).where(DocumentRow.tenant == TENANT)
    assert condition(scoped(own)).count("tenant") == condition(own).count("tenant")


@pytest.mark.parametrize("statement", [KEYS, TENANTS, select(func.now())], ids=["keys", "tenants", "nothing"])
def test_a_statement_without_a_table_of_a_tenant_is_refused(statement: object) -> None:
    with pytest.raises(UnscopedError, match="reads no table of a tenant"):
        scoped(statement)  # type: ignore[arg-type]


def nested(*conditions: object) -> object:
    newest = select(func.max(EventRecord.seq)).where(*conditions).scalar_subquery()  # type: ignore[arg-type]
    return select(DocumentRow.id).where(DocumentRow.revision == newest)


@pytest.mark.parametrize(
    "statement",
    [
        nested(),
        nested(EventRecord.seq > 1),
        nested(or_(EventRecord.tenant == TENANT, EventRecord.seq > 1)),
        nested(EventRecord.tenant != TENANT),
        nested(EventRecord.reason == TENANT),
        select(func.count()).select_from(select(DocumentRow.id).subquery()),
    ],
    ids=["no condition", "another condition", "or", "unequal", "another column", "from a nested select"],
)
def test_a_nested_select_that_looks_into_other_tenants_is_refused(statement: object) -> None:
    with pytest.raises(UnscopedError, match="without naming TENANT"):
        scoped(statement)  # type: ignore[arg-type]


def test_a_nested_select_that_names_the_tenant_is_taken() -> None:
    confined = nested(and_(EventRecord.tenant == TENANT, EventRecord.seq > 1))
    assert "documents.tenant = :tenant" in condition(scoped(confined))  # type: ignore[arg-type]


def test_the_condition_of_a_nested_select_does_not_count_for_the_outer_one() -> None:
    inner = select(DocumentRow.id).where(DocumentRow.tenant == TENANT, DocumentRow.kind == "rule")
    text = str(scoped(select(DocumentRow.id).where(DocumentRow.name.in_(inner.correlate(None)))))

    assert text.count("documents.tenant = :tenant") == 2


def test_a_session_sees_its_own_tenant_only(installation: Installation) -> None:
    submit(installation, rule("mine"))
    submit(installation, rule("theirs"), ctx=Context.system("public", "test"))

    for tenant, seen, hidden in (("default", "mine", "theirs"), ("public", "theirs", "mine")):
        session = TenantSession(installation.database, tenant)
        assert find_document(session, "rule", seen)
        assert find_document(session, "rule", hidden) is None
        ids = {stored.id for stored in list_documents(session, "rule")}
        assert ids == {stored.id for stored in stream_documents(session, "rule")}
        assert (seen in ids, hidden in ids) == (True, False)
        session.release()


def test_values_of_a_caller_cannot_name_another_tenant(installation: Installation) -> None:
    session = TenantSession(installation.database, "default")
    rows = session.rows(select(DocumentRow.tenant), {"tenant": "public"})
    session.release()

    assert {row.tenant for row in rows} == {"default"}


def test_a_tenant_that_is_not_there_has_no_head(installation: Installation) -> None:
    session = TenantSession(installation.database, "nobody")
    with pytest.raises(NotFoundError, match="Tenant 'nobody' was not found"):
        session.head()
    session.release()
