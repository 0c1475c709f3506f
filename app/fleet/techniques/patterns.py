"""Regular expressions that come from users, run by RE2: its time grows with the length of the text, no faster."""

from functools import lru_cache

import re2  # type: ignore[import-untyped]  # no types are published; wrapped here alone

MAX_REGEX_LENGTH = 1000
# RE2 is linear in (size of the program x length of the text); both are bounded, so one check stays far below a second.
MAX_PROGRAM_BYTES = 1 << 17
MAX_MATCHED_LENGTH = 8192


def find_pattern_fault(regex: str) -> str | None:
    """Say why a regular expression cannot be used, or None when it can."""
    if len(regex) > MAX_REGEX_LENGTH:
        return f"is {len(regex)} characters long; the longest allowed is {MAX_REGEX_LENGTH}"
    try:
        _compiled(regex)
    except re2.error as error:
        reason = error.args[0] if error.args else "unreadable"
        text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        if "too large" in text:
            return "is too large a regular expression; repeat less in it"
        return f"is not a regular expression of RE2 ({text}); look-around and back references are not supported"
    return None


def matches(regex: str, text: str) -> bool:
    """Tell whether the whole text matches; the regular expression was accepted by `find_pattern_fault`."""
    return _compiled(regex).fullmatch(text) is not None


@lru_cache(maxsize=512)
def _compiled(regex: str) -> re2._Regexp:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MAX_PROGRAM_BYTES
    return re2.compile(regex, options)
