"""Git over HTTP with a real git client: whole, shallow and partial clones, with the reader's rights, never a push."""

import json
import os
import subprocess
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.store.accounts import Account, insert_account
from tests.installations import Server, as_account
from tests.live import Live, serving
from tests.plain_documents import commit, copied_tenant, create


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("git")) as server:
        yield server


def git(*arguments: str, cwd: Path | None = None, fails: bool = False) -> str:
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_GLOBAL": os.devnull, "LC_ALL": "C"}
    done = subprocess.run(["git", *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode != 0) is fails, done.stderr
    return done.stderr if fails else done.stdout.strip()


def put_rule(live: Live, rule: str, name: str) -> str:
    body = json.dumps({"id": rule, "displayName": name}).encode()
    headers = {"X-API-Token": live.token, "Content-Type": "application/json"}
    asked = urllib.request.Request(f"{live.url}/api/latest/rules", body, headers, method="PUT")
    with urllib.request.urlopen(asked) as answer:
        assert answer.status == 200
    asked = urllib.request.Request(f"{live.url}/api/latest/rules/{rule}/history", headers=headers)
    with urllib.request.urlopen(asked) as answer:
        return str(json.load(answer)["data"]["history"][0]["commit"])


def url(live: Live, credential: str, tenant: str = "default") -> str:
    return live.url.replace("://", f"://{credential}@") + f"/git/{tenant}.git"


def test_a_clone_has_the_head_of_this_moment_and_a_pull_what_came_since(live: Live, tmp_path: Path) -> None:
    longest = "A" * 200
    first = put_rule(live, longest, "Longest")

    git("clone", "-q", url(live, f"x:{live.token}"), "clone", cwd=tmp_path)
    clone = tmp_path / "clone"
    at_first = git("rev-parse", "HEAD", cwd=clone)
    second = put_rule(live, "r-2", "Second")
    git("pull", "-q", cwd=clone)

    assert at_first == first
    assert git("rev-parse", "HEAD", cwd=clone) == second
    files = [path for path in (clone / "rules").rglob("*.json") if json.loads(path.read_text("utf-8"))["id"] == longest]
    assert [len(path.name) for path in files] == [120 + 1 + 64 + len(".json")]
    assert git("status", "--porcelain", cwd=clone) == ""
    git("fsck", "--full", "--strict", cwd=clone)


def test_shallow_and_partial_clones_work_with_each_way_to_send_a_token(live: Live, tmp_path: Path) -> None:
    put_rule(live, "r-deep", "Deep")
    header = f"http.extraHeader=X-API-Token: {live.token}"

    git("clone", "-q", "--depth", "1", url(live, f"{live.token}:"), "shallow", cwd=tmp_path)
    git("-c", header, "clone", "-q", "--filter=blob:none", "--no-checkout", f"{live.url}/git/default.git", "lazy",
        cwd=tmp_path)  # fmt: skip
    git("-c", "protocol.version=0", "clone", "-q", url(live, f"x:{live.token}"), "old", cwd=tmp_path)
    git("clone", "-q", url(live, live.token), "alone", cwd=tmp_path)

    assert git("rev-list", "--count", "HEAD", cwd=tmp_path / "shallow") == "1"
    lacking = git("rev-list", "--objects", "--missing=print", "HEAD", cwd=tmp_path / "lazy")
    assert "\n?" in lacking
    git("-c", header, "checkout", "-q", "main", cwd=tmp_path / "lazy")
    heads = {git("rev-parse", "HEAD", cwd=tmp_path / name) for name in ("shallow", "lazy", "old", "alone")}
    assert len(heads) == 1
    assert "Deep" in git("grep", "Deep", "HEAD", cwd=tmp_path / "lazy")


def test_nobody_pushes_and_nobody_without_a_token_reads(live: Live, tmp_path: Path) -> None:
    put_rule(live, "r-push", "Push")
    git("clone", "-q", url(live, f"x:{live.token}"), "clone", cwd=tmp_path)
    clone = tmp_path / "clone"
    git("-c", "user.name=x", "-c", "user.email=x@x.invalid", "commit", "-q", "--allow-empty", "-m", "x", cwd=clone)

    pushed = git("push", "origin", "main", cwd=clone, fails=True)
    wrong = git("clone", url(live, "x:wrong"), "none", cwd=tmp_path, fails=True)
    nothing = git("clone", f"{live.url}/git/default.git", "none", cwd=tmp_path, fails=True)
    foreign = git("clone", url(live, f"x:{live.token}", "public"), "none", cwd=tmp_path, fails=True)
    missing = git("clone", url(live, f"x:{live.token}", "no-such"), "none", cwd=tmp_path, fails=True)

    assert "This repository is read-only: it is a replay of the log; change it through the API" in pushed
    assert "Authentication failed" in wrong
    assert "could not read Username" in nothing
    assert "There is no repository 'public.git' that this token may read" in foreign
    assert "There is no repository 'no-such.git' that this token may read" in missing


# What needs no socket


def basic(token: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'x:{token}'.encode()).decode()}"}


def refs(server: Server, tenant: str, token: str) -> Any:
    path = f"/git/{tenant}.git/info/refs?service=git-upload-pack"
    return server.client.get(path, headers={**basic(token), "Git-Protocol": "version=2"})


def test_only_who_may_read_every_kind_reads_the_repository(server: Server) -> None:
    commit(server.opened, create("r-1"))
    readers = {
        "reader": {"authorization": "ro"},
        "lister": {"authorization": "acl", "acl": [{"path": "rules", "actions": ["get"]}]},
        "cloner": {"authorization": "acl", "acl": [{"path": "git/**", "actions": ["get", "post"]}]},
        "nobody": {"authorization": "none"},
    }
    tokens = {name: server.account(name, **fields) for name, fields in readers.items()}

    answers = {name: refs(server, "default", token) for name, token in tokens.items()}

    assert {name: answer.status_code for name, answer in answers.items()} == {
        "reader": 200, "lister": 403, "cloner": 200, "nobody": 403,
    }  # fmt: skip
    assert answers["reader"].content_type == "application/x-git-upload-pack-advertisement"
    assert answers["reader"].get_data().startswith(b"000eversion 2\n")
    assert answers["lister"].get_data(as_text=True).startswith("Authorization error: User 'lister' is not allowed")


def test_another_tenant_reads_its_own_repository_only(server: Server) -> None:
    copied_tenant(server.opened, "other", [create("r-7")])
    token = server.account("there", tenant="other")

    own, foreign, unknown = (refs(server, tenant, token) for tenant in ("other", "default", "none"))

    assert own.status_code == 200
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert foreign.get_data(as_text=True) == unknown.get_data(as_text=True).replace("'none.git'", "'default.git'")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/git/default.git/info/refs", 403),
        ("GET", "/git/default.git/HEAD", 404),
        ("GET", "/git/..%2fdefault.git/info/refs?service=git-upload-pack", 404),
        ("GET", "/git/default.git/objects/info/packs", 404),
        ("GET", "/git/default.git/git-upload-pack", 405),
        ("POST", "/git/default.git/git-receive-pack", 403),
    ],
)
def test_everything_else_of_a_repository_stays_closed(server: Server, method: str, path: str, status: int) -> None:
    answer = server.client.open(path, method=method, headers=basic(server.token))

    assert answer.status_code == status


def test_a_request_that_is_no_git_request_is_refused(server: Server) -> None:
    commit(server.opened, create("r-1"))
    path, own = "/git/default.git/git-upload-pack", basic(server.token)

    no_gzip = server.client.post(path, data=b"no gzip", headers={**own, "Content-Encoding": "gzip"})
    broken = server.client.get("/git/default.git/info/refs", headers={"Authorization": "Basic %%%"})

    assert (no_gzip.status_code, no_gzip.get_data(as_text=True)) == (400, "The body says that it is gzip and is not\n")
    assert broken.status_code == 401
    assert broken.headers["WWW-Authenticate"].startswith("Basic realm=")


def test_a_mailmap_gives_names_to_the_handles_in_commits(server: Server, tmp_path: Path) -> None:
    with server.opened.database.writing("default") as connection:
        insert_account(connection, Account(tenant="default", id="robot", name="Night <job>\n robot", created=0))
    commit(server.opened, create("r-1"), ctx=as_account("robot"))
    server.opened.git_writer.catch_up("default")
    repository = server.opened.git_writer.path("default")

    answer = server.client.get("/git/default.mailmap", headers=basic(server.token))
    (tmp_path / "mailmap").write_bytes(answer.get_data())
    log = git("-c", f"mailmap.file={tmp_path / 'mailmap'}", f"--git-dir={repository}", "log", "-1", "--format=%aN %aE")

    assert "Sternpost <sternpost@default.invalid>\n" in answer.get_data(as_text=True)
    assert log == "Night job robot robot@default.invalid"
    assert server.client.get("/git/other.mailmap", headers=basic(server.token)).status_code == 404
