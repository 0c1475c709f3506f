"""Ids and the paths of documents in git."""

import re
import uuid
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import InvalidError
from app.core.ids import check_id, document_path, file_name, new_id, shard

ids = st.from_regex(r"[A-Za-z0-9_:@{}-][A-Za-z0-9._:@{}-]{0,199}", fullmatch=True)


@given(ids)
def test_an_allowed_id_is_returned(document_id: str) -> None:
    assert check_id(document_id, what="rule") == document_id


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", "Rule id '' is empty; give 1 to 200 characters"),
        ("x" * 201, f"Rule id '{'x' * 60}...' is 201 characters long; shorten it to 200"),
        ("a b", "Rule id 'a b' contains a space; write '-' or '_' instead"),
        ("a/b", "Rule id 'a/b' contains a slash (/); an id is no path, write '-' or '_' instead"),
        ("a\\b", "Rule id 'a\\\\b' contains a slash (\\); an id is no path, write '-' or '_' instead"),
        ("..", "Rule id '..' is a step in a path, not a name; choose another id"),
        (".git", "Rule id '.git' starts with a dot; start it with a letter or a digit"),
        ("a\0", "Rule id 'a\\x00' contains the unprintable character \\x00; take it out"),
        ("a\n", "Rule id 'a\\n' contains the unprintable character \\n; take it out"),
        ("a\ud800", "Rule id 'a\\ud800' contains the unprintable character \\ud800; take it out"),
        (
            "r+7",
            "Rule id 'r+7' contains '+', which starts a revision and is no part of an id; leave it and the rest out",
        ),
        ("é", "Rule id 'é' contains 'é'; use only letters A-Z and a-z, digits and . _ : @ { } -"),
        ("a%2f", "Rule id 'a%2f' contains '%'; use only letters A-Z and a-z, digits and . _ : @ { } -"),
    ],
)
def test_a_refused_id_is_shown_with_its_remedy(value: str, message: str) -> None:
    with pytest.raises(InvalidError) as caught:
        check_id(value, what="rule")

    assert caught.value.message == message


def test_new_ids_are_uuids_that_differ_and_are_allowed() -> None:
    first, second = new_id(), new_id()

    assert str(uuid.UUID(first)) == check_id(first, what="rule") != second


@pytest.mark.parametrize(
    ("document_id", "path"),
    [
        ("r-1", "rules/a5/r-1.json"),
        ("Web:1.0@{x}", "rules/3a/%57eb%3A1.0%40%7Bx%7D.json"),
        ("a" * 200, f"rules/c2/{'a' * 200}.json"),
        (
            "A" * 200,
            f"rules/70/{'%41' * 40}~70d3bf8b0b9d83a61012f35fbf460c4207063fe31b4d6178390fe3b721cc03f7.json",
        ),
    ],
)
def test_paths_are_frozen(document_id: str, path: str) -> None:
    assert document_path("rules", document_id) == path


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=300) | ids, min_size=2, max_size=8, unique=True))
def test_two_ids_never_share_a_path_even_where_case_is_ignored(several: list[str]) -> None:
    assert len({document_path("rules", each).casefold() for each in several}) == len(several)


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=300) | ids)
def test_a_path_never_leaves_its_folder(document_id: str) -> None:
    assert re.fullmatch(r"rules/[0-9a-f]{2}/[a-zA-F0-9%._~-]+\.json", document_path("rules", document_id))


@given(st.text(st.characters(codec="utf-8"), max_size=300) | ids)
def test_a_file_name_fits_every_file_system(document_id: str) -> None:
    assert len(file_name(document_id).encode()) <= 255


@given(ids)
def test_the_shard_is_the_start_of_the_ids_hash(document_id: str) -> None:
    assert shard(document_id) == sha256(document_id.encode()).hexdigest()[:2]
