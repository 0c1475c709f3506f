"""A new password by a mailed link."""

import re
from urllib.parse import unquote

import pytest

from app.people.mailing import send_due
from tests.installations import Server
from tests.people.conftest import Sink
from tests.people.persons import PASSWORD, log_in, make_user, person
from tests.takaro.calling import domain
from tests.takaro.conftest import config  # noqa: F401  an installation with domains

FRESH = "another horse entirely"


def asked(server: Server, sink: Sink, email: str, **more: str) -> str:
    """Ask for a link, and give the token of the one that is mailed; "" when none is."""
    answer = server.client.post("/auth/forgot-password", json={"email": email, **more})
    assert (answer.status_code, answer.get_json()) == (200, {})
    server.opened.notes.flush()
    sink.mails.clear()
    opened = server.opened
    send_due(opened.database, opened.committer.ring, sink.server, opened.committer.clock())
    mails = [mail for mail in sink.mails if mail["Subject"] == "A new password for Sternpost"]
    if not mails:
        return ""
    (mail,) = mails
    found = re.search(r"/auth/reset-password\?token=(\S+)", mail.get_content())
    assert found is not None
    return unquote(found[1])


def test_a_forgotten_password_is_replaced_by_a_mailed_link(server: Server, sink: Sink) -> None:
    """Logins of the old password end, the link opens once, and the answer logs in."""
    alice = person(server, "alice", email="alice@example.com")
    token = asked(server, sink, "Alice@example.com")
    page = server.client.get("/auth/reset-password", query_string={"token": token})
    weak = server.client.post("/auth/reset-password", json={"token": token, "password": "short"})

    assert (page.status_code, token in page.text) == (200, True)
    assert (weak.status_code, list(weak.get_json())) == (400, ["password"])
    assert log_in(server, "alice").status_code == 200
    done = server.client.post("/auth/reset-password", data={"token": token, "password": FRESH})
    assert set(done.get_json()) == {"access", "refresh", "expiresIn"}
    assert alice.call("GET", "/auth/me").status_code == 401
    assert (log_in(server, "alice").status_code, log_in(server, "alice", FRESH).status_code) == (401, 200)
    again = server.client.post("/auth/reset-password", json={"token": token, "password": PASSWORD})
    text = "This link opens nothing (any more); ask for another one"
    assert (again.status_code, again.get_json()) == (400, {"token": [text]})
    types = [one["type"] for one in server.get("/api/25/events").json["data"]["events"]]
    assert types.index("UserModified") < types.index("PasswordResetAsked")


def test_nobody_learns_who_is_here_and_nobody_is_flooded(server: Server, sink: Sink) -> None:
    user = make_user(server, "alice", email="alice@example.com")
    make_user(server, "bob")
    invited = server.post("/api/25/users/invite", json={"email": "new@example.com"}).json["data"]["users"][0]

    assert asked(server, sink, "nobody@example.com") == ""
    assert asked(server, sink, "bob") == ""
    assert asked(server, sink, "alice", client="nowhere") == ""
    assert invited["state"] == "invited"
    assert asked(server, sink, "alice")
    assert asked(server, sink, "alice") == ""
    server.post(f"/api/25/users/{user['id']}/disable")
    assert asked(server, sink, "alice") == ""


@pytest.mark.parametrize("end", ["disable", "delete", "expire"])
def test_a_link_dies_with_its_user_and_after_an_hour(
    server: Server, sink: Sink, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    user = make_user(server, "alice", email="alice@example.com")
    token = asked(server, sink, "alice")
    if end == "expire":
        later = server.opened.committer.clock() + 3_600_001
        monkeypatch.setattr("app.resources.logins.resetting.now_ms", lambda: later)
    elif end == "disable":
        server.post(f"/api/25/users/{user['id']}/disable")
    else:
        server.delete(f"/api/25/users/{user['id']}")

    answer = server.client.post("/auth/reset-password", json={"token": token, "password": FRESH})

    assert (answer.status_code, list(answer.get_json())) == (400, ["token"])


def test_a_link_is_good_for_its_purpose_only(server: Server, sink: Sink) -> None:
    alice = person(server, "alice", email="alice@example.com")
    token = asked(server, sink, "alice")

    accepted = server.client.post("/auth/accept-invitation", json={"token": token, "password": FRESH})
    as_access = server.client.get("/auth/me", headers={"Authorization": f"Bearer {token}"})
    for other in (alice.access, alice.refresh, "nonsense"):
        answer = server.client.post("/auth/reset-password", json={"token": other, "password": FRESH})
        assert (answer.status_code, list(answer.get_json())) == (400, ["token"])

    assert (accepted.status_code, as_access.status_code) == (400, 401)
    assert log_in(server, "alice").status_code == 200


def test_a_tenants_password_stays_that_tenants(server: Server, sink: Sink) -> None:
    """Whoever an administrator made has a password there alone, also after a mailed link."""
    made, root = domain(server)
    home = made["createdDomain"]["id"]
    root.data("POST", "/user", {"name": "Mel", "email": "mel@example.com", "password": PASSWORD})
    make_user(server, "mel", email="mel@example.com")

    token = asked(server, sink, "mel@example.com", client=home)
    assert server.client.post("/auth/reset-password", json={"token": token, "password": FRESH}).status_code == 200

    assert log_in(server, "mel@example.com", FRESH, client=home).status_code == 200
    assert log_in(server, "mel@example.com", FRESH, client="default").status_code == 401
    assert log_in(server, "mel@example.com", client="default").status_code == 200
