"""The worker at its webhooks: killed in the middle, two at once, and one target that keeps it waiting."""

import json
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from app.core.clock import now_ms
from app.notify.deliveries import LEASE_MS, Deliverer
from app.notify.posting import Poster, Told
from app.notify.rounds import MOST_OF_A_TENANT, Rounds
from app.store.mails import Mail, drop_old_mails, due_mails, insert_mail
from app.store.notice_tables import MailRow
from app.store.webhooks import drop_old_deliveries
from app.telling import deliverer_of
from app.worker import run
from tests.crash.serving import environment_of, fault_log
from tests.installations import Server
from tests.live import serving
from tests.notify.conftest import Target
from tests.notify.hooks import Clock, deliver, deliveries, hook, make_hook


@pytest.mark.parametrize(("fault", "before"), [("webhook.begun", 0), ("webhook.called", 1)])
def test_a_worker_that_is_killed_loses_nothing_and_another_goes_on(
    server: Server, target: Target, fault: str, before: int
) -> None:
    make_hook(server, target.url)
    environment = {**environment_of(server.config, fault), "STERNPOST_WEBHOOK_NETWORKS": "127.0.0.0/8"}
    subprocess.run([sys.executable, "-m", "tests.notify.telling_process"], env=environment, check=False)
    assert fault_log(server.config).read_text() == f"{fault}\n"
    assert len(target.taken) == before
    clock = Clock()
    assert deliver(server, clock) == 0

    clock.move(LEASE_MS / 1000)

    assert deliver(server, clock) == 1
    assert len({headers["webhook-id"] for headers, _ in target.taken}) == 1
    assert [(one["state"], one["attempts"]) for one in deliveries(server)] == [("delivered", 2)]


def test_two_workers_at_once_tell_each_event_once_and_in_order(server: Server, target: Target) -> None:
    make_hook(server, target.url)
    for number in range(10):
        server.put("/api/25/rules", json={"id": f"r{number}", "displayName": f"Rule {number}"})
    deliverer, together = deliverer_of(server.config, server.opened), threading.Barrier(4)

    def work() -> None:
        together.wait()
        deliverer.serve("default", "h")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [json.loads(body)["object"]["id"] for _, body in target.taken] == ["h", *(f"r{n}" for n in range(10))]


class Held(Poster):
    """A poster whose slow target answers when the test lets it."""

    let_go = threading.Event()
    slow = threading.Semaphore(0)
    quick = threading.Event()

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Told:  # noqa: ARG002  the real one's signature
        if "slow" in url:
            self.slow.release()
            assert self.let_go.wait(60)
        else:
            self.quick.set()
        return Told(200, None)


def test_slow_targets_delay_neither_others_nor_other_tenants(server: Server) -> None:
    made = deliverer_of(server.config, server.opened)
    poster = Held(made.poster.reach, 5)
    deliverer: Deliverer = replace(made, poster=poster)
    for number in range(MOST_OF_A_TENANT + 1):
        make_hook(server, f"https://example.org/{'slow' if number < MOST_OF_A_TENANT - 1 else 'quick'}", f"h{number}")
    rounds = Rounds(deliverer)
    try:
        assert rounds.start_due() == MOST_OF_A_TENANT
        for _ in range(MOST_OF_A_TENANT - 1):
            assert poster.slow.acquire(timeout=60)
        assert poster.quick.wait(60)
    finally:
        poster.let_go.set()
        rounds.close()
    assert {hook(server, f"h{number}")["fault"] for number in range(MOST_OF_A_TENANT)} == {None}


def test_a_mail_server_that_never_answers_holds_up_no_webhook(server: Server, target: Target) -> None:
    arrived, stopping = threading.Event(), threading.Event()
    target.when_taken = arrived.set
    make_hook(server, target.url)
    server.post("/api/25/users/invite", json={"email": "ann@example.org"})
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = SecretStr(f"smtp://127.0.0.1:{silent.getsockname()[1]}")
        config = server.config.model_copy(update={"smtp_url": url})
        worker = threading.Thread(target=run, args=(config, stopping))
        worker.start()
        line, _ = silent.accept()
        with line:
            assert arrived.wait(60)
            stopping.set()
    worker.join()


def test_what_is_kept_of_deliveries_and_mails_ends_with_its_days(server: Server, target: Target) -> None:
    make_hook(server, target.url)
    deliver(server, Clock())
    (kept,) = deliveries(server)
    opened = server.opened
    mail = Mail(tenant="default", id="m", seq=1, subject="", text="", due=None, created=1, updated=5)
    with opened.database.writing("default") as connection:
        insert_mail(connection, mail)
        insert_mail(connection, replace(mail, id="waits", due=9))

    with opened.database.writing_everywhere("test") as connection:
        drop_old_deliveries(connection, 5)
        drop_old_mails(connection, 5)
    assert [one["id"] for one in deliveries(server)] == [kept["id"]]
    with opened.database.writing_everywhere("test") as connection:
        drop_old_deliveries(connection, now_ms() + 60_000)
        drop_old_mails(connection, 6)

    assert deliveries(server) == []
    with opened.database.everywhere("test") as connection:
        assert [one.id for one in due_mails(connection, 10, 10)] == ["waits"]
        assert connection.execute(select(func.count(MailRow.id))).scalar_one() == 1


def test_a_server_tells_a_webhook_without_anybody_asking(tmp_path: Path, target: Target) -> None:
    arrived = threading.Event()
    target.when_taken = arrived.set
    with serving(tmp_path, environment={"STERNPOST_WEBHOOK_NETWORKS": "127.0.0.1"}) as live:
        asked = json.dumps({"id": "h", "name": "Hook", "url": target.url}).encode()
        headers = {"Content-Type": "application/json", "X-API-Token": live.token}
        request = urllib.request.Request(f"{live.url}/api/25/webhooks", asked, headers, method="PUT")
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 200

        assert arrived.wait(60), (tmp_path / "server.log").read_text()

    assert json.loads(target.taken[0][1])["type"] == "WebhookAdded"
