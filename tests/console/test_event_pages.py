"""The log on pages: filtered by the URL, opened in place, exported whole, checked, and drawn over time."""

import json
import re
from html import unescape

import pytest
from sqlalchemy import update

from app.changes.change import Edit
from app.store.checkpoints import keep_checkpoints
from app.store.tables import EventRecord
from tests.console.visiting import Visit, text_of
from tests.installations import Server, submit
from tests.resources.fleet_samples import node_token
from tests.review.cast import Cast

EVENTS = "/console/events"


@pytest.fixture
def visit(server: Server) -> Visit:
    """Come as an auditor to a log of two rules, one of them gone."""
    Cast(server).person("ann", "read_only")
    submit(server.opened, Edit("rule", "web", "create", {"displayName": "Web servers"}))
    submit(server.opened, Edit("rule", "old", "create", {"displayName": "Old servers"}))
    submit(server.opened, Edit("rule", "old", "delete"))
    return Visit.of(server, "id-ann")


def links(text: str, start: str) -> list[str]:
    return [unescape(one) for one in re.findall(rf'href="({re.escape(start)}[^"]*)"', text)]


def test_filters_stand_in_the_url_and_each_row_opens_in_place(visit: Visit) -> None:
    page = visit.get(f"{EVENTS}?object=old&type=RuleDeleted")

    assert "Rule deleted rule Old servers by ci" in text_of(page)
    assert "Rule added" not in text_of(page)
    assert 'value="RuleDeleted"' in page.text
    row = page.text.partition('class="card event"')[2].partition("</details></li>")[0]
    assert "/displayName" in row
    assert "Old servers" in row
    (seq,) = re.findall(r'href="/console/events/(\d+)"', row)
    assert "Rule deleted" in text_of(visit.get(f"{EVENTS}/{seq}"))
    gone = visit.get("/console/objects/rule/old")
    assert (gone.status_code, "It was deleted" in text_of(gone)) == (200, True)
    assert "No event fits these filters" in text_of(visit.get(f"{EVENTS}?actor=nobody"))


def test_a_filter_that_cannot_be_read_is_told_at_its_field_and_kept(visit: Visit) -> None:
    page = visit.get(f"{EVENTS}?changeRequest=x&actor=ci")

    assert page.status_code == 400
    assert "is not an integer" in text_of(page)
    assert 'name="changeRequest" inputmode="numeric" value="x"' in page.text
    assert 'value="ci"' in page.text
    assert visit.get(f"{EVENTS}?from=2026-01-01T10:00").status_code == 200
    assert visit.get(f"{EVENTS}/999").status_code == visit.get(f"{EVENTS}/x").status_code == 404


def test_the_set_that_is_shown_is_exported_and_asked_for_with_curl(server: Server, visit: Visit) -> None:
    page = visit.get(f"{EVENTS}?object=old&text=it%27s+%22here%22")
    assert "curl -H" not in page.text
    page = visit.get(f"{EVENTS}?object=old")

    (export,) = links(page.text, "/api/latest/events/export?format=ndjson")
    lines = visit.client.get(export, buffered=True).text.splitlines()
    assert [json.loads(line).get("type") for line in lines[:-1]] == ["RuleAdded", "RuleDeleted"]
    assert links(page.text, "/api/latest/events/export?format=csv") == [export.replace("ndjson", "csv")]
    curl = unescape(page.text.partition('id="curl"')[2].partition(">")[2].partition("</pre>")[0])
    url = re.findall(r"http://localhost(/\S+?)'?$", curl)[0]
    assert len(server.get(url).get_json()["data"]["events"]) == 2


def test_each_bar_leads_to_its_events(visit: Visit) -> None:
    page = visit.get(f"{EVENTS}?kind=rule")

    assert "3 events over time" in text_of(page)
    bars = re.findall(r'<a href="([^"]*)" aria-label="[^"]*: (\d+) events?"><rect', page.text)
    assert sum(int(count) for _, count in bars) == 3
    href, count = next((unescape(href), count) for href, count in bars if count != "0")
    assert f"{count} event" in text_of(visit.get(href))
    assert "kind=rule" in href


def test_the_integrity_line_is_red_for_a_real_break_alone(server: Server, visit: Visit) -> None:
    assert 'class="integrity open"' in visit.get(EVENTS).text
    assert "not yet anchored" in text_of(visit.get(EVENTS))
    keep_checkpoints(server.opened.database, server.opened.committer.ring)
    good = visit.get(EVENTS)
    assert 'class="integrity good"' in good.text
    assert "signed up to event" in text_of(good)
    seq = int(server.get("/api/25/events?object=web").get_json()["data"]["events"][0]["seq"])
    with server.opened.database.writing("default") as connection:
        connection.execute(
            update(EventRecord).where(EventRecord.tenant == "default", EventRecord.seq == seq).values(reason="forged")
        )

    for path in (EVENTS, "/console/", "/console/integrity"):
        page = visit.get(path)
        assert 'class="integrity bad"' in page.text, path
        assert f"Event {seq}:" in text_of(page)
        assert f'href="{EVENTS}/{seq}"' in page.text


def test_older_events_are_a_page_away_and_new_ones_shift_nothing(server: Server, visit: Visit) -> None:
    submit(server.opened, *(Edit("parameter", f"p{n}", "create", {"value": "x"}) for n in range(60)))
    first = visit.get(f"{EVENTS}?kind=parameter")
    (older,) = [one for one in links(first.text, f"{EVENTS}?") if "cursor=" in one]
    submit(server.opened, Edit("parameter", "new", "create", {"value": "x"}))

    second = visit.get(older)

    assert len(re.findall(r'class="card event"', first.text)) == 50
    assert len(re.findall(r'class="card event"', second.text)) == 10
    assert "Back to the newest" in text_of(second)


def test_the_overview_shows_each_person_what_that_person_may_see(server: Server) -> None:
    cast = Cast(server)
    author, rita = cast.person("olaf", "configuration"), cast.person("rita")
    node_token(server, "n-1")
    submit(server.opened, Edit("rule", "all", "create", {"displayName": "All servers", "targets": ["special:all"]}))
    cast.switch_on()
    number = author.asks("POST", "/rules/all", json={"shortDescription": "new"})

    shown = text_of(Visit.of(server, rita.id).get("/console/"))

    assert f"{number}" in shown.partition("Waits on you")[2].partition("Compliance")[0]
    assert "Nothing was measured yet" in shown
    assert "First steps lead there" in shown
    assert "What happened last" in shown
    nobody = Cast(server).person("ian", "inventory")
    page = Visit.of(server, nobody.id).get("/console/")
    assert page.status_code == 200
    assert "What happened last" not in text_of(page)
    assert "All servers" not in page.text
