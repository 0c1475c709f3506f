"""Invitations: a mail with a link that opens once, never lost, and that nobody else's password can use."""

import json
import re
import subprocess
import sys
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from app.core.clock import now_ms
from app.people.invitations import VALID_MS
from app.people.mailing import LEASE_MS, MailServer, retry_after_ms, send_due
from app.people.members import found
from app.people.passwords import hash_password
from app.store.people_tables import IdentityRow
from tests.crash.serving import environment_of, fault_log
from tests.installations import Server
from tests.people.conftest import Sink
from tests.people.persons import PASSWORD, Json, admin_of, events, link_of, log_in, make_tenant, make_user

OWN = "a sentence of my own"
DEAD = {"token": ["This link opens nothing (any more); ask for a new invitation"]}


def invite(server: Server, email: str = "ann@example.com", *, tenant: str = "default", **more: Any) -> Json:
    token = server.token if tenant == "default" else admin_of(server, tenant)
    answer = server.post("/api/25/users/invite", token=token, json={"email": email, **more})
    assert answer.status_code == 200, answer.get_json()
    made: Json = answer.get_json()["data"]["users"][0]
    return made


def mail(server: Server, to: MailServer, at_ms: int | None = None) -> int:
    opened = server.opened
    return send_due(opened.database, opened.committer.ring, to, at_ms or now_ms())


def accept(server: Server, token: str, password: str | None = OWN) -> Any:
    asked = {"token": token} if password is None else {"token": token, "password": password}
    return server.client.post("/auth/accept-invitation", json=asked)


def shown(server: Server, user: Json) -> Json:
    said: Json = server.get(f"/api/25/users/{user['id']}").get_json()["data"]["users"][0]
    return said


def test_an_invitation_is_mailed_and_its_link_makes_a_member(server: Server, sink: Sink) -> None:
    user = invite(server, "Ann@Example.com", username="ann", name="Ann Ünger", roles=["inventory"])
    assert (user["state"], user["invitation"]["sentAt"], user["idpId"]) == ("invited", None, None)

    assert mail(server, sink.server) == 1

    (one,) = sink.mails
    assert (one["To"], one["From"], one["Subject"]) == (
        "Ann Ünger <Ann@Example.com>", "sternpost@example.org", "Your invitation to Sternpost",
    )  # fmt: skip
    link = re.search(r"https://\S+", one.get_content())
    assert link is not None
    assert link[0].startswith("https://sternpost.example.org/auth/accept-invitation?token=")
    token = parse_qs(urlsplit(link[0]).query)["token"][0]
    assert shown(server, user)["invitation"]["sentAt"] is not None
    answer = accept(server, token)
    assert (answer.status_code, set(answer.get_json())) == (200, {"access", "refresh", "expiresIn"})
    after = shown(server, user)
    assert (after["state"], after["invitation"], after["roles"]) == ("active", None, ["inventory"])
    assert after["idpId"] is not None
    assert log_in(server, "ann@example.com", OWN).status_code == 200
    assert [one.type for one in events(server)] == [
        "UserAdded", "UserInvited", "InvitationAccepted", "UserLogin", "UserLogin",
    ]  # fmt: skip


def test_an_invited_person_is_shut_out_until_the_link_is_opened(server: Server) -> None:
    user = invite(server, username="ann")

    assert log_in(server, "ann@example.com", OWN).status_code == 401
    assert server.put(f"/api/25/users/{user['id']}/tokens", json={"name": "x"}).status_code == 403


def test_a_handle_is_never_made_of_an_address(server: Server) -> None:
    user = invite(server, "ann.unger@example.com")

    assert re.fullmatch(r"person-[0-9a-f]{8}", user["username"])


def test_a_link_opens_once(server: Server) -> None:
    token = link_of(server, invite(server)["id"])
    assert accept(server, token).status_code == 200

    again = accept(server, token)

    assert (again.status_code, again.get_json()) == (400, DEAD)


def test_looking_at_the_page_of_a_link_does_not_use_it(server: Server) -> None:
    token = link_of(server, invite(server)["id"])

    page = server.client.get(f"/auth/accept-invitation?token={token}")

    assert (page.status_code, page.content_type) == (200, "text/html; charset=utf-8")
    assert f'value="{token}"' in page.text
    form = {"token": token, "password": OWN}
    assert server.client.post("/auth/accept-invitation", data=form).status_code == 200


def test_the_page_of_a_hostile_link_is_harmless(server: Server) -> None:
    page = server.client.get('/auth/accept-invitation?token="><script>alert(1)</script>')

    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "x" * 4000])
def test_a_link_of_somebodys_invention_opens_nothing(server: Server, token: str) -> None:
    answer = accept(server, token)

    assert (answer.status_code, list(answer.get_json())) == (400, ["token"])


def test_a_link_is_no_login_and_a_login_no_link(server: Server) -> None:
    user = make_user(server, "bob")
    pair = log_in(server, "bob").get_json()
    token = link_of(server, invite(server)["id"])

    assert accept(server, pair["access"]).status_code == 400
    assert server.client.get("/auth/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert user["state"] == "active"


def test_a_link_expires_after_a_week(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    token = link_of(server, invite(server)["id"])
    later = now_ms() + VALID_MS + 1000
    monkeypatch.setattr("app.resources.logins.acceptance.now_ms", lambda: later)

    assert accept(server, token).get_json() == DEAD


def test_a_new_person_must_choose_a_good_password(server: Server) -> None:
    token = link_of(server, invite(server)["id"])

    assert list(accept(server, token, None).get_json()) == ["password"]
    assert list(accept(server, token, "short").get_json()) == ["password"]
    assert accept(server, token).status_code == 200


def test_inviting_again_shows_the_same_user_and_mails_a_new_link(server: Server, sink: Sink) -> None:
    first = invite(server, username="ann")
    token = link_of(server, first["id"])

    second = invite(server, "ANN@example.com", name="Somebody else", roles=["administrator"])

    assert (second["id"], second["name"], second["roles"]) == (first["id"], "", [])
    assert mail(server, sink.server) == 1
    assert token == link_of(server, first["id"]) or accept(server, token).get_json() == DEAD


def test_inviting_who_is_here_already_shows_them_and_mails_nothing(server: Server, sink: Sink) -> None:
    bob = make_user(server, "bob", email="bob@example.com")

    again = invite(server, "Bob@example.com")

    assert (again["id"], again["state"]) == (bob["id"], "active")
    assert mail(server, sink.server) == 0


def test_a_deleted_persons_link_opens_nothing_and_is_not_mailed(server: Server, sink: Sink) -> None:
    user = invite(server)
    token = link_of(server, user["id"])
    server.delete(f"/api/25/users/{user['id']}")

    assert accept(server, token).get_json() == DEAD
    assert mail(server, sink.server) == 0


def test_another_address_gets_another_link(server: Server, sink: Sink) -> None:
    user = invite(server)
    token = link_of(server, user["id"])

    server.post(f"/api/25/users/{user['id']}", json={"email": "ann@elsewhere.example"})

    assert accept(server, token).get_json() == DEAD
    assert mail(server, sink.server) == 1
    assert sink.mails[0]["To"] == "ann@elsewhere.example"


# --- Mail that cannot be sent -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("refuse", "fault"),
    [("451 later", "the mail server answered 451"), ("550 never heard of", "the mail server answered 550")],
)
def test_a_mail_that_was_refused_is_sent_again_later(server: Server, sink: Sink, refuse: str, fault: str) -> None:
    user = invite(server)
    sink.refuse = refuse
    start = now_ms()

    assert mail(server, sink.server, start) == 0
    assert shown(server, user)["invitation"]["fault"] == fault
    sink.refuse = ""
    assert mail(server, sink.server, start + 59_000) == 0
    assert mail(server, sink.server, start + 61_000) == 1
    after = shown(server, user)["invitation"]
    assert (after["fault"], after["attempts"]) == (None, 2)


def test_without_a_mail_server_an_invitation_waits_and_says_so(server: Server, sink: Sink) -> None:
    user = invite(server)
    start = now_ms()

    assert mail(server, MailServer("", "a@example.org", "x"), start) == 0

    assert shown(server, user)["invitation"]["fault"] == "no mail server is configured; set STERNPOST_SMTP_URL"
    assert mail(server, sink.server, start + 61_000) == 1


def test_a_mail_server_that_is_away_is_named_without_its_password(server: Server) -> None:
    user = invite(server)

    mail(server, MailServer("smtp://me:hidden@127.0.0.1:1", "a@example.org", "x"))

    fault = shown(server, user)["invitation"]["fault"]
    assert fault.startswith("the mail server cannot be reached")
    assert "hidden" not in fault


def test_waiting_grows_to_an_hour() -> None:
    assert [retry_after_ms(attempts) // 60_000 for attempts in (1, 2, 3, 6, 7, 100)] == [1, 2, 4, 32, 60, 60]


def test_two_workers_mail_once(server: Server, sink: Sink) -> None:
    invite(server)

    assert [mail(server, sink.server), mail(server, sink.server)] == [1, 0]


def test_one_bad_address_does_not_hold_up_the_others(server: Server, sink: Sink) -> None:
    first, second = invite(server, "ünn@example.com"), invite(server, "bob@example.com")

    mail(server, sink.server)

    assert "bob@example.com" in {one["To"] for one in sink.mails}
    assert shown(server, second)["invitation"]["sentAt"] is not None
    assert shown(server, first)["invitation"]["attempts"] == 1


@pytest.mark.parametrize(("point", "mails"), [("mail.claimed", 1), ("mail.sent", 2)])
def test_a_worker_that_is_killed_loses_no_mail(server: Server, sink: Sink, point: str, mails: int) -> None:
    user = invite(server)
    start = now_ms()

    killed = subprocess.run(
        [sys.executable, "-m", "tests.people.mailing_process", sink.url],
        env=environment_of(server.config, fault=point),
        check=False,
        capture_output=True,
    )

    assert killed.returncode == -9, killed.stderr.decode()
    assert fault_log(server.config).read_text().split() == [point]
    assert mail(server, sink.server, start + LEASE_MS + 60_000) == 1
    assert len(sink.mails) == mails
    assert accept(server, link_of(server, user["id"])).status_code == 200


# --- One person in several tenants ------------------------------------------------------------------------------------


def test_one_person_belongs_to_several_tenants_with_one_password(server: Server) -> None:
    make_tenant(server, "acme")
    first = invite(server, username="ann")
    accept(server, link_of(server, first["id"]))
    second = invite(server, username="ann", tenant="acme")
    assert set(second) == set(first)
    assert (second["state"], second["idpId"]) == ("invited", None)

    access = accept(server, link_of(server, second["id"]), None).get_json()["access"]

    said = server.client.get("/auth/me", headers={"Authorization": f"Bearer {access}"}).get_json()
    assert said["tenant"] == "acme"
    assert [tenant["id"] for tenant in said["tenants"]] == ["acme", "default"]
    unnamed = log_in(server, "ann@example.com", OWN)
    assert (unnamed.status_code, list(unnamed.get_json())) == (400, ["client"])
    for client in ("acme", "Acme", "default"):
        assert log_in(server, "ann@example.com", OWN, client=client).status_code == 200


def test_a_person_who_has_a_password_keeps_it(server: Server) -> None:
    make_tenant(server, "acme")
    accept(server, link_of(server, invite(server)["id"]))
    token = link_of(server, invite(server, tenant="acme")["id"])

    other = accept(server, token, "another good sentence")

    assert (other.status_code, list(other.get_json())) == (400, ["password"])
    assert accept(server, token, OWN).status_code == 200


def test_a_password_set_by_one_tenants_administrator_never_opens_another(server: Server) -> None:
    make_tenant(server, "acme")
    accept(server, link_of(server, invite(server, "victim@example.com")["id"]))
    evil = "set by the other tenant"
    token = admin_of(server, "acme")
    made = {"username": "victim", "email": "victim@example.com", "password": evil}

    assert server.put("/api/25/users", token=token, json=made).status_code == 200

    assert log_in(server, "victim@example.com", evil).status_code == 401
    assert log_in(server, "victim@example.com", evil, client="default").status_code == 401
    pair = log_in(server, "victim@example.com", evil, client="acme").get_json()
    headers = {"Authorization": f"Bearer {pair['access']}"}
    asked = {"password": evil, "newPassword": "set by the intruder"}
    assert server.client.post("/auth/password", json=asked, headers=headers).status_code == 200
    assert log_in(server, "victim@example.com", "set by the intruder", client="default").status_code == 401
    assert log_in(server, "victim@example.com", OWN).status_code == 200


def test_a_password_reset_by_an_administrator_counts_in_that_tenant_only(server: Server) -> None:
    make_tenant(server, "acme")
    accept(server, link_of(server, invite(server)["id"]))
    second = invite(server, tenant="acme")
    accept(server, link_of(server, second["id"]), None)
    evil = "set by the other tenant"

    server.post(f"/api/25/users/{second['id']}", token=admin_of(server, "acme"), json={"password": evil})

    assert log_in(server, "ann@example.com", evil, client="acme").status_code == 200
    assert log_in(server, "ann@example.com", evil, client="default").status_code == 401
    assert log_in(server, "ann@example.com", OWN, client="default").status_code == 200


def test_who_only_claimed_an_address_gets_nothing_in_other_tenants(server: Server) -> None:
    make_tenant(server, "squat")
    with server.opened.database.writing("squat") as connection:
        found(connection, "squat", email="ann@example.com", password_hash=hash_password(PASSWORD), now_ms=now_ms())
    user = invite(server)

    assert accept(server, link_of(server, user["id"])).status_code == 200

    assert log_in(server, "ann@example.com", PASSWORD, client="default").status_code == 401
    assert log_in(server, "ann@example.com", OWN, client="default").status_code == 200
    assert log_in(server, "ann@example.com", OWN, client="squat").status_code == 401
    assert log_in(server, "ann@example.com", PASSWORD, client="squat").status_code == 200
    assert shown(server, user)["idpId"] is not None


def test_who_claimed_an_address_and_owns_it_is_one_person(server: Server) -> None:
    make_tenant(server, "own")
    with server.opened.database.writing("own") as connection:
        found(connection, "own", email="ann@example.com", password_hash=hash_password(OWN), now_ms=now_ms())

    assert accept(server, link_of(server, invite(server)["id"])).status_code == 200

    with server.opened.database.connect() as connection:
        (identity,) = connection.execute(select(IdentityRow.email, IdentityRow.verified)).fetchall()
    assert identity.email == "ann@example.com"
    assert identity.verified is not None


def test_removal_from_one_tenant_leaves_the_other_alone(server: Server) -> None:
    make_tenant(server, "acme")
    accept(server, link_of(server, invite(server)["id"]))
    second = invite(server, tenant="acme")
    there = accept(server, link_of(server, second["id"]), None).get_json()["access"]
    here = log_in(server, "ann@example.com", OWN, client="default").get_json()["access"]

    server.delete(f"/api/25/users/{second['id']}", token=admin_of(server, "acme"))

    statuses = [
        server.client.get("/auth/me", headers={"Authorization": f"Bearer {token}"}).status_code
        for token in (there, here)
    ]
    assert statuses == [401, 200]
    assert log_in(server, "ann@example.com", OWN).status_code == 200


def test_personal_data_is_nowhere_in_events_or_git(server: Server) -> None:
    user = invite(server, "ann.unger@example.com", username="hawk", name="Ann Ünger", roles=["administrator"])
    pair = accept(server, link_of(server, user["id"])).get_json()
    headers = {"Authorization": f"Bearer {pair['access']}"}
    server.client.put("/api/25/rules", json={"id": "r-1", "displayName": "Rule"}, headers=headers)
    server.client.put("/api/25/teams", json={"name": "ops", "members": [user["id"]]}, headers=headers)
    server.post(f"/api/25/users/{user['id']}", json={"name": "Ann Other", "roles": ["user", "administrator"]})
    log_in(server, "ann.unger@example.com", "wrong")
    server.opened.git_writer.catch_up("default")

    bodies = "".join(
        json.dumps([one.data, one.after, one.object_name, one.reason, one.actor.handle, one.actor.id])
        for kind in ("user", "rule", "team")
        for one in events(server, kind=kind)
    )
    log = subprocess.run(
        ["git", "-C", str(server.opened.git_writer.path("default")), "log", "-p", "--format=fuller", "-2", "main"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert "hawk <" in log
    for text in (bodies, log):
        assert "hawk" in text
        for personal in ("ann.unger", "Ann", "nger", "example.com", "127.0.0.1"):
            assert personal not in text, personal
