"""Allowed networks: both shapes, by difference, every bad entry, and the node `root`."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import insert

from app.changes.change import Edit
from app.changes.networks import ServerEdit
from app.store.tables import NodeRow
from tests.installations import Server, as_account, submit

ROOT = "settings/allowed_networks/root"
EVERYWHERE = ["0.0.0.0/0", "::/0"]


def add_node(server: Server, node_id: str, *, is_policy_server: bool) -> None:
    row = {"tenant": "default", "id": node_id, "hostname": f"{node_id}.example", "status": "accepted", "created": 1}
    with server.opened.database.writing("default") as connection:
        connection.execute(insert(NodeRow), [{**row, "is_policy_server": is_policy_server}])


def networks(server: Server, node_id: str = "root") -> list[str]:
    found: list[str] = server.get(f"/api/25/settings/allowed_networks/{node_id}").get_json()["data"]["allowed_networks"]
    return found


def events(server: Server) -> int:
    work = server.opened.work(as_account())
    seq = work.session.head().seq
    work.release()
    return seq


@pytest.mark.parametrize("version", [11, 17])
def test_up_to_17_they_sit_under_settings(server: Server, version: int) -> None:
    base = f"/api/{version}/settings/allowed_networks"

    written = server.post(f"{base}/root", json={"allowed_networks": ["10.1.0.0/16", "10.2.0.0/16"]})
    changed = server.post(f"{base}/root/diff", json={"allowed_networks": {"add": ["10.0.0.0/16"]}})

    assert server.get(base).get_json() == {
        "action": "getAllAllowedNetworks",
        "result": "success",
        "data": {"settings": [{"id": "root", "allowed_networks": ["10.0.0.0/16", "10.1.0.0/16", "10.2.0.0/16"]}]},
    }
    assert server.get(f"{base}/root").get_json() == {
        "action": "getAllowedNetworks",
        "id": "root",
        "result": "success",
        "data": {"settings": {"allowed_networks": ["10.0.0.0/16", "10.1.0.0/16", "10.2.0.0/16"]}},
    }
    assert written.get_json() == {
        "action": "modifyAllowedNetworks",
        "id": "root",
        "result": "success",
        "data": {"settings": ["10.1.0.0/16", "10.2.0.0/16"]},
    }
    assert changed.get_json() == {
        "action": "modifyDiffAllowedNetworks",
        "id": "root",
        "result": "success",
        "data": {"settings": ["10.0.0.0/16", "10.1.0.0/16", "10.2.0.0/16"]},
    }


@pytest.mark.parametrize("version", [18, 24, 25])
def test_from_18_on_they_have_their_own_name(server: Server, version: int) -> None:
    base = f"/api/{version}/settings/allowed_networks"

    written = server.post(f"{base}/root", json={"allowed_networks": ["10.2.0.0/16", "10.1.0.0/16"]})
    read = server.get(f"{base}/root")
    changed = server.post(f"{base}/root/diff", json={"allowed_networks": {"delete": ["10.1.0.0/16"]}})

    assert written.get_json() == {
        "action": "modifyAllowedNetworks",
        "id": "root",
        "result": "success",
        "data": {"allowed_networks": ["10.2.0.0/16", "10.1.0.0/16"]},
    }
    assert read.get_json() == {
        "action": "getAllowedNetworks",
        "id": "root",
        "result": "success",
        "data": {"allowed_networks": ["10.2.0.0/16", "10.1.0.0/16"]},
    }
    assert changed.get_json()["data"] == {"allowed_networks": ["10.2.0.0/16"]}
    assert server.get(base).get_json() == {
        "action": "getAllAllowedNetworks",
        "result": "success",
        "data": {"allowed_networks": [{"id": "root", "allowed_networks": ["10.2.0.0/16"]}]},
    }


def test_before_11_they_are_a_setting_like_any_other(server: Server) -> None:
    assert server.get("/api/10/settings/allowed_networks").get_json() == {
        "action": "getSetting",
        "id": "allowed_networks",
        "result": "success",
        "data": {"settings": {"allowed_networks": [{"id": "root", "allowed_networks": EVERYWHERE}]}},
    }
    assert server.get(f"/api/10/{ROOT}").status_code == 404


def test_they_come_first_among_all_settings(server: Server) -> None:
    for version in (6, 17, 24, 25):
        settings = server.get(f"/api/{version}/settings").get_json()["data"]["settings"]

        assert next(iter(settings.items())) == ("allowed_networks", [{"id": "root", "allowed_networks": EVERYWHERE}])


@pytest.mark.parametrize("way", ["set", "add", "delete"])
@pytest.mark.parametrize("version", [11, 24])
def test_every_bad_entry_is_reported(server: Server, version: int, way: str) -> None:
    before = events(server)
    bad = ["10.0.0.300/8", "10.0.0.0/8", "10.1.0.0/40"]
    asked: Any = bad if way == "set" else {way: bad}
    answer = server.post(
        f"/api/{version}/{ROOT}{'' if way == 'set' else '/diff'}", json={"allowed_networks": asked}
    ).get_json()

    assert (answer["result"], answer["id"]) == ("error", "root")
    assert answer["errorDetails"] == (
        "Could not modify parameter 'allowed_networks'; cause was: Unexpected: "
        "'10.0.0.300/8' is no network; use a network such as 10.0.0.0/8 or 2001:db8::/32 ; "
        "'10.1.0.0/40' is no network; use a network such as 10.0.0.0/8 or 2001:db8::/32"
    )
    assert (networks(server), events(server)) == (EVERYWHERE, before)


def test_bad_entries_are_400_in_25_with_their_places(server: Server) -> None:
    answer = server.post(f"/api/25/{ROOT}", json={"allowed_networks": ["10.0.0.300/8", "10.0.0.0/8", "10.1.0.0/40"]})
    some = server.post(f"/api/25/{ROOT}/diff", json={"allowed_networks": {"add": ["x"], "delete": ["::/129"]}})

    remedy = "use a network such as 10.0.0.0/8 or 2001:db8::/32"
    assert answer.status_code == some.status_code == 400
    assert answer.get_json()["errorDetails"] == (
        f"Allowed networks of policy server 'root': '10.0.0.300/8' is no network; {remedy} ; "
        f"'10.1.0.0/40' is no network; {remedy}"
    )
    assert list(answer.get_json()["errors"]) == ["allowed_networks[0]", "allowed_networks[2]"]
    assert list(some.get_json()["errors"]) == ["allowed_networks.add[0]", "allowed_networks.delete[0]"]


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "10.0.0.0/", "/8", "10.0.0.0/8/8", "10.0.0/8", "10.0.0.0/-1", "10.0.0.0/255.0.0.0", "010.0.0.0/8"),
        *(
            "fe80::1%eth0/64",
            "::ffff:999.0.0.1/96",
            "2001:db8::/129",
            "example.com/8",
            "10.0.0.0 /8",
            "\uff11\uff10.0.0.0/8",
        ),
        *("10.0.0.0/8\n", "' OR 1=1 --", "x" * 5000),
    ],
)
def test_what_is_no_network_is_refused(server: Server, text: str) -> None:
    answer = server.post(f"/api/25/{ROOT}", json={"allowed_networks": [text]})

    assert (answer.status_code, networks(server)) == (400, EVERYWHERE)
    assert len(answer.get_json()["errorDetails"]) < 250


@pytest.mark.parametrize(
    "sent",
    [
        ["10.0.0.0/8"],
        ["2001:db8::/32", "10.0.0.0/8"],
        ["10.0.0.7/8"],  # with bits of a host, as scripts write it
        ["192.0.2.1"],
        ["::/0", "0.0.0.0/0"],
        [],
    ],
    ids=str,
)
def test_what_was_sent_comes_back_as_it_was_written(server: Server, sent: Sequence[str]) -> None:
    answer = server.post(f"/api/24/{ROOT}", json={"allowed_networks": sent})

    assert answer.get_json()["data"]["allowed_networks"] == sent == networks(server)


def test_a_network_that_is_written_twice_is_kept_once(server: Server) -> None:
    sent = ["2001:DB8::/32", "10.0.0.0/8", "2001:db8:0::/32", "10.0.0.0/8"]

    answer = server.post(f"/api/25/{ROOT}", json={"allowed_networks": sent})

    assert answer.get_json()["data"]["allowed_networks"] == ["2001:DB8::/32", "10.0.0.0/8"]


def test_a_difference_takes_away_the_network_however_it_is_written(server: Server) -> None:
    server.post(f"/api/24/{ROOT}", json={"allowed_networks": ["2001:db8::/32", "10.2.0.0/16", "10.1.0.0/16"]})

    diff = {"add": ["10.9.0.0/16", "10.2.0.0/16"], "delete": ["2001:DB8:0::/32", "172.16.0.0/12"]}
    answer = server.post(f"/api/24/{ROOT}/diff", json={"allowed_networks": diff})

    assert answer.get_json()["data"]["allowed_networks"] == ["10.1.0.0/16", "10.2.0.0/16", "10.9.0.0/16"]


def test_a_difference_starts_from_the_default(server: Server) -> None:
    answer = server.post(f"/api/25/{ROOT}/diff", json={"allowed_networks": {"add": ["10.0.0.0/8"], "delete": ["::/0"]}})

    assert answer.get_json()["data"]["allowed_networks"] == ["0.0.0.0/0", "10.0.0.0/8"]


def test_an_unknown_node_is_refused_in_the_way_of_the_era(server: Server) -> None:
    before = events(server)
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "", {}),
        ("POST", "", {"json": {"allowed_networks": ["10.0.0.0/8"]}}),
        ("POST", "/diff", {"json": {"allowed_networks": {"add": ["10.0.0.0/8"]}}}),
    ]
    for method, rest, more in calls:
        old = server.call(method, f"/api/24/settings/allowed_networks/nope{rest}", **more)
        new = server.call(method, f"/api/25/settings/allowed_networks/nope{rest}", **more)

        assert (old.status_code, old.get_json()["id"]) == (500, "nope")
        assert old.get_json()["errorDetails"] == "Node with id 'nope' was not found"
        assert (new.status_code, new.get_json()["id"]) == (404, "nope")
        assert new.get_json()["errorDetails"] == (
            "Node 'nope' was not found; GET /settings/allowed_networks lists the policy servers"
        )
    assert events(server) == before


def test_bad_input_is_refused_before_the_unknown_node(server: Server) -> None:
    answer = server.post("/api/25/settings/allowed_networks/nope", json={"allowed_networks": ["x"]})

    assert answer.status_code == 400


def test_a_node_that_is_no_policy_server_has_none(server: Server) -> None:
    add_node(server, "web-1", is_policy_server=False)

    old = server.get("/api/24/settings/allowed_networks/web-1")
    new = server.get("/api/25/settings/allowed_networks/web-1")

    text = "Node 'web-1' is not a policy server, so it has no allowed networks"
    assert (old.status_code, old.get_json()["errorDetails"]) == (500, text)
    assert new.status_code == 404
    assert new.get_json()["errorDetails"] == f"{text}; GET /settings/allowed_networks lists the policy servers"


def test_root_is_listed_first_and_each_server_has_its_own(server: Server) -> None:
    for name in ("a-relay", "z-relay"):
        add_node(server, name, is_policy_server=True)

    server.post("/api/25/settings/allowed_networks/z-relay", json={"allowed_networks": ["10.0.0.0/8"]})

    assert server.get("/api/25/settings/allowed_networks").get_json()["data"]["allowed_networks"] == [
        {"id": "root", "allowed_networks": EVERYWHERE},
        {"id": "a-relay", "allowed_networks": EVERYWHERE},
        {"id": "z-relay", "allowed_networks": ["10.0.0.0/8"]},
    ]


def test_a_new_policy_server_is_seen_by_who_holds_the_settings_of_before(server: Server) -> None:
    etag = server.get("/api/25/settings").headers["ETag"]
    same = server.get("/api/25/settings", headers={"If-None-Match": etag})

    add_node(server, "relay", is_policy_server=True)
    answer = server.get("/api/25/settings", headers={"If-None-Match": etag})

    assert (same.status_code, answer.status_code) == (304, 200)


@pytest.mark.parametrize(("path", "body"), [("", []), ("", {}), ("/diff", [{}]), ("/diff", {})], ids=str)
def test_a_body_without_networks_is_refused(server: Server, path: str, body: Any) -> None:
    old = server.post(f"/api/24/{ROOT}{path}", json=body)
    new = server.post(f"/api/25/{ROOT}{path}", json=body)

    assert (old.status_code, new.status_code) == (500, 400)
    assert networks(server) == EVERYWHERE


@pytest.mark.parametrize("value", [7, {"a": 1}, [7], [["10.0.0.0/8"]], [{"id": "root"}]], ids=str)
def test_networks_of_another_type_are_refused(server: Server, value: Any) -> None:
    for path in (ROOT, f"{ROOT}/diff"):
        old = server.post(f"/api/24/{path}", json={"allowed_networks": {"add": value} if "diff" in path else value})
        new = server.post(f"/api/25/{path}", json={"allowed_networks": {"add": value} if "diff" in path else value})

        assert (old.status_code, new.status_code) == (500, 400)
    assert networks(server) == EVERYWHERE


def test_they_are_read_from_json_only(server: Server) -> None:
    old = server.post(f"/api/24/{ROOT}", data={"allowed_networks": "10.0.0.0/8"})
    new = server.post(f"/api/25/{ROOT}", data={"allowed_networks": "10.0.0.0/8"})

    assert old.get_json()["errorDetails"] == "Cannot parse non-JSON request as JSON; please check content-type."
    assert new.status_code == 415


def test_an_entry_of_the_list_may_be_posted_back(server: Server) -> None:
    (entry,) = server.get("/api/25/settings/allowed_networks").get_json()["data"]["allowed_networks"]

    answer = server.post(f"/api/25/{ROOT}", json=entry)

    assert (answer.status_code, answer.get_json()["data"]["allowed_networks"]) == (200, EVERYWHERE)


@pytest.mark.parametrize("version", [24, 25])
def test_as_one_setting_they_are_set_for_every_server(server: Server, version: int) -> None:
    add_node(server, "relay", is_policy_server=True)
    server.post(f"/api/{version}/{ROOT}", json={"allowed_networks": ["10.1.0.0/16"]})

    value = [{"id": "relay", "allowed_networks": ["10.2.0.0/16"]}]
    answer = server.post(f"/api/{version}/settings/allowed_networks", json={"value": value})

    assert answer.get_json() == {
        "action": "modifySetting",
        "id": "allowed_networks",
        "result": "success",
        "data": {"settings": {"allowed_networks": [{"id": "root", "allowed_networks": EVERYWHERE}, *value]}},
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (
            [{"id": "nope", "allowed_networks": []}],
            "Node 'nope' is no policy server; GET /settings/allowed_networks lists the policy servers",
        ),
        (
            [{"id": "root", "allowed_networks": ["10.0.0.300/8", "10.1.0.0/40"]}],
            (
                "Policy server 'root': '10.0.0.300/8' is no network; "
                "use a network such as 10.0.0.0/8 or 2001:db8::/32 ; "
                "Policy server 'root': '10.1.0.0/40' is no network; use a network such as 10.0.0.0/8 or 2001:db8::/32"
            ),
        ),
        (
            [{"id": "root", "allowed_networks": []}, {"id": "root", "allowed_networks": []}],
            (
                "Setting 'allowed_networks' cannot be "
                '\'[{"allowed_networks":[],"id":"root"},{"allowed_networks":[],...\'; '
                'use a list of objects such as {"id":"root","allowed_networks":["10.0.0.0/8"]}, each server once'
            ),
        ),
        (
            "10.0.0.0/8",
            (
                "Setting 'allowed_networks' cannot be '10.0.0.0/8'; "
                'use a list of objects such as {"id":"root","allowed_networks":["10.0.0.0/8"]}, each server once'
            ),
        ),
    ],
    ids=["unknown", "bad", "twice", "text"],
)
def test_as_one_setting_a_bad_value_is_named(server: Server, value: Any, text: str) -> None:
    before = events(server)

    new = server.post("/api/25/settings/allowed_networks", json={"value": value})
    old = server.post("/api/24/settings/allowed_networks", json={"value": value})

    assert (new.status_code, new.get_json()["errorDetails"]) == (400, text)
    assert old.status_code == 500
    assert (
        old.get_json()["errorDetails"]
        == f"Could not modify parameter 'allowed_networks'; cause was: Unexpected: {text}"
    )
    assert events(server) == before


def test_each_write_is_an_event_with_its_reason_and_one_document(server: Server) -> None:
    server.post(f"/api/24/{ROOT}?reason=office", json={"allowed_networks": ["10.1.0.0/16"]})
    server.post(f"/api/24/{ROOT}/diff?reason=vpn", json={"allowed_networks": {"add": ["10.2.0.0/16"]}})
    before = events(server)
    server.post(f"/api/24/{ROOT}/diff?reason=again", json={"allowed_networks": {"add": ["10.2.0.0/16"]}})

    entries = server.get("/api/25/settings/allowed_networks/history").get_json()["data"]["history"]

    assert [(one["type"], one["revision"], one["reason"]) for one in entries] == [
        ("SettingModified", 2, "vpn"),
        ("SettingAdded", 1, "office"),
    ]
    assert events(server) == before


def test_they_are_read_as_they_were(server: Server) -> None:
    before = events(server)
    server.post(f"/api/25/{ROOT}", json={"allowed_networks": ["10.1.0.0/16"]})
    now = events(server)

    def at(seq: int) -> Any:
        return server.get(f"/api/25/{ROOT}?at=seq:{seq}").get_json()["data"]["allowed_networks"]

    assert (at(before), at(now)) == (EVERYWHERE, ["10.1.0.0/16"])
    assert server.get(f"/api/25/settings/allowed_networks?at=seq:{before}").get_json()["data"] == {
        "allowed_networks": [{"id": "root", "allowed_networks": EVERYWHERE}]
    }


def test_a_write_of_them_is_rolled_back_like_any_other(server: Server) -> None:
    server.post(f"/api/25/{ROOT}", json={"allowed_networks": ["10.1.0.0/16"]})
    first = events(server)
    server.post(f"/api/25/{ROOT}/diff", json={"allowed_networks": {"add": ["10.2.0.0/16"]}})

    back = server.post(f"/api/25/events/{events(server)}/rollback", json={"to": "before"})
    unset = server.post(f"/api/25/events/{first}/rollback", json={"to": "before"})

    listed = {"allowed_networks": [{"id": "root", "allowed_networks": ["10.1.0.0/16"]}]}
    assert (back.status_code, back.get_json()["data"]) == (200, {"settings": listed})
    everywhere = {"allowed_networks": [{"id": "root", "allowed_networks": EVERYWHERE}]}
    assert (unset.status_code, unset.get_json()["data"]) == (200, {"settings": everywhere})
    assert networks(server) == EVERYWHERE


def test_if_match_guards_them(server: Server) -> None:
    etag = server.post(f"/api/25/{ROOT}", json={"allowed_networks": ["10.1.0.0/16"]}).headers["ETag"]

    first = server.post(f"/api/25/{ROOT}", json={"allowed_networks": []}, headers={"If-Match": etag})
    second = server.post(f"/api/25/{ROOT}", json={"allowed_networks": ["::/0"]}, headers={"If-Match": etag})

    assert (first.status_code, second.status_code, networks(server)) == (200, 412, [])


def test_of_two_differences_at_once_both_are_kept(server: Server) -> None:
    edits = [
        Edit("setting", "allowed_networks", "modify", ServerEdit("root", add=[f"10.{n}.0.0/16"]).fields())
        for n in range(8)
    ]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda edit: submit(server.opened, edit), edits))

    assert networks(server) == ["0.0.0.0/0", *(f"10.{n}.0.0/16" for n in range(8)), "::/0"]


def test_a_document_of_them_can_be_created_as_an_import_does(server: Server) -> None:
    value = [{"id": "root", "allowed_networks": ["10.0.0.0/8"]}]

    submit(server.opened, Edit("setting", "allowed_networks", "create", {"value": value}))

    assert networks(server) == ["10.0.0.0/8"]


def test_the_catalogue_has_no_machines_so_no_networks(server: Server) -> None:
    server.post(f"/api/25/{ROOT}", json={"allowed_networks": ["10.1.0.0/16"]})
    token = server.account("other", tenant="public", authorization="ro")

    listed = server.get("/api/25/settings/allowed_networks", token=token)
    one = server.get(f"/api/25/{ROOT}", token=token)

    assert listed.get_json()["data"] == {"allowed_networks": []}
    assert one.status_code == 404


def test_a_read_only_token_cannot_change_them(server: Server) -> None:
    token = server.account("reader", authorization="ro")

    answer = server.post(f"/api/24/{ROOT}", json={"allowed_networks": []}, token=token)

    assert answer.status_code == 403
    assert answer.get_json()["errorDetails"] == (
        "Authorization error: User 'reader' is not allowed to access POST api/24/settings/allowed_networks/{nodeId}"
    )
