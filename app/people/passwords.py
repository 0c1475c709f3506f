"""Passwords: which are taken, and how they are kept (argon2id) and compared."""

import unicodedata
from functools import cache
from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher, Type, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

from app.core.errors import InvalidError

SHORTEST: Final = 10
LONGEST: Final = 200
FEWEST_DIFFERENT: Final = 5
COMMON: Final = (
    *("password", "passwort", "motdepasse", "letmein", "welcome", "changeme", "iloveyou", "administrator", "sternpost"),
    *("qwertyuiop", "qwertzuiop", "azertyuiop", "1q2w3e4r5t", "1qaz2wsx3edc", "abcdefghij", "0123456789", "1234567890"),
    *("9876543210", "trustno1", "superman", "football", "baseball", "rudder"),
)
"""Words that guessing starts with; a password that is one of them and little else is refused."""
_LITTLE_ELSE: Final = 4
MOST_ROUNDS: Final = 10
MOST_KIB: Final = 131_072

# Each verification takes memory and a core for some time: a flood of logins must not take all of the machine.
_AT_ONCE = BoundedSemaphore(4)
# What OWASP recommends (2 rounds, 19 MiB, 1 lane). The library's own choice takes 6 x as much of a processor: 0.25 s of
# it, more than all else that a registration does, which has one second (contract/tenancy.md, section 5.2).
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def check_password(password: str, *about: str | None, field: str = "password") -> str:
    """Return the password in the form that is hashed; `about` are texts that it must not consist of.

    Raises:
        InvalidError: it is too easy to guess; every reason is said at once, the password is not.
    """
    text = unicodedata.normalize("NFKC", password)
    faults = list(_faults(text, [word for word in about if word]))
    if faults:
        said = f"The password {' and '.join(faults)}; a sentence of several words is easy to remember and hard to guess"
        raise InvalidError(said, fields={field: [f"The password {fault}" for fault in faults]})
    return text


def hash_password(password: str) -> str:
    """Hash a password with a salt of its own."""
    with _AT_ONCE:
        return _HASHER.hash(unicodedata.normalize("NFKC", password))


def check_hash(hashed: str, *, field: str = "password") -> str:
    """Return a hash that was made elsewhere, if it is one of ours and costs no more than a login may.

    Raises:
        InvalidError: it is another kind of hash.
    """
    try:
        made = extract_parameters(hashed)
    except InvalidHashError:
        made = None
    if made is None or made.type is not Type.ID or made.time_cost > MOST_ROUNDS or made.memory_cost > MOST_KIB:
        text = "A password that is hashed already must be an argon2id hash of modest cost; else send it in clear"
        raise InvalidError(text, fields={field: [text]})
    return hashed


def verify_password(hashed: str | None, password: str) -> bool:
    """Compare a password with its hash; without a hash as much time is spent, and the answer is no."""
    given = unicodedata.normalize("NFKC", password)[: LONGEST + 1]
    with _AT_ONCE:
        try:
            _HASHER.verify(hashed or _nobodys_hash(), given)
        except (VerificationError, InvalidHashError):
            return False
    return hashed is not None


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash("nobody has this password")


def _faults(text: str, about: list[str]) -> list[str]:
    folded = text.casefold()
    faults = []
    if len(text) < SHORTEST:
        faults.append(f"must have at least {SHORTEST} characters")
    if len(text) > LONGEST:
        faults.append(f"must have at most {LONGEST} characters")
    if any(unicodedata.category(character) == "Cc" for character in text):
        faults.append("must not hold control characters")
    if text and len(set(folded)) < FEWEST_DIFFERENT:
        faults.append(f"must have at least {FEWEST_DIFFERENT} different characters")
    if any(_is_mostly(folded, word) for word in COMMON):
        faults.append("must not be a common one")
    if any(_is_mostly(folded, word.casefold()) for whole in about for word in (whole, whole.partition("@")[0])):
        faults.append("must not be made of the person's name or address")
    return faults


def _is_mostly(folded: str, word: str) -> bool:
    return bool(word) and word in folded and len(folded) - len(word) <= _LITTLE_ELSE
