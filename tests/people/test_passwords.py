"""Which passwords are taken, and that the hash is compared whoever asks."""

import pytest

from app.core.errors import InvalidError
from app.people.passwords import check_hash, check_password, hash_password, verify_password


@pytest.mark.parametrize(
    "password", ["correct horse battery", "pässwörter sind länger", "0aB!9xY$2k", "🐎🔋 staple it up"]
)
def test_a_password_that_is_hard_to_guess_is_taken(password: str) -> None:
    assert check_password(password, "bob", "Bob Builder", "bob@example.com")


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("short", "must have at least 10 characters"),
        ("x" * 50, "must have at least 5 different characters"),
        ("a b c d e f" * 20, "must have at most 200 characters"),
        ("password1!", "must not be a common one"),
        ("1234567890", "must not be a common one"),
        ("bob@example.com", "must not be made of the person's name or address"),
        ("BobBuilder12", "must not be made of the person's name or address"),
        ("tab\tin a password", "must not hold control characters"),
    ],
)
def test_a_password_that_is_easy_to_guess_is_refused_with_the_reason(password: str, fault: str) -> None:
    with pytest.raises(InvalidError, match=fault) as refusal:
        check_password(password, "bobbuilder", None, "bob@example.com")

    assert f"The password {fault}" in refusal.value.fields["password"]
    assert password not in refusal.value.message


def test_every_reason_is_said_at_once() -> None:
    with pytest.raises(InvalidError) as refusal:
        check_password("aaa")

    assert len(refusal.value.fields["password"]) == 2


def test_a_hash_opens_with_its_password_only() -> None:
    hashed = hash_password("correct horse battery")

    assert hashed.startswith("$argon2id$")
    assert verify_password(hashed, "correct horse battery")
    assert not verify_password(hashed, "correct horse batterz")
    assert not verify_password(None, "nobody has this password")


def test_compositions_of_one_letter_are_the_same_password() -> None:
    assert verify_password(hash_password("zwölf Boxkämpfer"), "zwo\u0308lf Boxka\u0308mpfer")


@pytest.mark.parametrize(
    "hashed",
    ["", "secret", "$2b$12$abcdefghijklmnopqrstuv", "$argon2id$v=19$m=4194304,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2g"],
)
def test_a_hash_of_another_kind_or_cost_is_refused(hashed: str) -> None:
    with pytest.raises(InvalidError, match="argon2id"):
        check_hash(hashed)
