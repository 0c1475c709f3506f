"""A secret that is put in by every way in is afterwards nowhere: database, git, exports, logs, answers."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.commands.documents import import_into
from app.core.errors import SternpostError
from app.store.tables import Base
from tests.installations import Server, as_account
from tests.resources.test_secrets import new_user, users

SENTINEL = "Sentinel-7f3a-Never-Shown"
JSON_IN = {"Content-Type": "application/json"}


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
        new_user(server, "d-1", f"{SENTINEL}d"),
        server.post("/api/24/directives/d-1", json={"parameters": users(f"{SENTINEL}e")}),
        server.post("/api/24/directives/d-1/check", json={"parameters": users(f"{SENTINEL}f")}),
        server.put("/api/25/directives", json={"id": "d-2", "displayName": "x", "techniqueName": "none",
                                               "parameters": users(f"{SENTINEL}g")}),
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
    head = server.opened.git_writer.catch_up("default")
    repository = server.opened.git_writer.path("default")
    logged = capfdbinary.readouterr()

    assert [answer.status_code for answer in sent[:5]] == [200] * 5
    assert {answer.status_code for answer in shown} <= {200, 404}
    assert [one.request.path for one in (*sent, *shown) if SENTINEL in one.get_data(as_text=True)] == []
    assert SENTINEL.encode() not in logged.err + logged.out
    with server.opened.database.everywhere("test") as connection:
        rows = [str(tuple(row)) for table in Base.metadata.sorted_tables for row in connection.execute(select(table))]
    assert len(rows) > 50
    assert [row for row in rows if SENTINEL in row] == []
    assert any('"$secret"' in row for row in rows)
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
