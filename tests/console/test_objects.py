"""Objects on pages: found, read now and as of then, compared, changed by forms that overwrite nobody's work."""

from typing import Any

import pytest

from app.changes.change import Edit
from tests.console.visiting import Visit, text_of
from tests.installations import Server, submit
from tests.people.persons import make_tenant
from tests.resources.fleet_samples import directive
from tests.review.cast import Cast

RULES = "/console/objects/rule"


@pytest.fixture
def migrated_url(migrated_sqlite_url: str) -> str:
    """Pages ask the API, whose own tests run on both databases."""
    return migrated_sqlite_url


@pytest.fixture
def visit(server: Server) -> Visit:
    Cast(server).person("ann")
    return Visit.of(server, "id-ann")


def save(visit: Visit, path: str, **fields: str) -> Any:
    """Send the form of a page with these fields filled in."""
    return visit.send(
        visit.get(path), path.partition("?")[0], **{name.replace("__", "."): fields[name] for name in fields}
    )


def test_a_rule_is_made_changed_compared_deleted_and_brought_back_by_pages_alone(server: Server, visit: Visit) -> None:
    assert "There is none yet. Make the first rule" in text_of(visit.get(RULES))
    made = save(visit, "/console/new/rule", f__id="web", f__displayName="Web", f__tags="site:lyon", reason="Begin")
    assert made.headers["Location"] == f"{RULES}/web?done=created"
    assert "It is created." in text_of(visit.get(made.headers["Location"]))

    saved = save(visit, f"{RULES}/web/edit", f__displayName="All web", f__enabled="true", reason="Say more")

    assert saved.headers["Location"] == f"{RULES}/web?done=saved"
    (rule,) = server.get("/api/25/rules/web").get_json()["data"]["rules"]
    assert (rule["displayName"], rule["tags"], rule["revision"]) == ("All web", [{"site": "lyon"}], 2)
    page = visit.get(f"{RULES}/web")
    assert "Say more" in text_of(page)
    (first, second) = (entry["seq"] for entry in reversed(history(server, "rules/web")))
    compared = text_of(visit.get(f"{RULES}/web/compare?from={second}&to={first}"))
    assert "/displayName Web All web" in compared
    past = text_of(visit.get(f"{RULES}/web?at=seq:{first}"))
    assert f"This is the rule as of seq:{first} . Show it now" in past
    assert "Display name Web" in past
    assert "All web" in text_of(visit.get(f"{RULES}?q=ALL"))
    assert "No rule has “nginx”" in text_of(visit.get(f"{RULES}?q=nginx"))
    gone = save(visit, f"{RULES}/web/delete", reason="Not needed")
    left = visit.get(gone.headers["Location"])
    assert left.status_code == 200
    assert "It was deleted" in text_of(left)
    assert "Display name All web" in text_of(left)
    assert "There was none then" not in text_of(visit.get(f"{RULES}?at=seq:{second}"))
    last = history(server, "rules/web")[0]["seq"]
    back = save(visit, f"/console/events/{last}", to="before", reason="Needed after all")
    assert back.headers["Location"] == f"{RULES}/web?done=rolledBack"
    assert server.get("/api/25/rules/web").get_json()["data"]["rules"][0]["displayName"] == "All web"


def test_a_list_of_another_time_is_paged_like_one_of_now(server: Server, visit: Visit) -> None:
    submit(server.opened, *(Edit("rule", f"r-{n:03}", "create", {"displayName": f"Rule {n:03}"}) for n in range(60)))
    then = history(server, "rules/r-059")[0]["seq"]
    submit(server.opened, *(Edit("rule", f"r-{n:03}", "delete") for n in range(60)))

    first, last = (visit.get(f"{RULES}?at=seq:{then}&page={number}") for number in (1, 2))

    assert "60 found" in text_of(first)
    assert "Rule 049" in text_of(first)
    assert "Rule 050" not in text_of(first)
    assert f'href="{RULES}?at=seq%3A{then}&amp;page=2" rel="next"' in first.text
    assert "Rule 059" in text_of(last)


def history(server: Server, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.get(f"/api/25/{path}/history").get_json()["data"]["history"]
    return found


def test_a_form_overwrites_nothing_that_came_after_it(server: Server, visit: Visit) -> None:
    submit(server.opened, Edit("rule", "web", "create", {"displayName": "Web"}))
    page = visit.get(f"{RULES}/web/edit")
    submit(server.opened, Edit("rule", "web", "modify", {"shortDescription": "from elsewhere"}))

    for _ in range(2):
        refused = visit.send(page, f"{RULES}/web/edit", **{"f.displayName": "Mine"})
        assert refused.status_code == 412
        assert "you expect revision 1, it is at revision 2" in text_of(refused)
        assert 'value="Mine"' in refused.text
        page = refused
    deletion = visit.get(f"{RULES}/web/delete")
    submit(server.opened, Edit("rule", "web", "modify", {"shortDescription": "again"}))
    assert visit.send(deletion, f"{RULES}/web/delete").status_code == 412
    assert server.get("/api/25/rules/web").get_json()["data"]["rules"][0]["shortDescription"] == "again"


def test_only_what_was_changed_is_sent_and_nothing_is_saved_for_nothing(server: Server, visit: Visit) -> None:
    submit(server.opened, Edit("parameter", "p", "create", {"value": 5, "description": "a\nb"}))

    unchanged = save(visit, "/console/objects/parameter/p/edit", reason="Nothing")

    assert unchanged.headers["Location"].endswith("?done=unchanged")
    save(visit, "/console/objects/parameter/p/edit", f__description="c")
    assert server.get("/api/25/parameters/p").get_json()["data"]["parameters"][0]["value"] == 5
    assert len(history(server, "parameters/p")) == 2


def test_each_fault_stands_at_its_field(visit: Visit) -> None:
    refused = save(
        visit, "/console/new/rule", f__displayName="x", f__tags="nothing", f__directives="d-nope", reason="Try it"
    )

    assert refused.status_code == 400
    for field, text in (("displayName", "must have at least 3 characters"), ("tags", "a tag is an object of texts")):
        fault = refused.text.partition(f'id="f.{field}.fault"')[2].partition("</p>")[0]
        assert text in fault, field
    assert 'aria-describedby="f.displayName.fault"' in refused.text
    assert 'value="Try it"' in refused.text
    broken = save(visit, "/console/new/group", f__displayName="Group", f__query='{"select": \n nothing}')
    assert (broken.status_code, "This is not JSON" in text_of(broken)) == (400, True)
    unknown = save(visit, "/console/new/rule", f__displayName="Web", f__directives="d-nope")
    assert "Directive 'd-nope' not found" in text_of(unknown)


def test_a_change_that_needs_review_leads_to_its_change_request(server: Server, visit: Visit) -> None:
    submit(server.opened, Edit("rule", "web", "create", {"displayName": "Web", "targets": ["special:all"]}))
    cast = Cast(server)
    cast.person("rita")
    cast.switch_on()

    asked = save(visit, f"{RULES}/web/edit", f__shortDescription="new", reason="Explain it")

    assert asked.headers["Location"] == "/console/changeRequests/1"
    assert "shortDescription" in text_of(visit.get("/console/changeRequests/1"))
    assert save(visit, f"{RULES}/web/delete").headers["Location"] == "/console/changeRequests/2"
    assert server.get("/api/25/rules/web").get_json()["data"]["rules"][0]["shortDescription"] == ""


def test_the_form_of_a_directive_is_that_of_its_technique(server: Server, visit: Visit) -> None:
    assert "Files and directories 1.0" in text_of(visit.get("/console/new/directive"))
    path, root = "/console/new/directive?technique=fileManagement:1.0", "f.parameters/File"
    page = visit.get(path)
    missing = visit.send(page, "/console/new/directive", **{"f.displayName": "Files"})
    assert missing.status_code == 400
    made = visit.send(
        page, "/console/new/directive",
        **{"f.id": "d-f", "f.displayName": "Files", f"{root}[1]/FILE_PATH": "/etc/a"},
    )  # fmt: skip
    assert made.headers["Location"] == "/console/objects/directive/d-f?done=created"
    edit = "/console/objects/directive/d-f/edit"

    wrong = visit.send(visit.get(edit), edit, **{f"{root}[2]/FILE_PATH": "not absolute"})
    assert wrong.status_code == 400
    fault = wrong.text.partition('id="f.parameters/File[2]/FILE_PATH.fault"')[2].partition("</p>")[0]
    assert "is not an absolute path" in fault
    assert visit.send(visit.get(edit), edit, **{f"{root}[2]/FILE_PATH": "/etc/b"}).status_code == 303
    assert paths(server) == ["/etc/a", "/etc/b"]
    assert visit.send(visit.get(edit), edit, **{"gone.parameters/File[1]": "true"}).status_code == 303
    assert paths(server) == ["/etc/b"]
    assert "FILE_PATH /etc/b" in text_of(visit.get("/console/objects/directive/d-f"))
    more = visit.send(visit.get(edit), edit, **{f"{root}[2]/FILE_PATH": "/etc/c", "more": "true"})
    assert f'{root}[3]/FILE_PATH"' in more.text
    assert paths(server) == ["/etc/b"]


def paths(server: Server) -> list[str]:
    (found,) = server.get("/api/25/directives/d-f").get_json()["data"]["directives"]
    sections = found["parameters"]["section"]["sections"]
    return [
        one["var"]["value"]
        for section in sections
        for one in section["section"]["vars"]
        if one["var"]["name"] == "FILE_PATH"
    ]


def test_a_secret_stays_secret_and_stays_when_its_field_is_left_empty(server: Server, visit: Visit) -> None:
    technique = {
        "id": "vault", "name": "Vault", "version": "1.0",
        "parameters": {"variables": [{"name": "KEY", "type": "password"}, {"name": "OTHER", "type": "text"}]},
    }  # fmt: skip
    assert server.put("/api/25/techniques", json=technique).status_code == 200
    path = "/console/new/directive?technique=vault:1.0"
    fields = {"f.id": "d-v", "f.displayName": "Vault", "f.parameters/KEY": "hush-hush", "f.parameters/OTHER": "a"}
    assert visit.send(visit.get(path), "/console/new/directive", **fields).status_code == 303
    tag = secret(server)
    edit = "/console/objects/directive/d-v/edit"

    assert visit.send(visit.get(edit), edit, **{"f.parameters/OTHER": "b"}).status_code == 303

    assert secret(server) == tag
    for page in (edit, "/console/objects/directive/d-v", "/console/events"):
        assert "hush-hush" not in visit.get(page).text
    assert "a secret, kept encrypted" in text_of(visit.get("/console/objects/directive/d-v"))
    assert visit.send(visit.get(edit), edit, **{"f.parameters/KEY": "other"}).status_code == 303
    assert secret(server) != tag


def secret(server: Server) -> Any:
    (found,) = server.get("/api/25/directives/d-v").get_json()["data"]["directives"]
    return next(one["var"]["value"] for one in found["parameters"]["section"]["vars"] if one["var"]["name"] == "KEY")


def test_a_setting_is_changed_like_everything_else(server: Server, visit: Visit) -> None:
    path = "/console/objects/setting/run_frequency"
    assert "It was never changed" in text_of(visit.get(path))

    assert save(visit, f"{path}/edit", f__value="10", reason="Less often").headers["Location"] == f"{path}?done=saved"

    assert server.get("/api/25/settings/run_frequency").get_json()["data"]["settings"] == {"run_frequency": 10}
    assert "Less often" in text_of(visit.get(path))
    assert "run_frequency 10" in text_of(visit.get("/console/objects/setting?q=frequency"))
    assert save(visit, f"{path}/edit", f__value="ten").status_code == 400


def test_the_networks_of_policy_servers_are_a_setting_like_the_others(server: Server, visit: Visit) -> None:
    path = "/console/objects/setting/allowed_networks"
    assert "allowed_networks" in text_of(visit.get("/console/objects/setting"))
    assert "0.0.0.0/0" in text_of(visit.get(path))

    networks = '[{"id": "root", "allowed_networks": ["10.0.0.0/8"]}]'
    assert save(visit, f"{path}/edit", f__value=networks).headers["Location"] == f"{path}?done=saved"

    assert "10.0.0.0/8" in text_of(visit.get(path))
    assert len(history(server, "settings/allowed_networks")) == 1


def test_what_is_not_there_or_another_tenant_s_looks_the_same(server: Server, visit: Visit) -> None:
    make_tenant(server)
    submit(server.opened, Edit("rule", "web", "create", {"displayName": "Web"}))
    Cast(server).person("bob", tenant="acme")
    other = Visit.of(server, "id-bob", tenant="acme")

    for path in ("", "/edit", "/delete", "?at=seq:2"):
        foreign, unknown = other.get(f"{RULES}/web{path}"), other.get(f"{RULES}/xxx{path}")
        assert foreign.status_code == unknown.status_code in (400, 404), path
        assert text_of(foreign).replace("web", "xxx") == text_of(unknown)
    assert "Web" not in other.get(RULES).text
    assert visit.get("/console/objects/nonsense").status_code == 404
    assert visit.get("/console/new/setting").status_code == 404


def test_who_may_only_read_is_refused_by_the_api_and_told_so(server: Server) -> None:
    directive(server, "d-a", "/etc/a")
    Cast(server).person("rob", "read_only")
    visit = Visit.of(server, "id-rob")

    refused = save(visit, "/console/objects/directive/d-a/edit", f__displayName="Other")

    assert refused.status_code == 403
    assert 'role="alert"' in refused.text
    assert save(visit, "/console/objects/directive/d-a/delete").status_code == 403
