"""Packs as git reads them."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.store.git import packs
from app.store.git.deltas import delta
from app.store.git.maintenance import choose_packs
from app.store.git.packs import Pack, PackWriter
from app.store.git.trees import Trees

Git = Callable[..., str]


def apply_delta(old: bytes, change: bytes) -> bytes:
    """Read a delta as gitformat-pack(5) describes it."""
    at, sizes, out = 0, [], b""
    for _ in range(2):
        size = shift = 0
        while True:
            byte = change[at]
            at, size, shift = at + 1, size | (byte & 0x7F) << shift, shift + 7
            if not byte & 0x80:
                break
        sizes.append(size)
    while at < len(change):
        command, at = change[at], at + 1
        if command & 0x80:
            values = [0] * 7
            for bit in range(7):
                if command >> bit & 1:
                    values[bit], at = change[at], at + 1
            offset, size = int.from_bytes(values[:4], "little"), int.from_bytes(values[4:], "little") or 0x10000
            out += old[offset : offset + size]
        else:
            out, at = out + change[at : at + command], at + command
    assert sizes == [len(old), len(out)]
    return out


@given(st.binary(max_size=400), st.binary(max_size=300), st.binary(max_size=400), st.binary(max_size=300))
def test_a_delta_gives_the_new_version_back(start: bytes, middle: bytes, end: bytes, other: bytes) -> None:
    old, new = start + middle + end, start + other + end

    assert apply_delta(old, delta(old, new)) == new


def test_a_delta_copies_more_than_64_kib_in_pieces() -> None:
    old = Random(1).randbytes(200_000)
    new = old[:150_000] + b"x" * 20 + old[150_020:]

    change = delta(old, new)

    assert len(change) < 80
    assert apply_delta(old, change) == new


@pytest.fixture
def bare(git: Git, tmp_path: Path) -> Path:
    git("init", "-q", "--bare", tmp_path / "bare")
    return tmp_path / "bare"


def write_pack(bare: Path, *, changes: int) -> Pack:
    """Write the blobs and trees of documents that change one at a time."""
    trees = Trees(recording=True)
    with PackWriter(bare / "objects" / "pack") as pack:
        for number in range(changes):
            trees.put("rules", f"r-{number % 90}", pack.add("blob", b"content %d\n" % number * (number % 50)).hex())
            trees.root()
            for tree in trees.take_changed():
                pack.add_tree(tree)
        return pack.finish()


def test_git_accepts_a_pack_with_deltas(git: Git, bare: Path) -> None:
    pack = write_pack(bare, changes=400)
    file = bare / "objects" / "pack" / f"{pack.name}.pack"

    assert file.stat().st_size == pack.size
    assert file.stat().st_mode & 0o777 == file.with_suffix(".idx").stat().st_mode & 0o777 == 0o444
    assert "chain length = 50:" in git(f"--git-dir={bare}", "verify-pack", "-v", file.with_suffix(".idx"))
    assert "chain length = 51:" not in git(f"--git-dir={bare}", "verify-pack", "-v", file.with_suffix(".idx"))
    assert git(f"--git-dir={bare}", "index-pack", "--strict", "--verify", file) == ""


def test_our_index_is_the_one_that_git_makes(git: Git, bare: Path, tmp_path: Path) -> None:
    pack = write_pack(bare, changes=60)
    file = bare / "objects" / "pack" / f"{pack.name}.pack"

    git(f"--git-dir={bare}", "index-pack", "-o", tmp_path / "git.idx", file)

    assert (tmp_path / "git.idx").read_bytes() == file.with_suffix(".idx").read_bytes()


def test_an_object_is_written_once(git: Git, bare: Path) -> None:
    with PackWriter(bare / "objects" / "pack") as pack:
        first, second = pack.add("blob", b"same"), pack.add("blob", b"same")
        name = pack.finish().name

    assert first == second
    assert git(f"--git-dir={bare}", "verify-pack", "-v", bare / f"objects/pack/{name}.idx").count(first.hex()) == 1


def test_a_pack_that_is_not_finished_leaves_nothing(bare: Path) -> None:
    with PackWriter(bare / "objects" / "pack") as pack:
        pack.add("blob", b"x")

    assert not list((bare / "objects" / "pack").iterdir())


def test_a_pack_says_when_it_is_full(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packs, "MAX_OBJECTS", 2)
    with PackWriter(bare / "objects" / "pack") as pack:
        pack.add("blob", b"1")
        before = pack.is_full
        pack.add("blob", b"2")

        assert (before, pack.is_full) == (False, True)


@given(st.lists(st.integers(min_value=1, max_value=10**6), max_size=30))
def test_after_a_merge_each_pack_is_twice_as_large_as_the_next(sizes: list[int]) -> None:
    all_packs = [Pack(str(number), size) for number, size in enumerate(sizes)]
    merged = choose_packs(all_packs)

    total = [sum(pack.size for pack in merged)] if merged else []
    after = sorted(total + [pack.size for pack in all_packs if pack not in merged])
    assert all(larger >= 2 * smaller for smaller, larger in pairwise(after))
