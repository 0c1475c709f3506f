"""A request repeated with its Idempotency-Key is done once and answered as it was."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.boot import Installation
from app.changes.change import Edit, Idempotency, Outcome
from app.config import Config
from app.core.errors import ConflictError
from tests.changes.batches import Asked, committer_of, replayed, rule, submit_together
from tests.crash.checks import check
from tests.installations import Server, as_account, submit


def test_the_same_key_at_once_is_one_change(config: Config, installation: Installation) -> None:
    asked = Asked([rule("once")], idempotency=Idempotency("k", "digest"))
    answers = submit_together(installation.committer, *[asked] * 8)

    assert all(answer == answers[0] for answer in answers)
    assert isinstance(answers[0], Outcome)
    assert len(replayed(config, installation).commits) == 2


def test_the_same_key_from_racing_threads_and_committers_is_one_change(
    config: Config, installation: Installation
) -> None:
    others = [installation.committer, committer_of(installation)]
    start = threading.Barrier(8)

    def write(number: int) -> str | None:
        start.wait(30)
        committer = others[number % 2]
        return committer.submit(as_account(), [rule("once")], idempotency=Idempotency("k", "digest")).commit

    with ThreadPoolExecutor(8) as pool:
        commits = {one.result(60) for one in [pool.submit(write, number) for number in range(8)]}

    assert [*commits] == replayed(config, installation).commits[1:]


def test_the_same_key_for_another_request_is_a_conflict(config: Config, installation: Installation) -> None:
    first, second = Idempotency("k", "one body"), Idempotency("k", "another body")
    answers = submit_together(
        installation.committer, Asked([rule("r-1")], idempotency=first), Asked([rule("r-2")], idempotency=second)
    )
    with pytest.raises(ConflictError, match="Idempotency-Key 'k' was used within the last 24 hours for another"):
        installation.committer.submit(as_account(), [rule("r-3")], idempotency=second)

    assert [type(answer) for answer in answers] == [Outcome, ConflictError]
    assert replayed(config, installation).ids.isdisjoint({"r-2", "r-3"})


def test_the_key_of_another_actor_is_another_key(installation: Installation) -> None:
    key = Idempotency("k", "digest")
    installation.committer.submit(as_account(), [rule("r-1")], idempotency=key)
    done = installation.committer.submit(as_account("other"), [rule("r-2")], idempotency=key)

    assert done.asked[0].id == "r-2"


@pytest.mark.parametrize(
    "edits",
    [
        [rule("new"), rule("present", "modify", longDescription="text")],
        [rule("present", "modify", displayName="Changed")],
        [rule("present", "delete")],
        [rule("present", "modify")],
    ],
    ids=["creation", "change", "deletion", "no-op"],
)
def test_a_replay_after_a_restart_answers_what_was_answered(
    edits: list[Edit], config: Config, installation: Installation
) -> None:
    submit(installation, rule("present"))
    key = Idempotency("k", "digest")
    first = installation.committer.submit(as_account(), edits, idempotency=key)
    before = check(config.database_url).seq
    again = committer_of(installation).submit(as_account(), edits, idempotency=key)

    def facts(outcome: Outcome) -> Any:
        shown = [
            (change.id, change.action, [part and (part.body, part.revision, part.created, part.updated, part.name)
             for part in (change.before, change.after)])
            for change in outcome.asked
        ]  # fmt: skip
        return shown, outcome.commit, outcome.first_seq, outcome.last_seq

    assert facts(again) == facts(first)
    assert check(config.database_url).seq == before


def test_a_form_that_is_sent_again_with_another_boundary_is_answered_from_the_log(server: Server) -> None:
    def send(boundary: str, value: str) -> TestResponse:
        part = f'--{boundary}\r\nContent-Disposition: form-data; name="{{}}"\r\n\r\n{{}}\r\n'
        body = part.format("id", "p-1") + part.format("value", value) + f"--{boundary}--\r\n"
        kind = f"multipart/form-data; boundary={boundary}"
        return server.put("/api/25/parameters", data=body, headers={"Content-Type": kind, "Idempotency-Key": "k-1"})

    first = send("one", "v")

    again, other = send("two", "v"), send("three", "w")
    assert (first.status_code, again.get_json()) == (200, first.get_json())
    assert other.status_code == 409
