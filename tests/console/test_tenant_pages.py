"""One's own tenant, the installation's tenants, and the way in: requirements 14 and 15 of tenancy."""

import re

import pytest
from pydantic import SecretStr

from tests.console.visiting import Visit, forms_of, text_of
from tests.installations import Server
from tests.people.persons import link_of, make_tenant
from tests.people.test_invitations import OWN, accept, invite
from tests.review.cast import Cast
from tests.tenants.registering import PASSWORD as REGISTERED
from tests.tenants.registering import registered

PLACE = "/console/installation"


@pytest.fixture
def migrated_url(migrated_sqlite_url: str) -> str:
    """Take one database: what pages ask of it is asked by the API's own tests on both."""
    return migrated_sqlite_url


def test_requirement_14_the_pages_of_the_api_know_who_is_logged_in_and_pass_the_token_for_writes(
    server: Server,
) -> None:
    server.config = server.config.model_copy(update={"docs_public": False})
    Cast(server).person("ann")
    stranger, visit = Visit.to(server), Visit.of(server, "id-ann")
    rule = {"id": "r", "displayName": "Rule"}
    assert stranger.get("/console/session").get_json() == {"user": None}
    assert stranger.get("/api/docs/25/").status_code == 401

    for _refresh in range(2):
        assert visit.get("/api/docs/25/").status_code == 200
        told = visit.get("/console/session")
        session = told.get_json()

    assert (session["user"], session["tenant"]) == ("ann", "default")
    assert (told.headers["Cache-Control"], told.headers["Cross-Origin-Resource-Policy"]) == ("no-store", "same-origin")
    assert "Access-Control-Allow-Origin" not in told.headers
    assert visit.client.put("/api/25/rules", json=rule).status_code == 403
    written = visit.client.put("/api/25/rules", json=rule, headers={"X-CSRF-Token": session["csrf"]})
    assert written.status_code == 200
    cookies = visit.client.get_cookie("sternpost_session")
    assert cookies is not None


def test_requirement_15_a_registrant_logs_in_by_naming_the_tenant_and_has_all_of_it_and_its_key(
    server: Server,
) -> None:
    server.config = server.config.model_copy(update={"registration": "open"})
    made = registered(server, "olga@example.org")
    tenant, key = made.id, made.key
    visit = Visit.to(server)
    page = visit.client.get("/login", follow_redirects=True)
    (form,) = forms_of(page)
    assert set(form.fields) == {"csrf", "next", "email", "password", "tenant"}
    assert tenant not in page.text
    assert "<select" not in page.text

    assert visit.log_in("olga@example.org", REGISTERED, tenant=tenant).status_code == 303

    home = visit.get("/console/administration")
    assert 'href="/api/docs/"' in home.text
    assert key not in home.text
    for path in ("users", "roles", "accounts", "reviewPolicies", "webhooks", "settings", "tenant", "nodes"):
        assert visit.get(f"/console/{path}").status_code == 200, path
    menu = visit.get("/console/tenant/key").text
    shown = re.search(r'<details class="menu" open>.*?</details>', menu, re.DOTALL)
    assert shown
    assert f'value="{key}"' in shown[0]
    assert 'data-copy="api-key"' in shown[0]
    renewed = visit.act("/console/tenant/key", "rotate")
    assert "The key is renewed." in renewed.text
    new_key = re.search(r'id="api-key" value="([^"]+)"', renewed.text)
    assert new_key
    for one, status in ((key, 401), (new_key[1], 200)):
        assert server.client.get("/api/25/rules", headers={"Api-Key": one}).status_code == status
    assert visit.get("/console/tenant").status_code == 303, "every login of the tenant ended with its key"


def test_somebody_in_several_tenants_is_asked_for_one_only_after_the_right_password(server: Server) -> None:
    make_tenant(server)
    for tenant, password in (("default", OWN), ("acme", None)):
        accept(server, link_of(server, invite(server, tenant=tenant, username="ann")["id"]), password)
    visit = Visit.to(server)

    wrong = visit.log_in("ann@example.com", "not the password")
    unnamed = visit.log_in("ann@example.com", OWN)

    assert (wrong.status_code, "acme" in wrong.text) == (401, False)
    assert unnamed.status_code == 400
    assert "You belong to several tenants: acme, default. Name the one that you want" in text_of(unnamed)
    assert OWN not in unnamed.text
    assert visit.log_in("ann@example.com", OWN, tenant="acme").status_code == 303
    assert "in acme" in (page := visit.get("/console/tenant")).text
    assert "Your other tenants Each needs a login of its own. Default default" in text_of(page)


def test_links_of_other_products_dashboards_lead_into_the_console(server: Server) -> None:
    visit = Visit.to(server)
    assert visit.get("/login").headers["Location"] == "/console/login"
    assert visit.client.post("/login", json={"username": "x@y.example", "password": "wrong-one"}).status_code == 401
    led = visit.get("/instance/a%22b")
    assert (led.status_code, led.headers["Location"]) == (303, "/console/objects/instance/a%22b")


def test_the_operator_looks_after_tenants_with_the_secret_which_opens_none_of_their_data(server: Server) -> None:
    server.config = server.config.model_copy(update={"admin_token": SecretStr("correct-horse-secret")})
    visit = Visit.to(server)
    assert "Secret" not in visit.get(PLACE).text
    wrong = visit.send(visit.get(PLACE), PLACE, secret="guessed")
    assert (wrong.status_code, "is wrong" in text_of(wrong)) == (403, True)
    assert visit.client.post(PLACE, data={"secret": "correct-horse-secret", "csrf": "x"}).status_code == 400

    opened = visit.send(visit.get(PLACE), PLACE, secret="correct-horse-secret")

    cookie = next(one for one in opened.headers.getlist("Set-Cookie") if one.startswith("sternpost_installation"))
    assert {"HttpOnly", "SameSite=Strict", f"Path={PLACE}"} <= set(cookie.split("; "))
    assert "correct-horse" not in cookie
    made = visit.act(PLACE, "create", name="Acme Ltd", maxUsers="20")
    assert made.status_code == 200, text_of(made)
    login = re.search(r"logs in as <code>(root@([^<]+)\.com)</code>", made.text)
    password = re.search(r'id="shown-secret" value="([0-9a-f]{40})"', made.text)
    assert login
    assert password
    person = Visit.to(server)
    assert person.log_in(login[1], password[1], tenant=login[2]).status_code == 303
    assert "People, at most 20" in text_of(person.get("/console/tenant"))
    assert visit.get("/console/users").status_code == 303, "the secret opens no tenant"
    switch = {"csrf": forms_of(visit.get(PLACE))[0].fields["csrf"], "tenant": login[2]}
    assert visit.client.post(PLACE, data={**switch, "verb": "disable"}).status_code == 303
    assert "takes no calls now" in text_of(person.get("/console/tenant"))
    assert visit.client.post(PLACE, data={**switch, "verb": "delete", "again": "x"}).status_code == 400
    assert visit.client.post(PLACE, data={**switch, "verb": "delete", "again": login[2]}).status_code == 303
    assert "No tenant is like that." in text_of(visit.get(f"{PLACE}?q=Acme"))
    assert visit.client.post(PLACE, data={**switch, "csrf": "x", "verb": "enable"}).status_code == 403
    server.config = server.config.model_copy(update={"admin_token": SecretStr("another-secret")})
    later = Visit.to(server)
    later.client.set_cookie("sternpost_installation", cookie.split(";")[0].partition("=")[2], path=PLACE)
    assert 'name="secret"' in later.get(PLACE).text, "another secret makes the cookie worthless"
