"""The administrator's pages, form by form; what is wrong stands at its field."""

import re

import pytest

from tests.console.visiting import Visit, text_of
from tests.installations import Server
from tests.people.persons import make_tenant
from tests.review.cast import Cast


@pytest.fixture
def migrated_url(migrated_sqlite_url: str) -> str:
    """Take one database: what pages ask of it is asked by the API's own tests on both."""
    return migrated_sqlite_url


@pytest.fixture
def visit(server: Server) -> Visit:
    """Come as an administrator."""
    Cast(server).person("ann")
    return Visit.of(server, "id-ann")


def secret_of(answer_text: str, label: str) -> str:
    found = re.search(rf'<input id="shown-secret" value="([^"]+)" readonly aria-label="{label}"', answer_text)
    assert found, answer_text
    return found[1]


def test_an_administrator_adds_a_person_whose_password_is_shown_once(server: Server, visit: Visit) -> None:
    made = visit.act("/console/users", "create", username="bob", name="Bob B.", roles=["read_only"])

    assert made.status_code == 200
    password = secret_of(made.text, "Password of bob")
    assert "The person can log in now." in text_of(made)
    assert password not in visit.get("/console/users").text
    assert "bob Bob B. read_only active never" in text_of(visit.get("/console/users?q=BOB"))
    assert Visit.to(server).log_in("bob", password, tenant="default").status_code == 303


def test_a_person_is_changed_shut_out_let_in_and_let_go(server: Server, visit: Visit) -> None:
    Cast(server).person("bob", "read_only")
    path = "/console/users/id-bob"

    saved = visit.act(path, "change", name="Bob", roles=["configuration", "validator"])

    assert saved.headers["Location"] == f"{path}?done=change"
    assert "It is saved." in text_of(visit.get(saved.headers["Location"]))
    shown = server.get("/api/25/users/id-bob").get_json()["data"]["users"][0]
    assert (shown["name"], shown["roles"]) == ("Bob", ["configuration", "validator"])
    assert visit.act(path, "end_token").status_code == 303
    assert "Only the person can make one. There is none." in text_of(visit.get(path))
    assert visit.act(path, "disable").status_code == 303
    assert "Let bob in again" in text_of(visit.get(path))
    assert visit.act(path, "enable").status_code == 303
    assert visit.act(path, "delete").headers["Location"] == "/console/users?done=delete"
    assert visit.get(path).status_code == 404


def test_a_token_of_one_s_own_is_shown_once_and_opens_the_api(server: Server, visit: Visit) -> None:
    made = visit.act("/console/users/id-ann", "token", token_name="laptop", access="ro")

    token = secret_of(made.text, "Token")
    assert server.get("/api/25/rules", token=token).status_code == 200
    assert "laptop reads, until" in text_of(visit.get("/console/users/id-ann"))


def test_what_is_wrong_with_a_form_stands_at_its_field_and_the_rest_is_kept(visit: Visit) -> None:
    answer = visit.act("/console/users", "create", username="bob", email="nobody", name="Bob B.", roles=["validator"])

    assert answer.status_code == 400
    assert '<span class="fault" id="create-email-fault">Not a valid email address.</span>' in answer.text
    assert 'value="Bob B."' in answer.text
    assert 'value="validator" checked' in answer.text
    assert visit.client.post("/console/users", data={"csrf": "x", "verb": "create"}).status_code == 403


def test_an_account_s_token_is_shown_once_and_renewed(server: Server, visit: Visit) -> None:
    acl = "get rules"

    made = visit.act("/console/accounts", "create", name="Backup", id="backup", authorizationType="acl", acl=acl)

    token = secret_of(made.text, "Token of Backup")
    assert server.get("/api/25/rules", token=token).status_code == 200
    assert server.get("/api/25/directives", token=token).status_code == 403
    page = visit.get("/console/accounts/backup")
    assert (token in page.text, acl in page.text) == (False, True)
    renewed = secret_of(visit.act("/console/accounts/backup", "renew").text, "Token of Backup")
    assert server.get("/api/25/rules", token=token).status_code == 401
    assert server.get("/api/25/rules", token=renewed).status_code == 200
    assert visit.act("/console/accounts/backup", "change", status="disabled", expires="").status_code == 303
    assert server.get("/api/25/rules", token=renewed).status_code == 401
    shown = server.get("/api/25/apiaccounts/backup").get_json()["data"]["accounts"][0]
    assert (shown["expirationPolicy"], shown["owner"]) == ("never", "id-ann")
    wrong = visit.act("/console/accounts/backup", "change", acl="get")
    assert (wrong.status_code, "has no path; write methods, a blank and a path" in wrong.text) == (400, True)
    assert visit.act("/console/accounts/backup", "delete").status_code == 303
    assert visit.get("/console/accounts/backup").status_code == 404


def test_a_role_is_made_of_ticks_and_those_of_the_system_stay(server: Server, visit: Visit) -> None:
    made = visit.act("/console/roles", "create", name="Editors", id="editors", rights=["rule_read", "rule_write"])

    assert made.headers["Location"] == "/console/roles/editors?done=create"
    assert visit.act("/console/roles/editors", "change", rights=["rule_read"]).status_code == 303
    assert server.get("/api/25/roles/editors").get_json()["data"]["roles"][0]["rights"] == ["rule_read"]
    assert "stays as it is" in text_of(visit.get("/console/roles/administrator"))
    assert visit.act("/console/roles/editors", "delete").headers["Location"] == "/console/roles?done=delete"


def test_a_review_policy_is_made_by_a_form_changed_as_json_and_says_when_nobody_can_satisfy_it(
    server: Server, visit: Visit
) -> None:
    fields = {"id": "prod", "name": "Production", "kinds": ["rule"], "paths": "/targets/**\n", "confirmWithin": "PT10M"}
    freeze = {"cron": "0 18 * * 5", "duration": "PT62H", "timezone": "Europe/Paris"}

    made = visit.act("/console/reviewPolicies", "create", **fields, team=["", ""], min=["2", ""], **freeze)

    assert made.headers["Location"] == "/console/reviewPolicies/prod?done=create"
    kept = server.get("/api/25/reviewPolicies/prod").get_json()["data"]["reviewPolicies"][0]
    assert (kept["match"], kept["require"], kept["freeze"]) == (
        {"kinds": ["rule"], "paths": ["/targets/**"]}, [{"min": 2}], [freeze],
    )  # fmt: skip
    page = visit.get("/console/reviewPolicies/prod")
    assert "Nobody can satisfy it , so what it matches can never be deployed" in text_of(page)
    waiting = visit.act("/console/reviewPolicies/prod", "json", json='{"enabled": false}', reason="Nobody can")
    assert waiting.headers["Location"] == "/console/reviewPolicies/prod?held=1"
    assert "It waits for review as change request 1" in text_of(visit.get(waiting.headers["Location"]))
    wrong = visit.act("/console/reviewPolicies/prod", "json", json="{")
    assert (wrong.status_code, "This is no JSON" in wrong.text) == (400, True)
    same = visit.act("/console/reviewPolicies/prod", "change")
    assert same.status_code == 303, text_of(same)


def test_a_webhook_shows_its_secret_once_and_what_it_was_sent(server: Server, visit: Visit) -> None:
    made = visit.act("/console/webhooks", "create", name="Chat", url="https://example.org/hook", types="RuleAdded\n")

    assert secret_of(made.text, "Secret of Chat").startswith("whsec_")
    (one,) = server.get("/api/25/webhooks").get_json()["data"]["webhooks"]
    path = f"/console/webhooks/{one['id']}"
    assert "Nothing has been sent yet." in text_of(visit.get(path))
    assert visit.act(path, "change", enabled=[]).status_code == 303
    assert server.get("/api/25/webhooks").get_json()["data"]["webhooks"][0]["enabled"] is False
    wrong = visit.act(path, "change", url="ftp://x")
    assert (wrong.status_code, "is no URL that can be called" in wrong.text) == (400, True)
    assert visit.act(path, "delete").headers["Location"] == "/console/webhooks?done=delete"


def test_a_setting_of_each_form_is_changed_and_its_history_told(server: Server, visit: Visit) -> None:
    values: dict[str, tuple[str, object]] = {
        "enable_change_message": ("true", True),
        "run_frequency": ("15", 15),
        "global_policy_mode": ("audit", "audit"),
        "change_message_prompt": ("Why?", "Why?"),
    }
    for key, (value, kept) in values.items():
        path = f"/console/settings/{key}"

        saved = visit.act(path, "change", value=value, reason=f"Because of {key}")

        assert saved.status_code == 303, text_of(saved)
        assert server.get(f"/api/25/settings/{key}").get_json()["data"]["settings"][key] == kept
    networks = '[{"id": "root", "allowed_networks": ["10.0.0.0/8"]}]'
    assert visit.act("/console/settings/allowed_networks", "change", value=networks).status_code == 303
    assert "10.0.0.0/8" in text_of(visit.get("/console/settings"))
    history = text_of(visit.get("/console/settings/run_frequency")).rpartition("What it was")[2]
    assert "ann made it 15 : Because of run_frequency" in history
    assert "run_frequency 15" in text_of(visit.get("/console/settings?q=RUN_FREQ"))
    assert "No setting has" in text_of(visit.get("/console/settings?q=nonsense"))


def test_a_setting_that_cannot_be_so_says_what_it_may_be(visit: Visit) -> None:
    for value, said in (("0", "use an integer from 1 to"), ("x", "use an integer from 1 to")):
        wrong = visit.act("/console/settings/run_frequency", "change", value=value)
        assert (wrong.status_code, said in text_of(wrong)) == (400, True)
    assert visit.get("/console/settings/nonsense").status_code == 404


def test_who_may_not_administer_is_told_so_on_every_page(server: Server) -> None:
    make_tenant(server)
    Cast(server).person("ian", "inventory")
    visit = Visit.of(server, "id-ian")
    for path in ("users", "roles", "accounts", "reviewPolicies", "webhooks", "settings", "compliance"):
        page = visit.get(f"/console/{path}")
        assert (page.status_code, "is not allowed to access" in text_of(page)) == (403, True), path
    assert "apiKey" not in (key := visit.get("/console/tenant/key")).text
    assert "Only who may do everything in the tenant sees its key." in key.text
