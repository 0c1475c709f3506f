"""A secret that is put in by every way in is afterwards nowhere: database, git, exports, logs, answers."""

import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.commands.documents import import_into
from app.config import Config
from app.core.clock import now_ms
from app.core.errors import SternpostError
from app.notify.mailing import send_mails
from app.store.tables import Base, SecretRow
from tests.archives.asking import send
from tests.archives.samples import directive, unzipped, zipped
from tests.console.visiting import HOME, Visit
from tests.installations import Server, as_account
from tests.notify.conftest import Target, target
from tests.notify.hooks import Clock, deliver, make_hook
from tests.notify.test_step_mails import follower, reachable
from tests.people.conftest import Sink, sink
from tests.resources.test_secrets import new_user, users
from tests.review.cast import Caller, Cast

__all__ = ["sink", "target"]

SENTINEL = "SentinelSevenThatIsNeverShown"
JSON_IN = {"Content-Type": "application/json"}


def a_hash(number: str) -> str:
    """Write the sentinel as the technique of the starter library wants a password."""
    return f"$6$salt${SENTINEL}{number}"


def put_everywhere(server: Server) -> list[Any]:
    """Send the sentinel by every form of parameters, right and wrong; answers what the server said."""
    name, url = "/api/25/parameters", f"value={SENTINEL}1&secret=true"
    return [
        server.put(name, json={"id": "p-json", "value": f"{SENTINEL}0", "secret": True}),
        server.put(f"{name}?id=p-url&{url}"),
        server.put(name, data={"id": "p-form", "value": f"{SENTINEL}2", "secret": "true"}),
        server.post(f"{name}/p-json", json={"value": {"deep": [f"{SENTINEL}3"]}}),
        server.post(f"{name}/p-url", data={"value": f"{SENTINEL}4"}),
        server.put(name, json={"id": "p-json", "value": f"{SENTINEL}5", "secret": True}),  # it exists
        server.put(name, json={"id": "p bad", "value": f"{SENTINEL}6", "secret": True}),
        server.put(name, json={"id": "p-x", "value": f"{SENTINEL}7", "secret": "perhaps"}),
        server.put(name, data=f'{{"id": "p-x", "value": "{SENTINEL}8", "secret": true', headers=JSON_IN),
        server.post(f"{name}/p-none", json={"value": f"{SENTINEL}9", "secret": True}),
        server.post(f"{name}/p-json", json={"value": f"{SENTINEL}a"}, headers={"If-Match": '"99"'}),
        server.put(f"{name}", json={"id": "p-dry", "value": f"{SENTINEL}b", "secret": True},
                   headers={"Prefer": "dry-run"}),
        server.put(name, json={"id": "p-key", "value": f"{SENTINEL}c", "secret": True},
                   headers={"Idempotency-Key": "k-1"}),
        new_user(server, "d-1", a_hash("d")),
        server.post("/api/24/directives/d-1", json={"parameters": users(a_hash("e"))}),
        server.post("/api/24/directives/d-1/check", json={"parameters": users(a_hash("f"))}),
        server.put("/api/25/directives", json={"id": "d-2", "displayName": "x", "techniqueName": "none",
                                               "parameters": users(a_hash("g"))}),
    ]  # fmt: skip


def import_it(server: Server, folder: Path) -> None:
    """Bring it in by a folder: once well, once in a document that is refused."""
    (folder / "parameters").mkdir(parents=True)
    good, bad = {"id": "p-file", "value": f"{SENTINEL}h", "secret": True}, {"id": "p bad", "value": f"{SENTINEL}i"}
    (folder / "parameters" / "good.json").write_text(json.dumps(good), "utf-8")
    import_into(server.opened, folder, as_account(reason="Import"), dry_run=False)
    (folder / "parameters" / "bad.json").write_text(json.dumps({**bad, "secret": True}), "utf-8")
    with pytest.raises(SternpostError) as refused:
        import_into(server.opened, folder, as_account(reason="Import"), dry_run=False)
    assert SENTINEL not in str(refused.value)


def read_everywhere(server: Server) -> list[Any]:
    paths = ["parameters", "parameters/p-json", "parameters/p-json/history", "directives", "directives/d-1",
             "directives/d-1/history", "events?limit=1000", "events/export?format=ndjson", "events/export?format=csv",
             "compare?from=seq:0", "parameters/p-json/why?path=/value", "parameters/p-json?at=seq:2"]  # fmt: skip
    seqs = [one["seq"] for one in server.get("/api/25/events?limit=1000").get_json()["data"]["events"]]
    return [server.get(f"/api/25/{path}") for path in (*paths, *(f"events/{seq}" for seq in seqs))]


def test_the_sentinel_is_nowhere(
    server: Server, capfdbinary: pytest.CaptureFixture[bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    sent = put_everywhere(server)
    import_it(server, tmp_path_factory.mktemp("import"))
    (first,) = [one["seq"] for one in server.get("/api/25/events?object=p-url&type=GlobalParameterAdded").get_json()[
        "data"]["events"]]  # fmt: skip
    sent.append(server.post(f"/api/25/events/{first}/rollback", json={"to": "after"}))
    shown = read_everywhere(server)
    logged = capfdbinary.readouterr()

    assert [answer.status_code for answer in sent[:5]] == [200] * 5
    assert [answer.status_code for answer in sent[13:16]] == [200] * 3
    assert {answer.status_code for answer in shown} <= {200, 404}
    assert shown_in([*sent, *shown]) == []
    assert SENTINEL.encode() not in logged.err + logged.out
    assert_it_is_kept_encrypted_alone(server)


def shown_in(answers: Sequence[Any]) -> list[str]:
    """Name the calls whose answers hold the sentinel."""
    return [f"{one.request.method} {one.request.path}" for one in answers if SENTINEL.encode() in content_of(one)]


def content_of(answer: Any) -> bytes:
    """Give what an answer holds, unpacked where it is a zip."""
    content = bytes(answer.get_data())
    return b"\n".join(unzipped(content).values()) if answer.mimetype == "application/zip" else content


def assert_it_is_kept_encrypted_alone(server: Server) -> None:
    """Look for the sentinel in every row, in the file of the database and in git."""
    head = server.opened.git_writer.catch_up("default")
    repository = server.opened.git_writer.path("default")
    with server.opened.database.everywhere("test") as connection:
        rows = [str(tuple(row)) for table in Base.metadata.sorted_tables for row in connection.execute(select(table))]
        sealed = connection.execute(select(*SecretRow.__table__.c)).fetchall()
    assert len(rows) > 50
    assert [row for row in rows if SENTINEL in row] == []
    assert any('"$secret"' in row for row in rows)
    ring = server.opened.committer.ring
    opened = [ring.unseal(row.tenant, row.tag, bytes(row.ciphertext), row.key_id) for row in sealed]
    assert any(SENTINEL in str(value) for value in opened)
    found = subprocess.run(
        ["git", f"--git-dir={repository}", "log", "-p", "--all", f"-S{SENTINEL}", "--oneline"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert head is not None
    assert found.stdout == ""
    if server.config.uses_sqlite:
        file = server.config.database_url.removeprefix("sqlite:///")
        grepped = subprocess.run(["grep", "-laF", SENTINEL, file, f"{file}-wal"], capture_output=True, check=False)
        assert grepped.stdout == b""


# Through review, archives, instances, previews, pages, webhooks and mails


@pytest.fixture
def config(config: Config) -> Config:
    """Let webhooks reach this machine."""
    return config.model_copy(update={"webhook_networks": ("127.0.0.0/8",)})


class Told:
    """Calls of several people, and everything that they were answered."""

    def __init__(self) -> None:
        self.answers: list[Any] = []

    def call(self, who: Caller, method: str, path: str, **more: Any) -> Any:
        """Call version 25 and keep the answer."""
        self.answers.append(who.call(method, path, **more))
        return self.answers[-1]

    def held(self, who: Caller, method: str, path: str, **more: Any) -> int:
        """Write what is held for review, and give the number of its change request."""
        answer = self.call(who, method, path, **more)
        assert answer.status_code == 200, answer.text
        return int(re.findall(r'"changeRequestId":"?([0-9]+)', answer.text)[0])


def a_parameter(number: str, name: str = "p-cr", action: str = "create") -> dict[str, Any]:
    after = {"value": f"{SENTINEL}{number}", "secret": True}
    return {"kind": "parameter", "id": name, "action": action, "after": after}


def a_directive(number: str, name: str = "d-cr") -> dict[str, Any]:
    after = {"displayName": "User", "techniqueName": "userManagement", "parameters": users(a_hash(number))}
    return {"kind": "directive", "id": name, "action": "create", "after": after}


def ask_for_review(told: Told, ann: Caller, rita: Caller) -> None:
    """Bring it in by change requests: held writes, made ones, edited, refused, in conflict, deployed and undone."""
    put, asked = "/parameters", "/changeRequests"
    first = told.held(ann, "PUT", put, json={"id": "p-1", "value": f"{SENTINEL}1", "secret": True})
    told.held(ann, "PUT", f"{put}?id=p-2&secret=true&value={SENTINEL}2")
    told.call(ann, "PUT", "/directives", json={"id": "d-1", **a_directive("3")["after"]})
    many = told.call(ann, "POST", asked, json={"name": "Many", "changes": [a_parameter("4"), a_directive("5")]})
    number = many.json["data"]["changeRequests"][0]["id"]
    told.call(ann, "PATCH", f"{asked}/{number}", json={"changes": [a_parameter("6"), a_directive("7")]})
    told.call(ann, "POST", asked, json={"name": "Draft", "draft": True, "changes": [a_parameter("8", "p-draft")]})
    for wrong in (
        {"changes": [a_parameter("9", "p bad")]},
        {"changes": [{**a_parameter("a"), "more": f"{SENTINEL}b"}]},
        {"changes": [{**a_parameter("c"), "action": "replace"}]},
        {"changes": [{**a_parameter("d"), "after": f"{SENTINEL}e"}]},
        {"changes": [{"kind": "directive", "id": "d-x", "action": "create", "after": users(a_hash("f"))}]},
    ):
        refused = told.call(ann, "POST", asked, json={"name": "Wrong", **wrong})
        assert refused.status_code == 400, refused.text
    told.call(ann, "POST", asked, data=f'{{"changes": "{SENTINEL}g', headers=JSON_IN)
    for one in (first, number):
        for verb in ("reviews", "deploy"):
            told.call(rita, "POST", f"{asked}/{one}/{verb}", json={"verdict": "approve"} if verb == "reviews" else {})
    told.call(ann, "POST", asked, json={"undo": number})
    for value in ("h", "i"):
        held = told.held(ann, "POST", f"{put}/p-1", json={"value": f"{SENTINEL}{value}"})
    told.call(rita, "POST", f"{asked}/{held}/reviews", json={"verdict": "approve"})
    assert told.call(rita, "POST", f"{asked}/{held}/deploy", json={}).status_code == 200
    conflict = told.call(rita, "POST", f"{asked}/{held - 1}/deploy", json={})
    assert conflict.status_code == 409, conflict.text
    told.call(ann, "POST", f"{asked}/{held - 1}/rebase", json={"conflicts": "mine"})


def bring_archives_in(told: Told, server: Server, rita: Caller) -> None:
    """Bring it in by zips: one that waits for review, one of a broken document, one whose document is refused."""
    whole = a_directive("j")["after"]["parameters"]
    good = directive("d-zip", "User", "userManagement", whole, techniqueVersion="8.0")
    bad = directive("d zip", "User", "userManagement", whole, techniqueVersion="8.0")
    for document in (good, json.dumps(good)[:-20], bad, {**good, "parameters": f"{SENTINEL}k"}):
        told.answers.append(send(server, zipped({"directives/user.json": document}), token=rita.token))
    assert [one.status_code == 200 for one in told.answers[-4:]] == [True, False, False, False]


def look_everywhere(told: Told, rita: Caller, numbers: int) -> None:
    """Read what reviewers, auditors and operators read."""
    for number in range(1, numbers + 1):
        for part in ("", "/diff", "/impact", "/impact/nodes/n-1"):
            told.call(rita, "GET", f"/changeRequests/{number}{part}")
        told.call(rita, "GET", f"/changeRequests/{number}", version=21)
    for preview in (a_directive("l"), a_parameter("m", "p-new"), a_parameter("n", "p-1", "modify")):
        told.call(rita, "POST", "/policies/preview", json={"changes": [preview]})
    told.call(rita, "PUT", "/parameters", json={"id": "p-dry", "value": f"{SENTINEL}o", "secret": True},
              headers={"Prefer": "dry-run"})  # fmt: skip
    head = told.call(rita, "GET", "/events?limit=1&kind=parameter").json["data"]["events"][0]["commit"]
    for path in (
        *("changeRequests", "archives/export?directives=all", f"system/archives/full/zip/{head}", "compare?from=seq:0"),
        *("events?limit=1000", "events/export?format=ndjson", "events/export?format=csv", "webhooks/h/deliveries"),
        *("parameters/p-1/history", "parameters/p-1/why?path=/value", "nodes/n-1/policy", "instances/db/history"),
    ):
        told.call(rita, "GET", f"/{path}")


def test_the_sentinel_is_nowhere_on_its_way_through_review_archives_pages_webhooks_and_mails(
    server: Server, target: Target, sink: Sink, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    cast, told = Cast(server), Told()
    ann, rita = (reachable(cast, name) for name in ("ann", "rita"))
    cast.nodes("n-1")
    make_hook(server, target.url)
    mails = follower(server, validation={"to": ["reviewers"]}, deployed={"to": ["author"]})
    instance = {"id": "db", "name": "Db", "nodeId": "n-1", "imageId": "postgresql", "owner": ann.id, "memory": 1}
    variables = {"POSTGRES_PASSWORD": f"{SENTINEL}p"}
    told.call(rita, "PUT", "/instances", json={**instance, "cpu": 0.5, "variables": variables})
    told.call(rita, "PUT", "/instances", json={**instance, "id": "db-2", "cpu": "many", "variables": variables})
    assert [one.status_code for one in told.answers] == [200, 400]
    cast.switch_on()

    ask_for_review(told, ann, rita)
    bring_archives_in(told, server, rita)
    numbers = next(n for n in range(1, 99) if rita.call("GET", f"/changeRequests/{n}").status_code == 404) - 1
    look_everywhere(told, rita, numbers)
    visit = Visit.of(server, rita.id)
    pages = [visit.get(HOME), *(visit.get(f"{HOME}/{number}") for number in range(1, numbers + 1))]
    delivered, followed = deliver(server, Clock()), mails.follow()
    send_mails(server.opened.database, sink.server, now_ms())
    server.opened.notes.flush()
    logged = capfdbinary.readouterr()

    assert numbers >= 7
    assert shown_in(told.answers) == []
    assert {page.status_code for page in pages} == {200}
    assert shown_in(pages) == []
    assert min(delivered, followed, len(target.taken), len(sink.mails)) >= 5
    assert [body for _, body in target.taken if SENTINEL.encode() in body] == []
    assert [mail["Subject"] for mail in sink.mails if SENTINEL in mail.as_string()] == []
    assert SENTINEL.encode() not in logged.err + logged.out
    assert_it_is_kept_encrypted_alone(server)
