"""Change requests as reviewers decide them on a page: the API's rights and texts, and everything shown as text."""

import re

from app.changes.change import Edit
from tests.console.conftest import HOSTILE, People, ask
from tests.console.visiting import HOME, Visit, form_of, text_of
from tests.installations import Server
from tests.people.persons import make_tenant
from tests.resources.fleet_samples import node_token
from tests.review.cast import Cast


def test_a_reviewer_sees_what_is_asked_approves_exactly_that_and_deploys_it(server: Server, people: People) -> None:
    number = ask(people["ann"])
    visit = Visit.of(server, "id-rita")
    queue = visit.get(HOME)
    assert f"{number} Explain the rule In review by ann" in text_of(queue)

    page = visit.get(f"{HOME}/{number}")

    assert '<details class="menu">' in page.text, "the menu covers nothing of the decision"
    read = text_of(page)
    assert "What is missing 1 of those who may validate , because of the review settings." in read
    assert "Why Asked for" in read
    assert "Changed rule: Harden ssh" in read
    assert "shortDescription old new text" in read
    assert {"approve", "requestChanges", "decline"} <= set(form_of(page, f"{HOME}/{number}").buttons)
    done = visit.press(number, "approve", comment="Looks good")
    assert (done.status_code, done.headers["Location"]) == (303, f"{HOME}/{number}?done=approve")
    after = text_of(visit.get(done.headers["Location"]))
    assert "You approved it." in after
    assert "Nothing is missing rita approved this very content" in after
    assert "rita approved" in after
    assert "Looks good" in after
    shown = server.get("/api/25/rules/ssh").get_json()["data"]["rules"][0]
    assert shown["shortDescription"] == "old"
    visit = Visit.of(server, "id-olaf")
    assert visit.press(number, "deploy").status_code == 303
    shown = server.get("/api/25/rules/ssh").get_json()["data"]["rules"][0]
    assert shown["shortDescription"] == "new text"
    assert f"{number} Explain the rule Deployed" in text_of(visit.get(f"{HOME}?show=closed"))


def test_a_rejection_needs_a_comment_and_leads_on_to_the_next(server: Server, people: People) -> None:
    first, second = ask(people["ann"], name="First one"), ask(people["ann"], "other", name="Second one")
    visit = Visit.of(server, "id-rita")
    silent = visit.press(first, "decline")
    assert (silent.status_code, "Say why: whoever wrote the change" in text_of(silent)) == (400, True)
    assert server.get(f"/api/25/changeRequests/{first}").get_json()["data"]["changeRequests"][0]["state"] == "inReview"

    done = visit.press(first, "decline", comment="Not before Monday")

    assert done.status_code == 303
    page = visit.get(done.headers["Location"])
    assert f"You rejected it. Next: {second} Second one" in text_of(page)
    assert "Not before Monday" in text_of(page)
    one = server.get(f"/api/25/changeRequests/{first}").get_json()["data"]["changeRequests"][0]
    assert one["state"] == "rejected"


def test_what_was_changed_meanwhile_is_not_approved_by_a_page_that_was_open(server: Server, people: People) -> None:
    number = ask(people["ann"])
    visit = Visit.of(server, "id-rita")
    page = visit.get(f"{HOME}/{number}")
    changes = [{"kind": "rule", "id": "ssh", "action": "modify", "after": {"shortDescription": "something else"}}]
    edited = people["ann"].call("PATCH", f"/changeRequests/{number}", json={"changes": changes})
    assert edited.status_code == 200, edited.get_json()

    answer = visit.send(page, f"{HOME}/{number}", verb="approve", comment="fine")

    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    assert ">fine</textarea>" in answer.text
    assert "something else" in text_of(answer)
    one = server.get(f"/api/25/changeRequests/{number}").get_json()["data"]["changeRequests"][0]
    assert (one["reviews"], one["state"]) == ([], "inReview")


def test_a_change_on_trial_is_kept_by_a_button(server: Server, people: People) -> None:
    number = ask(people["ann"])
    people["rita"].approve(number)
    people["olaf"].ok("POST", f"/changeRequests/{number}/deploy", json={"confirmWithin": "PT10M"})
    visit = Visit.of(server, "id-olaf")
    assert "It is on trial: unless somebody keeps it, it is taken back" in text_of(visit.get(f"{HOME}/{number}"))

    done = visit.press(number, "confirm")

    assert "It is kept." in text_of(visit.get(done.headers["Location"]))
    assert people["ann"].request(number)["confirmBy"] is None


def test_the_author_is_offered_no_approval_and_told_who_may_give_it(server: Server, people: People) -> None:
    number = ask(people["ann"])
    visit = Visit.of(server, "id-ann")

    page = visit.get(f"{HOME}/{number}")

    buttons = form_of(page, f"{HOME}/{number}").buttons
    assert "approve" not in buttons
    assert "withdraw" in buttons
    assert "May be given by olaf, rita" in text_of(page)
    forged = visit.press(number, "approve")
    assert forged.status_code == 403
    assert visit.press(number, "nonsense").status_code == 400
    assert f"{number} Explain the rule" in text_of(visit.get(f"{HOME}?show=mine"))
    assert "Nothing waits on you." in text_of(visit.get(HOME))


def test_machines_are_called_by_their_host_names(server: Server, people: People) -> None:
    node_token(server, "web1")
    number = people["ann"].asks("POST", "/rules/ssh", json={"targets": []})

    shown = text_of(Visit.of(server, "id-rita").get(f"{HOME}/{number}"))
    assert "No longer: root, web1.example.com" in shown, shown[300:1000]


def test_who_may_not_read_change_requests_is_shown_none(server: Server, people: People) -> None:
    number = ask(people["ann"])
    Cast(server).person("ian", "inventory")
    visit = Visit.of(server, "id-ian")

    for path in (HOME, f"{HOME}/{number}"):
        page = visit.get(path)
        assert page.status_code == 403
        assert "Explain the rule" not in page.text


def test_another_tenant_s_change_request_is_as_one_that_does_not_exist(server: Server, people: People) -> None:
    number = ask(people["ann"])
    make_tenant(server)
    Cast(server).person("bob", tenant="acme")
    visit = Visit.of(server, "id-bob", tenant="acme")

    foreign, unknown = visit.get(f"{HOME}/{number}"), visit.get(f"{HOME}/99")

    assert foreign.status_code == unknown.status_code == 404
    assert text_of(foreign).replace(str(number), "99") == text_of(unknown)
    assert visit.send(visit.get(HOME), "/console/logout").status_code == 303


def test_whatever_people_write_is_shown_as_text(server: Server, people: People) -> None:
    number = ask(people["ann"], HOSTILE, name=f"N{HOSTILE}", description=f"D{HOSTILE}")
    visit = Visit.of(server, "id-rita")
    assert visit.press(number, "comment", comment=f"C{HOSTILE}").status_code == 303

    pages = [visit.get(path) for path in (HOME, f"{HOME}/{number}", f"{HOME}/{number}?since=%3Cscript%3E&done=x")]
    pages.append(visit.press(number, "requestChanges", comment=""))
    pages.append(visit.get(f"{HOME}?show=%22%3E%3Cscript%3E&cursor=%3Cscript%3E"))
    pages.append(visit.get("/console/changeRequests/%3Cscript%3Ealert(1)%3C%2Fscript%3E"))

    for page in pages:
        unescaped = re.sub(r"&lt;.*?&gt;", "", page.text)
        assert not re.search(r"<script(?! src=\"/console/static/)|<img|\sonerror=", unescaped)
        assert "49" not in re.sub(r"[0-9a-f]{7,}|event \d+|\d\d:\d\d", "", text_of(page))
    for start in ("N", "D", "C"):
        assert f"{start}{HOSTILE}" in text_of(pages[1])


def test_a_reviewer_schedules_deploys_on_trial_and_undoes(server: Server, people: People) -> None:
    first = ask(people["ann"])
    people["rita"].approve(first)
    visit = Visit.of(server, "id-olaf")

    late = visit.press(first, "schedule", scheduleAt="2019-01-31T12:00")
    planned = visit.press(first, "schedule", scheduleAt="2999-01-31T12:00")

    assert (late.status_code, "is over; name a time to come" in text_of(late)) == (400, True)
    assert planned.headers["Location"] == f"{HOME}/{first}?done=schedule"
    assert "to be deployed 2999-01-31 12:00 UTC" in text_of(visit.get(planned.headers["Location"]))
    assert visit.press(first, "deploy", confirmWithin="PT1H").status_code == 303
    page = visit.get(f"{HOME}/{first}")
    assert "It is on trial" in text_of(page)
    assert "Undo would be clean." in text_of(page)
    undone = visit.press(first, "undo")
    second = int(undone.headers["Location"].partition("?")[0].rpartition("/")[2])
    assert (undone.status_code, second) == (303, first + 1)
    assert f"Undo of change request {first}" in text_of(visit.get(f"{HOME}/{second}"))
    assert "shortDescription new text old" in text_of(visit.get(f"{HOME}/{second}"))


def test_an_undo_that_clashes_names_what_is_in_the_way(server: Server, people: People) -> None:
    first = ask(people["ann"])
    people["rita"].approve(first)
    assert people["olaf"].deploy(first).status_code == 200
    Cast(server).system(Edit("rule", "ssh", "modify", {"shortDescription": "newer"}))

    page = text_of(Visit.of(server, "id-olaf").get(f"{HOME}/{first}"))

    assert "Nothing of this can be taken back: rule ssh/shortDescription" in page


def test_what_clashes_is_explained_and_laid_over_as_the_author_says(server: Server, people: People) -> None:
    number = ask(people["ann"])
    Cast(server).system(Edit("rule", "ssh", "modify", {"shortDescription": "newer"}))
    visit = Visit.of(server, "id-ann")
    seen = text_of(visit.get(f"{HOME}/{number}")).replace(" ,", ",")
    assert (
        "rule Harden ssh /shortDescription : it was “old”, is now “newer” (set by sternpost), and is to be “new text”"
        in seen
    )

    silent = visit.press(number, "rebase")
    settled = visit.press(number, "rebase", conflicts="mine")

    assert (silent.status_code, "rebase with conflicts=mine" in text_of(silent)) == (409, True)
    assert settled.status_code == 303
    assert "shortDescription newer new text" in text_of(visit.get(f"{HOME}/{number}"))


def test_a_broken_glass_needs_a_reason_and_says_who_is_told(server: Server, people: People) -> None:
    number = ask(people["ann"])
    visit = Visit.of(server, "id-olaf")

    silent = visit.press(number, "breakGlass")
    done = visit.press(number, "breakGlass", comment="The site is down")

    assert (silent.status_code, "Say why" in text_of(silent)) == (400, True)
    assert "everybody who was not asked is told" in text_of(visit.get(done.headers["Location"]))
    assert "It was deployed past its reviewers." in text_of(visit.get(f"{HOME}/{number}"))


def test_people_talk_about_a_field_where_it_is_shown(server: Server, people: People) -> None:
    number = ask(people["ann"])
    visit = Visit.of(server, "id-rita")

    done = visit.press(number, "comment", comment="Which CIS item?", path="rule ssh/shortDescription")

    page = visit.get(done.headers["Location"])
    row = re.search(r'<tr class="talking">.*?</tr>', page.text, re.DOTALL)
    assert row is not None
    assert "Which CIS item?" in row[0]
    assert 'id="reviews"' not in page.text


def test_an_author_edits_fields_and_the_reviewer_sees_what_is_new_since(server: Server, people: People) -> None:
    number = ask(people["ann"])
    people["rita"].approve(number)
    visit, path = Visit.of(server, "id-ann"), f"{HOME}/{number}/edit"
    page = visit.get(path)
    assert 'name="0:shortDescription"' in page.text

    done = visit.send(page, path, **{"name": "Better", "0:shortDescription": "clearer"})

    assert (done.status_code, done.headers["Location"]) == (303, f"{HOME}/{number}")
    one = people["ann"].request(number)
    assert (one["displayName"], one["state"], one["reviews"][0]["stale"]) == ("Better", "inReview", True)
    seen = text_of(Visit.of(server, "id-rita").get(f"{HOME}/{number}?since=my-last-review"))
    assert "Changed since my review" in seen
    assert "at your review it was new text old clearer" in seen
    refused = visit.send(page, path, name=" ")
    assert (refused.status_code, "needs a name" in text_of(refused)) == (400, True)
    stranger = Visit.of(server, "id-olaf")
    assert stranger.send(stranger.get(path), path, name="Mine").status_code == 403


def test_an_edit_takes_json_and_leaves_documents_out(server: Server, people: People) -> None:
    changes = [
        {"kind": "rule", "id": "ssh", "action": "modify", "after": {"targets": []}},
        {"kind": "parameter", "id": "p", "action": "create", "after": {"value": "1"}},
    ]
    made = people["rita"].ok("POST", "/changeRequests", json={"changes": changes})
    number = made["data"]["changeRequests"][0]["id"]
    visit, path = Visit.of(server, "id-rita"), f"{HOME}/{number}/edit"
    page = visit.get(path)

    targets = next(name for name in form_of(page, path).fields if name.endswith(":targets"))
    other = f"{1 - int(targets[0])}:out"

    broken = visit.send(page, path, **{targets: "[nonsense"})
    nothing = visit.send(page, path, **{"0:out": "yes", "1:out": "yes"})
    done = visit.send(page, path, **{targets: '["special:all_exceptPolicyServers"]', other: "yes"})

    assert (broken.status_code, "targets: this is not JSON" in text_of(broken)) == (400, True)
    assert ("[nonsense" in broken.text, nothing.status_code) == (True, 400)
    assert done.status_code == 303
    (one,) = people["rita"].request(number)["changeSet"]
    assert (one["id"], "special:all_exceptPolicyServers" in str(one["after"]["targets"])) == ("ssh", True)


def test_the_queue_is_filtered_by_its_url_and_says_what_it_does_not_take(server: Server, people: People) -> None:
    first, second = ask(people["ann"], name="By ann"), ask(people["rita"], "other", name="By rita")
    visit = Visit.of(server, "id-olaf")

    found = text_of(visit.get(f"{HOME}?show=open&author=rita"))

    assert ("By rita" in found, "By ann" in found) == (True, False)
    none = visit.get(f"{HOME}?show=open&kind=rule&object=none")
    assert "There is none of these." in text_of(none)
    page = visit.get(f"{HOME}/{first}").text
    assert f'href="/console/changeRequests/{second}" rel="next" data-key="n"' in page
