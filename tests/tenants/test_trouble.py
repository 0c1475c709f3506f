"""What the tenant API answers when something is wrong on our side: 500, 502, 503."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.application import create_app
from app.boot import DEFAULT, Installation
from app.changes.change import Outcome
from app.changes.lanes import Lane, Lanes, Ticket
from app.changes.operating import Deed
from app.changes.work import Work
from app.config import Config
from app.core.deadline import ending_in, under
from app.core.errors import OverdueError
from app.http.endpoint import ANYBODY, Answer, Endpoint, Given
from app.http.resource import Resource
from app.http.routing import Routes
from app.resources import ENDPOINTS
from app.store.session import TenantSession
from tests.installations import Server, as_account, configured

ENDLESS = text(
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 4000000000) SELECT count(*) FROM c"
)

SLOW = text("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 300000) SELECT count(*) FROM c")


def endless_read(work: Work, _given: Given) -> Answer:
    """Run a statement that does not end by itself."""
    with work.committer.database.connect(work.ctx.tenant) as connection:
        connection.execute(ENDLESS)
    return Answer.plain("never")


def endless_write(work: Work, _given: Given) -> Answer:
    """Write a row, then run into the limit before the commit."""

    def act(connection: Any, _now: int) -> Deed:
        connection.execute(text("UPDATE accounts SET description = 'half' WHERE tenant = 'default'"))
        connection.execute(ENDLESS)
        return Deed(facts=(), answer={})

    return Answer.plain(work.operate(act))


def slow_read(work: Work, _given: Given) -> Answer:
    """Run a statement that takes a while, and less than the limit."""
    with work.committer.database.connect(work.ctx.tenant) as connection:
        connection.execute(SLOW)
    return Answer.plain("done")


def broken(_work: Work, _given: Given) -> Answer:
    """Fail in a way that nobody foresaw."""
    raise ZeroDivisionError("the secret text of a fault")


def _endpoint(path: str, view: Any, **more: Any) -> Endpoint:
    named = {"action": path.strip("/"), "summary": "Of these tests"}
    return Endpoint(methods=("GET",), path=path, right=ANYBODY, view=view, **named, **more)


TROUBLE = Resource(
    name="trouble",
    endpoints=(
        _endpoint("/endlessread", endless_read),
        _endpoint("/endlesswrite", endless_write, write=True),
        _endpoint("/slowread", slow_read),
        _endpoint("/broken", broken),
    ),
)


@dataclass
class Limited:
    """A server of which every request may take a second, or as long as is said."""

    server: Server
    client: Any

    def get(self, path: str) -> TestResponse:
        answer: TestResponse = self.client.get(path, headers={"X-API-Token": self.server.token})
        return answer


@pytest.fixture
def limited(config: Config, server: Server, monkeypatch: pytest.MonkeyPatch) -> Limited:
    monkeypatch.setattr("app.application.all_routes", lambda: Routes((*ENDPOINTS, *TROUBLE.endpoints)))
    one_second = configured(config.database_url, config.keys_dir, config.data_dir, request_timeout_s=1)
    return Limited(server, create_app(one_second, server.opened).test_client())


def test_requirement_19_500_is_json_with_a_request_id_and_no_trace(limited: Limited) -> None:
    answer = limited.get("/api/25/broken")

    assert answer.status_code == 500
    text_of_all = f"The server failed on this request; tell the operator its id: {answer.headers['X-Request-Id']}"
    assert answer.json == {"action": "broken", "result": "error", "errorDetails": text_of_all}


@pytest.mark.parametrize("path", ["endlessread", "endlesswrite"])
@pytest.mark.parametrize("version", [24, 25])
def test_requirement_20_a_request_over_the_limit_is_502_and_its_statement_cancelled(
    limited: Limited, path: str, version: int
) -> None:
    before = _seq(limited.server.opened)

    answer = limited.get(f"/api/{version}/{path}")

    assert (answer.status_code, answer.json["result"]) == (502, "error")
    assert answer.json["errorDetails"] == (
        "The request took longer than it may; nothing was changed. Ask for less at once, or try again"
    )
    with limited.server.opened.database.everywhere("test") as connection:
        descriptions = connection.exec_driver_sql(
            "SELECT description FROM accounts WHERE tenant = 'default'"
        ).fetchall()
    assert "half" not in {row[0] for row in descriptions}
    assert _seq(limited.server.opened) == before
    assert limited.server.opened.database.in_use == 0
    assert limited.server.get("/api/25/rules").status_code == 200
    assert limited.server.put("/api/25/parameters", json={"id": "after", "value": "v"}).status_code == 200


def test_requirement_20_a_request_that_ends_before_the_limit_passes(config: Config, limited: Limited) -> None:
    """The statement is watched as above, and what is left of its minute is far more than it takes."""
    minute = configured(config.database_url, config.keys_dir, config.data_dir, request_timeout_s=60)
    passing = Limited(limited.server, create_app(minute, limited.server.opened).test_client())

    answers = [passing.get("/api/25/slowread") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert [answer.get_json()["data"] for answer in answers] == ["done", "done"]
    assert limited.server.opened.database.in_use == 0


def test_requirement_20_a_writer_whose_turn_does_not_come_is_told_and_is_not_written() -> None:
    lanes, taken, go_on, batches = Lanes(), threading.Event(), threading.Event(), list[int]()
    outcome = Outcome(asked=(), changes=())

    def commit(_lane: Lane, tickets: Sequence[Ticket]) -> None:
        batches.append(len(tickets))
        taken.set()
        assert go_on.wait(30)
        for ticket in tickets:
            ticket.answer = outcome

    first = threading.Thread(target=lambda: lanes.pass_through("t", Ticket(as_account(), ()), commit))
    first.start()
    assert taken.wait(30)
    with under(ending_in(0.05)), pytest.raises(OverdueError):
        lanes.pass_through("t", Ticket(as_account(), ()), commit)
    go_on.set()
    first.join(30)

    assert lanes.pass_through("t", Ticket(as_account(), ()), commit) is outcome
    assert batches == [1, 1]


@pytest.fixture
def away(config: Config, postgres_server: str) -> Iterator[Any]:
    """Take the database of this test away, and bring it back."""
    name = config.database_url.rpartition("/")[2]
    with psycopg.connect(postgres_server, autocommit=True) as admin:

        def allow(yes: str) -> None:
            admin.execute(sql.SQL(f"ALTER DATABASE {{}} ALLOW_CONNECTIONS {yes}").format(sql.Identifier(name)))
            if yes == "false":
                admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])

        yield allow
        allow("true")


@pytest.mark.postgres
@pytest.mark.parametrize("migrated_url", ["postgres"], indirect=True)
def test_requirement_21_while_the_database_is_away_503_and_afterwards_all_is_well(server: Server, away: Any) -> None:
    assert server.get("/api/25/rules").status_code == 200
    away("false")

    lost = [server.get("/api/25/rules"), server.put("/api/25/parameters", json={"id": "p", "value": "v"})]
    ready, healthy = server.client.get("/readyz"), server.client.get("/healthz")
    away("true")

    for answer in lost:
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert answer.json["errorDetails"] == "The database cannot be reached; nothing was changed. Try again soon"
    assert (ready.status_code, healthy.status_code) == (503, 200)
    assert server.put("/api/25/parameters", json={"id": "p", "value": "v"}).status_code == 200
    assert server.get("/api/25/rules").status_code == 200
    assert server.client.get("/readyz").status_code == 200


def _seq(opened: Installation) -> int:
    session = TenantSession(opened.database, DEFAULT)
    try:
        return session.head().seq
    finally:
        session.release()
