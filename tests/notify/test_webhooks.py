"""Webhooks as their owners see them, and the events as a receiver gets them."""

import json
from typing import Any

import pytest
from sqlalchemy import select
from standardwebhooks.webhooks import Webhook

from app.changes.retiring import retire
from app.changes.rotation import rotate
from app.core.clock import now_ms
from app.core.context import Context
from app.notify.deliveries import GIVE_UP_MS, retry_after_ms
from app.store.notice_tables import DeliveryRow, WebhookRow
from app.store.webhooks import lock_webhook
from tests.installations import Server
from tests.notify.conftest import Target
from tests.notify.hooks import Clock, deliver, deliveries, hook, make_hook
from tests.people.persons import admin_of, events, log_in, make_tenant, make_user, person

RULE = {"id": "web", "displayName": "Web servers"}


def types_taken(target: Target) -> list[str]:
    return [json.loads(body)["type"] for _, body in target.taken]


def test_a_receiver_checks_the_signature_and_reads_the_event_as_the_api_shows_it(
    server: Server, target: Target
) -> None:
    made = make_hook(server, target.url, types=["RuleAdded", "RuleDeleted"])
    assert made["secret"].startswith("whsec_")
    assert {**made, "secret": ""} == {
        "id": "h", "name": "Hook", "url": target.url, "types": ["RuleAdded", "RuleDeleted"], "enabled": True,
        "state": "active", "failingSince": None, "fault": None, "nextAttemptAt": None, "lastSeq": made["lastSeq"],
        "secret": "", "createdAt": made["createdAt"], "updatedAt": made["createdAt"],
    }  # fmt: skip
    assert "secret" not in hook(server)
    assert server.put("/api/25/rules", json=RULE).status_code == 200
    assert server.post("/api/25/rules/web", json={"displayName": "Web"}).status_code == 200
    assert server.delete("/api/25/rules/web").status_code == 200
    clock = Clock()

    assert deliver(server, clock) == 2

    assert types_taken(target) == ["RuleAdded", "RuleDeleted"]
    headers, body = target.taken[0]
    seq = json.loads(body)["seq"]
    assert Webhook(made["secret"]).verify(body, {name.lower(): value for name, value in headers.items()})
    assert (headers["webhook-id"], headers["Content-Type"]) == (f"default:{seq}", "application/json")
    assert json.loads(body) == server.get(f"/api/25/events/{seq}").get_json()["data"]["events"][0]
    assert deliver(server, clock) == 0
    newest, oldest = deliveries(server)
    assert {**oldest, "id": "", "tookMs": 0, "createdAt": "", "updatedAt": ""} == {
        "id": "", "seq": seq, "type": "RuleAdded", "state": "delivered", "byHand": False, "attempts": 1,
        "status": 204, "fault": None, "tookMs": 0, "createdAt": "", "updatedAt": "",
    }  # fmt: skip
    assert (newest["type"], hook(server)["lastSeq"]) == ("RuleDeleted", newest["seq"])


def test_a_failing_target_is_tried_again_in_order_and_switched_off_after_five_days(
    server: Server, target: Target
) -> None:
    make_hook(server, target.url)
    server.put("/api/25/rules", json=RULE)
    clock = Clock()
    target.answers = [500, 302]

    assert deliver(server, clock) == 1
    failing = hook(server)
    assert (failing["state"], failing["fault"]) == ("failing", "the target answered 500")
    assert deliver(server, clock) == 0
    clock.move(5)
    assert deliver(server, clock) == 1
    assert deliveries(server)[0]["fault"] == "the target answered 302; redirects are not followed"
    clock.move(30)
    assert deliver(server, clock) == 2

    assert types_taken(target) == ["WebhookAdded", "WebhookAdded", "WebhookAdded", "RuleAdded"]
    assert [(one["type"], one["state"], one["attempts"]) for one in deliveries(server)] == [
        ("RuleAdded", "delivered", 1), ("WebhookAdded", "delivered", 3),
    ]  # fmt: skip
    server.delete("/api/25/rules/web")
    target.answers = [503, 503, 503]
    deliver(server, clock)
    clock.move(GIVE_UP_MS / 1000 - 1)
    deliver(server, clock)
    assert hook(server)["enabled"] is True
    clock.move(3600)
    deliver(server, clock)
    off = hook(server)
    assert (off["enabled"], off["state"], off["fault"]) == (False, "disabled", "the target answered 503")
    assert (events(server, kind="webhook")[-1].type, events(server, kind="webhook")[-1].outcome) == (
        "WebhookDisabled", "failed",
    )  # fmt: skip
    clock.move(3600)
    assert deliver(server, clock) == 0
    server.post("/api/25/webhooks/h", json={"enabled": True})
    assert deliver(server, clock) == 3
    assert types_taken(target)[-3:] == ["RuleDeleted", "WebhookDisabled", "WebhookModified"]


def test_the_waits_grow_to_an_hour_and_a_target_may_ask_for_more(server: Server, target: Target) -> None:
    assert [retry_after_ms(attempts) // 1000 for attempts in (1, 2, 3, 4, 5, 6, 100)] == [
        5, 30, 120, 600, 1800, 3600, 3600,
    ]  # fmt: skip
    make_hook(server, target.url)
    clock = Clock()
    target.answers, target.headers = [429], {"Retry-After": "90"}
    deliver(server, clock)
    clock.move(89)
    assert deliver(server, clock) == 0
    clock.move(1)
    assert deliver(server, clock) == 1


def test_a_target_that_is_gone_is_switched_off_at_once(server: Server, target: Target) -> None:
    make_hook(server, target.url)
    target.answers = [410]

    assert deliver(server, Clock()) == 1

    assert hook(server)["state"] == "disabled"


def test_an_event_is_sent_again_by_hand_under_the_same_id_and_moves_nothing(server: Server, target: Target) -> None:
    make_hook(server, target.url)
    clock = Clock()
    deliver(server, clock)
    (first,) = deliveries(server)
    target.answers = [500]
    path = f"/api/25/webhooks/h/deliveries/{first['id']}/redeliver"

    answer = server.post(path)

    again = answer.get_json()["data"]["deliveries"][0]
    assert (answer.get_json()["action"], again["state"], again["byHand"]) == ("redeliverWebhook", "waiting", True)
    clock.move(5)
    deliver(server, clock)
    assert [headers["webhook-id"] for headers, _ in target.taken[:2]] == [f"default:{first['seq']}"] * 2
    assert {one["id"]: one["state"] for one in deliveries(server)}[again["id"]] == "failed"
    assert hook(server)["state"] == "active"
    server.post("/api/25/webhooks/h", json={"enabled": False})
    refused = server.post(path)
    assert (refused.status_code, refused.get_json()["errorDetails"]) == (
        409, "Webhook 'h' is switched off; switch it on first (\"enabled\": true)",
    )  # fmt: skip
    missing = server.post("/api/25/webhooks/h/deliveries/none/redeliver")
    assert (missing.status_code, missing.get_json()["errorDetails"]) == (
        404, "Delivery 'none' was not found; GET /webhooks/h/deliveries lists what is kept",
    )  # fmt: skip


def test_after_a_rotation_both_secrets_are_good_for_a_day(server: Server, target: Target) -> None:
    before = make_hook(server, target.url)["secret"]
    clock = Clock()
    after = server.post("/api/25/webhooks/h", json={"rotateSecret": True}).get_json()["data"]["webhooks"][0]["secret"]
    assert after != before

    deliver(server, clock)

    headers, body = target.taken[0]
    lowered = {name.lower(): value for name, value in headers.items()}
    assert Webhook(before).verify(body, lowered)
    assert Webhook(after).verify(body, lowered)
    assert len(lowered["webhook-signature"].split()) == 2
    clock.move(86_401)
    server.put("/api/25/rules", json=RULE)
    deliver(server, clock)
    assert len(target.taken[-1][0]["webhook-signature"].split()) == 1


def test_secrets_are_good_after_the_encryption_key_was_rotated(server: Server, target: Target) -> None:
    former = make_hook(server, target.url)["secret"]
    server.post("/api/25/webhooks/h", json={"rotateSecret": True})
    opened = server.opened

    rotated = rotate(opened.database, opened.committer.ring, "encryption", now_ms)

    with opened.database.connect("default") as connection:
        one = lock_webhook(connection, "default", "h")
    assert one is not None
    assert {one.secret_key, one.former_key} == {rotated.key_id}
    deliver(server, Clock())
    headers, body = target.taken[0]
    assert Webhook(former).verify(body, {name.lower(): value for name, value in headers.items()})


def test_an_event_that_was_retired_holds_nothing_up(server: Server, target: Target) -> None:
    make_hook(server, target.url, types=["UserLogin", "RuleAdded"])
    make_user(server, "ann")
    log_in(server, "ann")
    clock = Clock()
    deliver(server, clock)
    (login,) = deliveries(server)
    retire(server.opened.committer, "default", before_ms=now_ms() + 1000)

    assert server.post(f"/api/25/webhooks/h/deliveries/{login['id']}/redeliver").status_code == 200
    server.put("/api/25/rules", json=RULE)
    clock.move(1)
    deliver(server, clock)

    assert sorted((one["type"], one["state"]) for one in deliveries(server)) == [
        ("RuleAdded", "delivered"), ("UserLogin", "delivered"), ("UserLogin", "failed"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("ftp://example.org/", "is no URL that can be called"),
        ("https://ex ample.org/", "is no URL that can be called"),
        ("https://", "is no URL that can be called"),
        ("https://me:secret@example.org/", "has no user, password or fragment"),
        ("https://example.org/#part", "has no user, password or fragment"),
        ("https://10.0.0.1/", "is at an address that webhooks may not reach"),
        ("https://169.254.169.254/latest", "is at an address that webhooks may not reach"),
        ("https://[::1]/", "is at an address that webhooks may not reach"),
        ("https://[::ffff:10.0.0.1]/", "is at an address that webhooks may not reach"),
        ("https://[64:ff9b::a00:1]/", "is at an address that webhooks may not reach"),
    ],
)
def test_a_url_that_may_not_be_called_is_refused_and_nothing_is_made(server: Server, url: str, fault: str) -> None:
    answer = server.put("/api/25/webhooks", json={"id": "h", "name": "Hook", "url": url})

    assert answer.status_code == 400
    assert fault in answer.get_json()["errors"]["url"][0]
    assert "secret@" not in answer.get_data(as_text=True)
    assert server.get("/api/25/webhooks").get_json()["data"]["webhooks"] == []


def test_refusals_name_the_thing_and_change_nothing(server: Server, target: Target) -> None:
    make_hook(server, target.url)
    before = hook(server)

    def refused(method: str, path: str, **more: Any) -> tuple[int, str]:
        answer = server.call(method, path, **more)
        return answer.status_code, answer.get_json()["errorDetails"]

    taken = {"id": "h", "name": "Other", "url": target.url}
    assert refused("PUT", "/api/25/webhooks", json=taken) == (
        409, "Webhook 'h' already exists; choose another id, or change it with POST",
    )  # fmt: skip
    assert refused("POST", "/api/25/webhooks/h", json={"types": ["Rule Added"]}) == (
        400, "'Rule Added' is no event type; write them as GET /events does, such as RuleModified",
    )  # fmt: skip
    assert refused("GET", "/api/25/webhooks/x") == (
        404, "Webhook 'x' was not found; GET /webhooks lists those that exist",
    )  # fmt: skip
    assert refused("POST", "/api/25/webhooks/h", json={"sekret": "mine"})[0] == 400
    assert refused("GET", "/api/24/webhooks", json={})[0] == 404
    assert hook(server) == before
    for number in range(19):
        make_hook(server, target.url, f"h{number}")
    assert refused("PUT", "/api/25/webhooks", json={**taken, "id": "more"}) == (
        409, "There are 20 webhooks already; delete one first",
    )  # fmt: skip


def test_nobody_has_more_told_than_they_may_read_and_tenants_see_only_their_own(server: Server, target: Target) -> None:
    server.put("/api/25/roles", json={"id": "hooks", "name": "Hooks", "rights": ["webhook_all"]})
    ann = person(server, "ann", roles=["hooks"])
    asked = {"id": "a", "name": "Hook", "url": target.url}
    assert ann.call("GET", "/api/25/webhooks").status_code == 200
    assert ann.call("PUT", "/api/25/webhooks", json=asked).status_code == 403
    make_tenant(server)
    token = admin_of(server, "acme")
    make_hook(server, target.url)
    unknown = server.get("/api/25/webhooks/nope", token=token).get_data(as_text=True).replace("nope", "h")
    for method, path in (("GET", ""), ("POST", ""), ("DELETE", ""), ("GET", "/deliveries")):
        answer = server.call(method, f"/api/25/webhooks/h{path}", token=token, json={})
        assert answer.status_code == 404
        assert json.loads(unknown)["errorDetails"] == answer.get_json()["errorDetails"]
    make_hook(server, target.url, token=token)
    server.put("/api/25/rules", json=RULE)

    deliver(server, Clock())

    told = [(json.loads(body)["id"].split(":")[0], json.loads(body)["type"]) for _, body in target.taken]
    assert sorted(told) == [("acme", "WebhookAdded"), ("default", "RuleAdded"), ("default", "WebhookAdded")]
    assert [one["state"] for one in deliveries(server)] == ["delivered", "delivered"]
    # Nothing is told of a tenant that is switched off.
    server.put("/api/25/rules", token=token, json=RULE)
    with server.opened.database.writing() as connection:
        connection.exec_driver_sql("UPDATE tenants SET state = 'DISABLED' WHERE id = 'acme'")
    assert deliver(server, Clock()) == 0


def test_a_tenant_that_is_deleted_for_good_takes_its_webhooks_along(server: Server, target: Target) -> None:
    make_tenant(server)
    make_hook(server, target.url, token=admin_of(server, "acme"))
    deliver(server, Clock())

    server.opened.all_tenants.delete(Context.system("system", "test"), "acme")

    with server.opened.database.everywhere("test") as connection:
        for table in (WebhookRow, DeliveryRow):
            assert connection.execute(select(table.id)).fetchall() == []


def test_a_deleted_webhook_takes_its_log_along(server: Server, target: Target) -> None:
    make_hook(server, target.url)
    deliver(server, Clock())

    assert server.delete("/api/25/webhooks/h").get_json()["data"]["webhooks"][0]["id"] == "h"

    assert server.get("/api/25/webhooks/h/deliveries").status_code == 404
    assert [one.type for one in events(server, kind="webhook")] == ["WebhookAdded", "WebhookDeleted"]
    assert deliver(server, Clock()) == 0
