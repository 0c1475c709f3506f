"""Mails about change requests: one for each step, to whom the operator says, through a real mail server."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.changes.review.telling import glass_broken
from app.config import ConfigError, load
from app.config_mails import StepMail
from app.core.clock import now_ms
from app.notify.mailing import GIVE_UP_MS, send_mails
from app.notify.steps import StepMails
from app.people.mailing import LEASE_MS
from app.store.people import lock_user, update_user
from tests.crash.serving import environment_of, fault_log
from tests.installations import Server
from tests.notify.hooks import Clock
from tests.notify.requests import acting, file_request, log, move
from tests.people.conftest import Sink, sink
from tests.people.persons import make_tenant, make_user
from tests.review.cast import Caller, Cast

__all__ = ["sink"]

URL = "https://sternpost.example.org"


def follower(server: Server, *, is_on: bool = True, **steps: dict[str, Any]) -> StepMails:
    made: Any = {name: StepMail.model_validate(step) for name, step in steps.items()}
    return StepMails(server.opened.database, made, URL, is_on=is_on)


def send(server: Server, to: Sink, at_ms: int | None = None) -> int:
    return send_mails(server.opened.database, to.server, at_ms or now_ms())


def reachable(cast: Cast, name: str) -> Caller:
    """Make somebody who has an address."""
    made = cast.person(name)
    with cast.server.opened.database.writing("default") as connection:
        user = lock_user(connection, "default", made.id)
        assert user is not None
        update_user(connection, replace(user, email=f"{name}@example.org"))
    return made


def test_each_step_is_one_mail_with_a_link_to_the_page_that_decides(server: Server, sink: Sink) -> None:
    ann = make_user(server, "ann", name="Ann Ünger", email="ann@example.org")
    bob = make_user(server, "bob", name="Bob", email="bob@example.org", roles=["administrator"])
    mails = follower(
        server,
        validation={"to": "reviewers, team@example.org", "cc": ["chief@example.org"], "bcc": ["log@example.org"],
                    "reply_to": "help@example.org"},
        deployment={"to": ["deployers"]}, cancelled={"to": ["author"]}, deployed={"to": ["author"]},
    )  # fmt: skip
    one = file_request(server, ann, 7)

    assert mails.follow() == 1
    assert mails.follow() == 0
    assert send(server, sink) == 1
    assert send(server, sink) == 0

    (mail,) = sink.mails
    assert (mail["From"], mail["To"], mail["Cc"], mail["Bcc"], mail["Reply-To"], mail["Subject"]) == (
        "sternpost@example.org", "team@example.org, bob@example.org", "chief@example.org", None, "help@example.org",
        "[7] Move the web servers waits for review",
    )  # fmt: skip
    text, html = (part.get_content().replace("\r\n", "\n") for part in mail.iter_parts())
    assert f"{URL}/console/changeRequests/7\n" in text
    assert "Author: Ann Ünger" in text
    assert "To <b>Paris</b>" in text
    assert "To &lt;b&gt;Paris&lt;/b&gt;" in html
    assert sorted(sink.recipients[0]) == sorted(
        ["team@example.org", "bob@example.org", "chief@example.org", "log@example.org"]
    )
    approved = move(server, bob, one, "approved")
    # Our own states that are one step of Rudder's are no step.
    scheduled = move(server, bob, approved, "scheduled")
    move(server, bob, scheduled, "applied")
    move(server, bob, file_request(server, ann, 8), "rejected")
    assert mails.follow() == 4
    send(server, sink)
    assert [(mail["To"], mail["Subject"]) for mail in sink.mails[1:]] == [
        ("bob@example.org", "[7] Move the web servers is approved and waits for deployment"),
        ("ann@example.org", "[7] Move the web servers was deployed"),
        ("team@example.org, bob@example.org", "[8] Move the web servers waits for review"),
        ("ann@example.org", "[8] Move the web servers was cancelled"),
    ]  # fmt: skip
    assert "It was deployed by bob." in sink.mails[2].get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_a_change_request_is_mailed_from_its_first_call_to_its_last(server: Server, sink: Sink) -> None:
    cast = Cast(server)
    ann, bob, cem = (reachable(cast, name) for name in ("ann", "bob", "cem"))
    cast.switch_on()
    mails = follower(
        server, validation={"to": ["reviewers"]}, deployment={"to": ["author"]}, deployed={"to": ["author"]}
    )

    number = ann.asks("PUT", "/rules?changeRequestName=Rule", json={"displayName": "Rule", "targets": ["special:all"]})
    mails.follow()
    assert bob.approve(number).status_code == 200
    mails.follow()
    assert cem.deploy(number).status_code == 200
    mails.follow()
    broken = ann.asks(
        "PUT", "/rules?changeRequestName=Second", json={"displayName": "Second", "targets": ["special:all"]}
    )
    answer = ann.deploy(broken, breakGlass={"reason": "the site is down"})
    assert answer.status_code == 200, answer.get_json()
    mails.follow()
    send(server, sink)

    assert sorted((mail["Subject"], mail["To"]) for mail in sink.mails) == [
        ("[1] Rule is approved and waits for deployment", "ann@example.org"),
        ("[1] Rule waits for review", "bob@example.org, cem@example.org"),
        ("[1] Rule was deployed", "ann@example.org"),
        ("[2] Second waits for review", "bob@example.org, cem@example.org"),
        ("[2] Second was deployed", "ann@example.org"),
        ("[2] Second was deployed without your review", "bob@example.org"),
        ("[2] Second was deployed without your review", "cem@example.org"),
    ]


def test_a_draft_is_no_step_until_it_is_handed_in(server: Server) -> None:
    ann = make_user(server, "ann", email="ann@example.org")
    mails = follower(server, validation={"to": ["author"]})
    draft = file_request(server, ann, state="draft")
    assert mails.follow() == 0

    move(server, ann, draft, "inReview")

    assert mails.follow() == 1


def test_the_operator_s_own_texts_take_the_variables_of_rudder(server: Server, sink: Sink, tmp_path: Path) -> None:
    ann = make_user(server, "ann", name="Ann", email="ann@example.org")
    bob = make_user(server, "bob", name="Bob")
    template = tmp_path / "deployed.html"
    template.write_text(
        "<p>{{id}} {{ name }} {{&name}} {{{name}}} {{description}} {{author}} {{approver}} {{info}}|</p>"
    )
    step = {"to": ["author"], "subject": "{{id}}: {{name}} {{info}}", "template": str(template)}
    mails = follower(server, deployed=step)
    move(server, bob, file_request(server, ann, name="A <i>\r\nBcc: x@example.org"), "applied")

    assert mails.follow() == 1
    send(server, sink)

    (mail,) = sink.mails
    assert (mail["Subject"], mail["Bcc"]) == ("1: A <i> Bcc: x@example.org", None)
    named = "A &lt;i&gt;\nBcc: x@example.org"
    raw = "A <i>\nBcc: x@example.org"
    html = mail.get_body(("html",)).get_content().replace("\r\n", "\n")  # type: ignore[union-attr]
    assert html == f"<p>1 {named} {raw} {raw} To &lt;b&gt;Paris&lt;/b&gt; Ann bob |</p>\n"


def test_those_who_were_not_asked_are_told_that_the_glass_was_broken(server: Server, sink: Sink) -> None:
    ann, bob = make_user(server, "ann"), make_user(server, "bob", email="bob@example.org")
    make_user(server, "cem", email="cem@example.org")
    mails = follower(server)
    one = file_request(server, ann, 3)

    log(server, acting(bob), one, glass_broken(one, ["cem", "ann"], "the site is down"))

    assert mails.follow() == 1
    send(server, sink)
    (mail,) = sink.mails
    assert (mail["To"], mail["Subject"]) == (
        "cem@example.org", "[3] Move the web servers was deployed without your review",
    )  # fmt: skip
    assert "Reason: the site is down" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_a_tenant_s_mails_go_to_its_own_people_only(server: Server, sink: Sink) -> None:
    make_tenant(server)
    make_user(server, "ann", email="ann@example.org", roles=["administrator"])
    bob = make_user(server, "bob", tenant="acme", email="bob@acme.example", roles=["administrator"])
    make_user(server, "cem", tenant="acme", email="cem@acme.example", roles=["administrator"])
    mails = follower(server, validation={"to": ["reviewers", "team@example.org"]})

    file_request(server, bob, tenant="acme")

    assert mails.follow() == 1
    send(server, sink)
    assert sink.recipients == [["cem@acme.example"]]
    assert f"{URL}/console/changeRequests/1?tenant=acme" in sink.mails[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_without_a_mail_server_nothing_waits_to_be_sent_later(server: Server) -> None:
    ann = make_user(server, "ann", email="ann@example.org")
    steps = {"validation": {"to": ["author"]}}
    file_request(server, ann)

    assert follower(server, is_on=False, **steps).follow() == 0

    assert follower(server, **steps).follow() == 0
    file_request(server, ann, 2)
    assert follower(server, **steps).follow() == 1


@pytest.mark.parametrize(("point", "mails"), [("notice.claimed", 1), ("notice.sent", 2)])
def test_a_worker_that_is_killed_loses_no_mail(server: Server, sink: Sink, point: str, mails: int) -> None:
    ann = make_user(server, "ann", email="ann@example.org")
    file_request(server, ann)
    follower(server, validation={"to": ["author"]}).follow()

    killed = subprocess.run(
        [sys.executable, "-m", "tests.notify.mails_process", sink.url],
        env=environment_of(server.config, fault=point),
        check=False,
    )

    assert killed.returncode == -9
    assert fault_log(server.config).read_text().split() == [point]
    assert send(server, sink) == 0
    assert send(server, sink, now_ms() + LEASE_MS) == 1
    assert len(sink.mails) == mails
    assert len({mail["Message-ID"] for mail in sink.mails}) == 1


def test_a_mail_that_is_refused_is_tried_for_three_days(server: Server, sink: Sink) -> None:
    ann = make_user(server, "ann", email="ann@example.org")
    file_request(server, ann)
    follower(server, validation={"to": ["author"]}).follow()
    sink.refuse = "451 later"
    clock = Clock()

    assert send(server, sink, clock()) == 0
    sink.refuse = ""
    assert send(server, sink, clock()) == 0
    clock.move(60)
    assert send(server, sink, clock()) == 1
    file_request(server, ann, 2)
    follower(server, validation={"to": ["author"]}).follow()
    sink.refuse = "550 never"
    send(server, sink, clock() + GIVE_UP_MS)
    sink.refuse = ""
    assert send(server, sink, clock() + 2 * GIVE_UP_MS) == 0


@pytest.mark.parametrize(
    ("steps", "fault"),
    [
        ('{"validation": {"to": ["nobody"]}}', "'nobody': write one address such as sternpost@example.org, or one of"),
        ('{"review": {"to": ["author"]}}', "Input should be 'validation', 'deployment', 'cancelled' or 'deployed'"),
        ('{"validation": {"too": ["author"]}}', "Extra inputs are not permitted"),
        ('{"validation": {"template": "nowhere.html"}}', "Path does not point to a file"),
        ("validation", "write a table as JSON"),
    ],
)
def test_a_step_that_cannot_be_mailed_stops_the_start(steps: str, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STERNPOST_MAIL_STEPS", steps)

    with pytest.raises(ConfigError) as refusal:
        load()

    assert fault in refusal.value.message


def test_the_steps_are_tables_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "site.toml"
    file.write_text('[mail_steps.validation]\nto = ["reviewers", "team@example.org"]\nreply_to = "a@example.org"\n')
    monkeypatch.setenv("STERNPOST_CONFIG", str(file))

    step = load().mail_steps["validation"]

    assert (step.to, step.cc, step.reply_to) == (("reviewers", "team@example.org"), (), "a@example.org")
