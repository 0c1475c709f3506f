import pytest

from app.fleet.techniques.patterns import MAX_MATCHED_LENGTH, find_pattern_fault, matches
from app.fleet.techniques.types import find_size_bytes

# Each takes longer than the age of the universe with a backtracking engine; the suite's timeout is the judge.
BOMBS = ["(a+)+", "(a|aa)+", "(a|a?)+", "(.*a){20}", "([a-zA-Z]+)*", "a*a*a*a*a*a*a*a*"]


@pytest.mark.parametrize("regex", BOMBS)
def test_a_regular_expression_cannot_hang_the_server(regex: str) -> None:
    assert find_pattern_fault(regex) is None
    assert not matches(regex, "a" * (MAX_MATCHED_LENGTH - 1) + "!")


def test_a_regular_expression_must_match_the_whole_text() -> None:
    assert matches("a|b+", "bb")
    assert not matches("a", "ab")
    assert not matches("^a$", "a\n")


def test_a_regular_expression_counts_characters_not_bytes() -> None:
    assert matches(".", "é")


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [("0", 0), ("512", 512), ("512b", 512), ("64k", 64_000), ("64 kB", 64_000), ("2GiB", 2 << 30), ("1Ti", 1 << 40)],
)
def test_a_size_is_read_in_bytes(text: str, size_bytes: int) -> None:
    assert find_size_bytes(text) == size_bytes


@pytest.mark.parametrize("text", ["", "k", "-1", "1.5G", "1x", "1iB", " 1"])
def test_what_is_no_size_is_not_read(text: str) -> None:
    assert find_size_bytes(text) is None
