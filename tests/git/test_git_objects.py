"""Names of objects and the in-memory tree, against literal values and against git itself."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.canonical import pretty
from app.core.ids import document_path
from app.store.format1 import FOLDERS, commit_bytes
from app.store.git.command import clean_environment, run_git
from app.store.git.objects import EMPTY_TREE, TreeEntry, blob_sha, commit_sha, decode_tree, tree_entry, tree_sha
from app.store.git.trees import Trees
from app.store.log import Event
from tests.git.memory_log import ACTOR

BLOB = pretty({"id": "r-1", "displayName": "web", "enabled": True, "tags": []})
SHAS = st.integers(min_value=1, max_value=2**160 - 1).map(lambda number: f"{number:040x}")
PUTS = st.tuples(
    st.sampled_from(sorted(FOLDERS.values())),
    st.one_of(st.sampled_from(["a", "a.b", "A", "a-b", "aa", "é x"]), st.text(min_size=1, max_size=6)),
    st.one_of(st.none(), SHAS),
)


def plain_root(files: dict[tuple[str, str], str]) -> str:
    """Compute a root the slow way: build nested mappings, encode bottom up."""
    nested: dict[str, dict[str, dict[str, str]]] = {}
    for (folder, document_id), sha in files.items():
        _, shard, name = document_path(folder, document_id).split("/")
        nested.setdefault(folder, {}).setdefault(shard, {})[name] = sha
    folders = {
        folder: encoded_sha(b"40000", {shard: encoded_sha(b"100644", names) for shard, names in shards.items()})
        for folder, shards in nested.items()
    }
    return encoded_sha(b"40000", folders)


def encoded_sha(mode: bytes, entries: dict[str, str]) -> str:
    def order(item: tuple[str, str]) -> bytes:
        return (item[0] + "/").encode() if mode == b"40000" else item[0].encode()

    return tree_sha(
        b"".join(tree_entry(mode, name, bytes.fromhex(sha)) for name, sha in sorted(entries.items(), key=order))
    )


def test_a_blob_has_the_name_that_git_gives_it(git: Callable[..., str]) -> None:
    assert blob_sha(BLOB) == "f266d6abe76d188b7b690225ba312d99c585ca20"
    assert git("hash-object", "--stdin", stdin=BLOB) == "f266d6abe76d188b7b690225ba312d99c585ca20"


def test_an_empty_tree_has_the_name_that_git_gives_it() -> None:
    assert Trees().root() == tree_sha(b"") == EMPTY_TREE


def test_a_commit_has_the_name_that_git_gives_it(git: Callable[..., str], tmp_path: Path) -> None:
    trees = Trees.load([("rules", "r-1", blob_sha(BLOB))])
    event = Event(
        tenant="default",
        seq=2,
        time=1_767_312_000_999,
        type="RuleAdded",
        actor=ACTOR,
        object_kind="rule",
        object_id="r-1",
        reason="Because\nEvent: 99",
    )
    content = commit_bytes([event], tree=trees.root(), parent=None)
    message = "Add rule r-1\n\n  Because\n  Event: 99\n\nEvent: 2\n"

    git("init", "--bare", tmp_path)
    git(f"--git-dir={tmp_path}", "hash-object", "-w", "--stdin", stdin=BLOB)
    path = document_path("rules", "r-1")
    git(f"--git-dir={tmp_path}", "update-index", "--add", "--cacheinfo", f"100644,{blob_sha(BLOB)},{path}")
    tree = git(f"--git-dir={tmp_path}", "write-tree")
    who = {"NAME": ACTOR.handle, "EMAIL": f"{ACTOR.id}@default.invalid", "DATE": "1767312000 +0000"}
    env = {f"GIT_{role}_{name}": value for role in ("AUTHOR", "COMMITTER") for name, value in who.items()}
    commit = git(f"--git-dir={tmp_path}", "commit-tree", tree, stdin=message.encode(), env=env)

    assert (tree, commit) == ("8986283c3b9e77336b886ad20d2222c9912bcc9e", "a30bd82792c95101524160f6634c41adf43f4f1b")
    assert (trees.root(), commit_sha(content)) == (
        "8986283c3b9e77336b886ad20d2222c9912bcc9e",
        "a30bd82792c95101524160f6634c41adf43f4f1b",
    )


def test_a_tree_reads_back_as_it_was_encoded() -> None:
    content = tree_entry(b"40000", "a", b"\0" * 20) + tree_entry(b"100644", "b é", b"\x01" * 20)

    assert list(decode_tree(content)) == [TreeEntry("40000", "a", "00" * 20), TreeEntry("100644", "b é", "01" * 20)]


@given(st.lists(st.lists(PUTS, max_size=5), max_size=12))
def test_the_root_after_any_changes_is_that_of_the_files_that_remain(
    batches: list[list[tuple[str, str, str | None]]],
) -> None:
    trees, files = Trees(), {}
    for batch in batches:
        for folder, document_id, sha in batch:
            trees.put(folder, document_id, sha)
            files[folder, document_id] = sha
        remaining = {key: sha for key, sha in files.items() if sha}

        assert trees.root() == plain_root(remaining)
        assert trees.files == len(remaining)
        assert trees.root() == Trees.load((*key, sha) for key, sha in remaining.items()).root()


@given(st.lists(PUTS, max_size=8), st.lists(PUTS, max_size=8), st.lists(PUTS, max_size=8), st.booleans())
def test_a_rollback_gives_the_tree_at_the_mark(
    before: list[tuple[str, str, str | None]],
    kept: list[tuple[str, str, str | None]],
    undone: list[tuple[str, str, str | None]],
    hashed: bool,  # noqa: FBT001 - drawn by hypothesis
) -> None:
    trees = Trees()
    for put in before:
        trees.put(*put)
    start = trees.root()
    outer = trees.mark()
    for put in kept:
        trees.put(*put)
    middle = trees.root()
    inner = trees.mark()
    for put in undone:
        trees.put(*put)
    if hashed:
        trees.root()

    trees.rollback(inner)
    assert trees.root() == middle
    passing = trees.mark()
    for put in undone:
        trees.put(*put)
    trees.forget(passing)
    trees.rollback(outer)
    assert trees.root() == start


@settings(max_examples=10, deadline=None)
@given(st.lists(PUTS, min_size=1, max_size=30))
def test_git_builds_the_same_tree_from_the_same_files(
    tmp_path_factory: pytest.TempPathFactory, puts: list[tuple[str, str, str | None]]
) -> None:
    path = tmp_path_factory.mktemp("tree")
    subprocess.run(["git", "init", "-q", "--bare", path], check=True, env=clean_environment())
    trees = Trees()
    files: dict[str, str] = {}
    for folder, document_id, sha in puts:
        trees.put(folder, document_id, sha)
        files.pop(document_path(folder, document_id), None)
        if sha:
            files[document_path(folder, document_id)] = sha
    index = "".join(f"100644 {sha}\t{name}\0" for name, sha in files.items())
    run_git(path, "update-index", "-z", "--index-info", stdin=index.encode())

    assert trees.root() == run_git(path, "write-tree", "--missing-ok").decode().strip()


def test_changed_trees_name_the_tree_that_they_replace() -> None:
    trees = Trees(recording=True)
    trees.put("rules", "r-1", "1" * 40)
    trees.root()
    first = trees.take_changed()
    trees.put("rules", "r-1", "2" * 40)
    trees.root()

    assert [tree.replaces for tree in first] == [None, None, None]
    assert [tree.replaces for tree in trees.take_changed()] == [tree.sha for tree in first]
    assert trees.take_changed() == []
