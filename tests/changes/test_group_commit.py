"""Many writers of one tenant at once, and batches in which one change set goes wrong."""

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from app.boot import KINDS, Installation
from app.changes.change import Edit, Outcome
from app.config import Config
from app.core.context import Actor, Context
from app.core.errors import (
    AlreadyExistsError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    StaleError,
    UnavailableError,
)
from app.store.db import Database
from app.store.documents import find_document
from tests.changes.batches import Asked, committer_of, replayed, rule, submit_together
from tests.crash.checks import check
from tests.installations import as_account, configured, open_for_test, submit

WRITERS = 32


@contextmanager
def commits_of(opened: Installation) -> Iterator[list[int]]:
    """Count the transactions that the database commits meanwhile."""
    counted: list[int] = []

    def count(_connection: Any) -> None:
        counted.append(1)

    event.listen(opened.database.engine, "commit", count)
    yield counted
    event.remove(opened.database.engine, "commit", count)


@pytest.fixture
def doomed(config: Config, owner: Database) -> Callable[[str], None]:
    """Make the database refuse documents with the id `doomed`: at once, or as the transaction commits."""

    def arm(when: str) -> None:
        with owner.writing_everywhere("test") as connection:
            connection.execute(text("CREATE TABLE allowed (id TEXT PRIMARY KEY)"))
            deferred = "DEFERRABLE INITIALLY DEFERRED" if when == "at the end" else ""
            connection.execute(text(f"CREATE TABLE named (id TEXT REFERENCES allowed (id) {deferred})"))
            insert = "INSERT INTO named VALUES (NEW.id);"
            if config.uses_sqlite:
                condition = "AFTER INSERT ON documents WHEN NEW.id = 'doomed'"
                connection.execute(text(f"CREATE TRIGGER doom {condition} BEGIN {insert} END"))
                return
            body = f"BEGIN {insert} RETURN NULL; END"
            connection.execute(text(f"CREATE FUNCTION doom() RETURNS trigger LANGUAGE plpgsql AS '{body}'"))
            rows = "AFTER INSERT ON documents FOR EACH ROW WHEN (NEW.id = 'doomed')"
            connection.execute(text(f"CREATE TRIGGER doom {rows} EXECUTE FUNCTION doom()"))

    return arm


def test_32_writers_lose_no_update(config: Config, installation: Installation) -> None:
    each = 3
    submit(installation, rule("shared", tags=[]))
    start = threading.Barrier(WRITERS)

    def add_own(number: int) -> None:
        start.wait(30)
        for turn in range(each):
            submit(installation, rule(f"r-{number}-{turn}"))

    def add_to_shared(number: int) -> None:
        start.wait(30)
        for turn in range(each):
            done = False
            while not done:
                done = _append(installation, f"{number}-{turn}")

    with ThreadPoolExecutor(WRITERS) as pool:
        done = [pool.submit(add_own if number % 2 else add_to_shared, number) for number in range(WRITERS)]
        for one in done:
            one.result(120)

    state = replayed(config, installation)
    words = str(state.documents["rule", "shared"]["longDescription"]).split()
    assert sorted(words) == sorted(f"{number}-{turn}" for number in range(0, WRITERS, 2) for turn in range(each))
    assert {f"r-{number}-{turn}" for number in range(1, WRITERS, 2) for turn in range(each)} <= state.ids
    assert len(state.commits) == 1 + 1 + WRITERS * each


def _append(opened: Installation, word: str) -> bool:
    work = opened.work(as_account())
    stored = find_document(work.session, "rule", "shared")
    work.release()
    assert stored
    description = f"{stored.document['longDescription']} {word}"
    try:
        submit(opened, rule("shared", "modify", stored.revision, longDescription=description))
    except StaleError:
        return False
    return True


def test_writers_that_wait_together_share_one_transaction(config: Config, installation: Installation) -> None:
    with commits_of(installation) as commits:
        answers = submit_together(installation.committer, *(Asked([rule(f"r-{number}")]) for number in range(8)))

    assert len(commits) == 1
    assert len({answer.commit for answer in answers if isinstance(answer, Outcome)}) == 8
    assert replayed(config, installation).commits[1:] == [answer.commit for answer in answers]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        ([rule("r-1")], AlreadyExistsError),
        ([rule("none", "modify")], NotFoundError),
        ([rule("r-1", "modify", 7)], StaleError),
        ([rule("new"), rule("other", directives=["none"])], InvalidError),
        ([rule("r-1", "delete"), rule("new", categoryId="none")], InvalidError),
    ],
)
def test_a_bad_change_set_of_a_batch_fails_alone(
    bad: list[Edit], error: type[Exception], config: Config, installation: Installation
) -> None:
    with commits_of(installation) as commits:
        answers = submit_together(
            installation.committer,
            Asked([rule("r-1")]),
            Asked(bad),
            Asked([rule("r-1", "modify", 1, longDescription="after it")]),
            Asked([rule("r-2")]),
        )

    assert [type(answer) for answer in answers] == [Outcome, error, Outcome, Outcome]
    assert len(commits) == 1
    state = replayed(config, installation)
    assert state.documents["rule", "r-1"]["longDescription"] == "after it"
    assert state.ids.isdisjoint({"new", "other"})


@pytest.mark.parametrize("when", ["at once", "at the end"])
def test_a_change_set_that_the_database_refuses_fails_alone(
    when: str, config: Config, installation: Installation, doomed: Callable[[str], None]
) -> None:
    doomed(when)
    answers = submit_together(
        installation.committer, Asked([rule("r-1")]), Asked([rule("extra"), rule("doomed")]), Asked([rule("r-2")])
    )

    assert isinstance(answers[1], DBAPIError)
    assert [type(answers[0]), type(answers[2])] == [Outcome, Outcome]
    submit(installation, rule("later"))
    state = replayed(config, installation)
    assert state.ids >= {"r-1", "r-2", "later"}
    assert state.ids.isdisjoint({"extra", "doomed"})


@pytest.mark.parametrize("place", ["judge", "check", "derived", "cascade", "needs", "guard"])
def test_a_programming_error_fails_alone_and_leaves_the_trees_right(
    place: str, config: Config, installation: Installation
) -> None:
    own = next(kind for kind in KINDS if kind.name == "rule")

    def broken(*given: Any) -> Any:
        if "doomed" in str(given):
            raise ZeroDivisionError("a mistake in a kind")
        return getattr(own, place)(*given)

    committer = committer_of(installation, **{place: broken}, derived_from=("longDescription",))
    submit_together(committer, Asked([rule("base", longDescription="plain")]))
    bad = [rule("extra"), rule("base", "modify", longDescription="doomed")]
    answers = submit_together(committer, Asked([rule("r-1")]), Asked(bad), Asked([rule("r-2")]))

    assert [type(answer) for answer in answers] == [Outcome, ZeroDivisionError, Outcome]
    committer.submit(as_account(), [rule("later")])
    state = replayed(config, installation)
    assert state.ids >= {"r-1", "r-2", "later"}
    assert "extra" not in state.ids


def test_a_value_that_no_driver_can_send_fails_alone(config: Config, installation: Installation) -> None:
    other = replace(as_account(), credential="half a pair \ud800")
    answers = submit_together(
        installation.committer, Asked([rule("r-1")]), Asked([rule("bad")], other), Asked([rule("r-2")])
    )

    assert [type(answers[0]), type(answers[2])] == [Outcome, Outcome]
    assert isinstance(answers[1], ValueError | TypeError)
    assert replayed(config, installation).ids.isdisjoint({"bad"})


@pytest.mark.postgres
def test_a_value_too_large_for_an_index_fails_alone_and_is_no_lost_database(
    migrated_postgres_url: str, template_keys: Path, tmp_path: Path
) -> None:
    config = configured(migrated_postgres_url, template_keys, tmp_path / "data")
    with open_for_test(config) as opened:
        large = random.Random(1).randbytes(8_000).hex()  # it does not compress below PostgreSQL's 2,704 bytes
        bad = [rule("bad", tags=[], displayName=large)]
        answers = submit_together(opened.committer, Asked([rule("r-1")]), Asked(bad), Asked([rule("r-2")]))

        assert [type(answers[0]), type(answers[2])] == [Outcome, Outcome]
        assert not isinstance(answers[1], Outcome | UnavailableError)
        assert replayed(config, opened).ids.isdisjoint({"bad"})


@pytest.mark.postgres
@pytest.mark.parametrize("migrated_url", ["postgres"], indirect=True)
def test_a_connection_lost_in_the_commit_is_told_to_every_waiter(
    config: Config, installation: Installation, owner: Database
) -> None:
    opened = installation
    with owner.writing_everywhere("test") as connection:
        body = "BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END"
        connection.execute(text(f"CREATE FUNCTION doom() RETURNS trigger LANGUAGE plpgsql AS '{body}'"))
        rows = "AFTER INSERT ON documents DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.id = 'doomed')"
        connection.execute(text(f"CREATE CONSTRAINT TRIGGER doom {rows} EXECUTE FUNCTION doom()"))

    answers = submit_together(opened.committer, Asked([rule("r-1")]), Asked([rule("doomed")]), Asked([rule("r-2")]))

    assert [type(answer) for answer in answers] == [UnavailableError] * 3
    assert "may or may not have been made" in str(answers[0])
    submit(opened, rule("later"))
    assert replayed(config, opened).ids.isdisjoint({"r-1", "doomed", "r-2"})


def test_a_change_set_refused_leaves_no_secret_behind(installation: Installation) -> None:
    def secret_paths(document: Any, _view: Any) -> list[tuple[str]]:
        return [("longDescription",)] if document["longDescription"] else []

    def check_rule(change: Any, _view: Any) -> None:
        if change.id == "bad":
            raise InvalidError("refused")

    committer = committer_of(installation, secret_paths=secret_paths, check=check_rule)
    answers = submit_together(
        committer,
        Asked([rule("r-1", longDescription="first")]),
        Asked([rule("bad", longDescription="second")]),
        Asked([rule("r-2", longDescription="third")]),
    )

    assert [type(answer) for answer in answers] == [Outcome, InvalidError, Outcome]
    with installation.database.everywhere("test") as connection:
        assert connection.execute(text("SELECT count(*) FROM secrets")).scalar() == 2


def test_two_committers_on_one_database_take_turns(config: Config, installation: Installation) -> None:
    other = committer_of(installation)
    for turn in range(4):
        first, second = (installation.committer, other) if turn % 2 else (other, installation.committer)
        first.submit(as_account(), [rule(f"a-{turn}"), rule(f"b-{turn}")])
        second.submit(as_account(), [rule(f"a-{turn}", "modify", longDescription="x"), rule(f"b-{turn}", "delete")])

    assert {f"a-{turn}" for turn in range(4)} <= replayed(config, installation).ids


def test_committers_that_write_at_once_agree(config: Config, installation: Installation) -> None:
    others = [installation.committer, committer_of(installation)]
    start = threading.Barrier(8)

    def write(number: int) -> None:
        start.wait(30)
        for turn in range(5):
            others[number % 2].submit(as_account(), [rule(f"r-{number}-{turn}")])

    with ThreadPoolExecutor(8) as pool:
        for one in [pool.submit(write, number) for number in range(8)]:
            one.result(60)

    assert len(replayed(config, installation).commits) == 1 + 40


def test_a_read_only_tenant_refuses_below_http(config: Config, installation: Installation) -> None:
    before = check(config.database_url, tenant="public")
    with pytest.raises(ForbiddenError, match="Tenant 'public' is read-only; make the change in a tenant of your own"):
        installation.committer.submit(Context("public", Actor("ci", "account", "ci")), [rule("r-1")])

    assert check(config.database_url, tenant="public") == before


def test_an_unknown_tenant_is_named(installation: Installation) -> None:
    with pytest.raises(NotFoundError, match="Tenant 'nobody' was not found"):
        installation.committer.submit(Context("nobody", Actor("ci", "account", "ci")), [rule("r-1")])
