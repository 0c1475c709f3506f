"""What a change costs: the statements it takes."""

from app.boot import Installation
from tests.changes.batches import rule
from tests.installations import submit
from tests.statements import ON_SQLITE, statements_of


@ON_SQLITE
def test_a_change_reads_its_documents_at_once_and_writes_three_rows(installation: Installation) -> None:
    submit(installation, rule("r-1"))
    submit(installation, rule("r-1", "modify", longDescription="first"))

    with statements_of(installation.database) as said:
        submit(installation, rule("r-1", "modify", longDescription="second"))

    verbs = [" ".join(text.split()[:2]) for text in said]
    tables = [next((name for name in ("tenants", "documents", "events") if name in text), "") for text in said]
    assert [verb.split()[0] for verb in verbs] == ["BEGIN", "SELECT", "SELECT", "UPDATE", "INSERT", "UPDATE", "COMMIT"]
    assert tables == ["", "tenants", "documents", "documents", "events", "tenants", ""]
