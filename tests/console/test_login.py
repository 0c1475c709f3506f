"""Getting in and out of the console: cookies, forms of our own, and nothing told to strangers."""

import re

import pytest
from werkzeug.http import parse_cookie

from app.console.login import safe_next
from app.core.clock import now_ms
from app.http.throttle import LIMIT
from tests.console.visiting import HOME, Visit, form_of, text_of
from tests.installations import Server
from tests.people.persons import PASSWORD, events, make_tenant, make_user, person
from tests.review.cast import Cast

COOKIE = "sternpost_session"


def test_a_person_logs_in_where_a_link_led_and_logs_out_again(server: Server) -> None:
    person(server, "ann", roles=["administrator"])
    visit = Visit.to(server)
    sent = visit.get("/console/changeRequests/7?since=x")
    assert (sent.status_code, sent.headers["Location"]) == (
        303, "/console/login?next=%2Fconsole%2FchangeRequests%2F7%3Fsince%3Dx",
    )  # fmt: skip

    answer = visit.log_in("ann", start=f"{HOME}?show=open")

    assert (answer.status_code, answer.headers["Location"]) == (303, f"{HOME}?show=open")
    cookie = next(one for one in answer.headers.getlist("Set-Cookie") if one.startswith(COOKIE))
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    page = visit.get(HOME)
    assert page.status_code == 200
    assert "ann" in page.text
    kept = parse_cookie(cookie)[COOKIE]

    left = visit.send(page, "/console/logout")

    assert left.headers["Location"] == "/console/login"
    assert visit.get(HOME).status_code == 303
    # The cookie is dead wherever somebody kept it.
    visit.client.set_cookie(COOKIE, kept)
    assert visit.get(HOME).status_code == 303
    assert server.client.get("/api/25/rules", headers={"Cookie": f"{COOKIE}={kept}"}).status_code == 401
    assert [one.type for one in events(server)][-2:] == ["UserLogin", "UserLogout"]


def test_cookies_go_over_https_only_where_people_come_by_https(server: Server) -> None:
    server.config = server.config.model_copy(update={"public_url": "https://sternpost.example.org"})
    person(server, "ann")
    visit = Visit.to(server)
    page = visit.client.get("/console/login", base_url="https://localhost")
    fields = form_of(page, "/console/login").fields

    answer = visit.client.post(
        "/console/login", base_url="https://localhost", data={**fields, "email": "ann", "password": PASSWORD}
    )

    assert all("Secure" in cookie for cookie in answer.headers.getlist("Set-Cookie"))


def test_a_wrong_name_and_a_wrong_password_are_told_apart_to_nobody(server: Server) -> None:
    make_user(server, "ann")
    visit = Visit.to(server)

    wrong, unknown = visit.log_in("ann", "not the password"), visit.log_in("nobody", "not the password")

    assert wrong.status_code == unknown.status_code == 401
    assert "E-mail address or password are wrong; send both as they were set" in text_of(wrong)
    assert text_of(wrong) == text_of(unknown)
    assert 'value="ann"' in wrong.text
    assert "not the password" not in wrong.text


def test_failures_are_throttled_and_good_passwords_are_not(server: Server) -> None:
    make_user(server, "ann")
    visit = Visit.to(server)
    for _ in range(LIMIT):
        assert visit.log_in("nobody", "x").status_code == 401

    assert visit.log_in("nobody", "x").status_code == 429
    assert visit.log_in("ann").status_code == 303


def test_a_tenant_is_named_by_who_knows_it_and_none_is_listed(server: Server) -> None:
    make_tenant(server)
    make_user(server, "ann", tenant="acme", email="ann@acme.example", roles=["administrator"])
    visit = Visit.to(server)
    page = visit.get("/console/login?tenant=acme%22%3E")
    assert "acme&#34;&gt;" in page.text
    assert "default" not in text_of(page)

    assert visit.log_in("ann", tenant="nowhere").status_code == 401
    assert visit.log_in("ann").status_code == 401
    assert visit.log_in("ann", tenant="acme", start=f"{HOME}/1?tenant=acme").status_code == 303
    assert "in acme" in visit.get(HOME).text
    other = visit.get(f"{HOME}/1?tenant=default")
    assert (other.status_code, text_of(other)[-81:]) == (
        404, "of the tenant 'default', and you are logged in to 'acme'. Log out first. To the overview"[-81:],
    )  # fmt: skip


@pytest.mark.parametrize(
    "path", ["https://evil.example/", "//evil.example", "/console/../x//y", "/console/\\evil", "/console/login?x", ""]
)
def test_a_login_leads_to_our_own_pages_only(path: str) -> None:
    assert safe_next(path) == "/console/"
    assert safe_next("/console/changeRequests/7?show=all") == "/console/changeRequests/7?show=all"


def test_a_form_of_another_site_logs_nobody_in_and_out_and_changes_nothing(server: Server) -> None:
    Cast(server).person("ann")
    visit = Visit.to(server)
    data = {"email": "ann", "password": PASSWORD, "csrf": "a" * 48}
    assert visit.client.post("/console/login", data=data).status_code == 400
    visit = Visit.of(server, "id-ann")

    for token in ("", "a" * 64):
        refused = visit.client.post("/console/logout", data={"csrf": token})
        assert (refused.status_code, "did not come from a page of your session" in text_of(refused)) == (403, True)
        assert visit.client.post(f"{HOME}/1", data={"csrf": token, "verb": "approve"}).status_code == 403
    assert visit.get(HOME).status_code == 200


def test_the_cookie_opens_the_api_for_reading_and_for_writing_with_the_page_s_token(server: Server) -> None:
    Cast(server).person("ann")
    visit = Visit.of(server, "id-ann")
    token = form_of(visit.get(HOME), "/console/logout").fields["csrf"]
    rule = {"id": "r", "displayName": "Rule"}

    assert visit.get("/api/25/rules").status_code == 200
    refused = visit.client.put("/api/25/rules", json=rule)
    assert (refused.status_code, refused.get_json()["errorDetails"]) == (
        403, "A write with the cookie of the console needs its page's token in the header X-CSRF-Token",
    )  # fmt: skip
    assert visit.client.put("/api/25/rules", json=rule, headers={"X-CSRF-Token": "a" * 64}).status_code == 403
    assert visit.get("/api/25/rules/r").status_code == 404
    assert visit.client.put("/api/25/rules", json=rule, headers={"X-CSRF-Token": token}).status_code == 200
    other = Visit.of(server, "id-ann")
    assert other.client.put("/api/25/rules", json=rule, headers={"X-CSRF-Token": token}).status_code == 403


def test_a_session_ends_with_its_login_its_person_and_its_day(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    Cast(server).person("ann", "configuration")
    visit = Visit.of(server, "id-ann")
    assert visit.get(HOME).status_code == 200
    server.post("/api/25/users/id-ann/disable")
    assert visit.get(HOME).status_code == 303
    server.post("/api/25/users/id-ann/enable")
    visit = Visit.of(server, "id-ann")
    assert visit.get(HOME).status_code == 200

    later = now_ms() + 86_401_000
    monkeypatch.setattr(server.opened.committer, "clock", lambda: later)

    assert visit.get(HOME).status_code == 303


def test_tokens_are_good_for_their_own_purpose_only(server: Server) -> None:
    ann = person(server, "ann")
    visit = Visit.to(server)
    for token in (ann.access, ann.refresh, "x", "a.b.c", "x" * 3000):
        visit.client.set_cookie(COOKIE, token)
        assert visit.get(HOME).status_code == 303
    answer = visit.log_in("ann")
    cookie = next(one for one in answer.headers.getlist("Set-Cookie") if one.startswith(COOKIE))
    bearer = {"Authorization": f"Bearer {parse_cookie(cookie)[COOKIE]}"}
    assert server.client.get("/auth/me", headers=bearer).status_code == 401


def test_every_page_is_closed_to_foreign_scripts_frames_and_caches(server: Server) -> None:
    Cast(server).person("ann")
    visit = Visit.of(server, "id-ann")

    for path in ("/console/login", HOME, f"{HOME}/99", "/console/nowhere", "/console/"):
        page = visit.get(path)
        assert page.headers["Content-Security-Policy"] == (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
            "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        )
        assert (page.headers["Cache-Control"], page.headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
        assert not re.search(r"<script(?! src=\"/console/static/)|style=|\son[a-z]+=", page.text)
    assert (visit.get(f"{HOME}/99").status_code, visit.get("/console/nowhere").status_code) == (404, 404)
    with visit.get("/console/static/console.css") as style:
        assert (style.status_code, style.mimetype) == (200, "text/css")


def test_logging_in_opens_the_documents_of_the_api_where_they_are_closed(server: Server) -> None:
    server.config = server.config.model_copy(update={"docs_public": False})
    Cast(server).person("ann")
    stranger, visit = Visit.to(server), Visit.of(server, "id-ann")

    assert stranger.get("/api/docs/").status_code == 401
    with visit.get("/api/docs/") as page:
        assert page.status_code == 200
