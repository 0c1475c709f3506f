"""Durations in ISO 8601, as `P7D` and `PT10M`, in milliseconds."""

import re

from app.core.errors import InvalidError

_PARTS = re.compile(
    r"P(?=.)(?:(?P<W>[0-9]{1,4})W|(?:(?P<D>[0-9]{1,5})D)?"
    r"(?:T(?=[0-9])(?:(?P<H>[0-9]{1,6})H)?(?:(?P<M>[0-9]{1,7})M)?(?:(?P<S>[0-9]{1,8})S)?)?)"
)
_MS = {"W": 604_800_000, "D": 86_400_000, "H": 3_600_000, "M": 60_000, "S": 1000}
LONGEST_MS = 366 * _MS["D"]


def duration_ms(text: str, field: str, *, longest_ms: int = LONGEST_MS) -> int:
    """Read a duration; months and years are not taken, because their length depends on the day.

    Raises:
        InvalidError: it is none, or nothing, or longer than is allowed; names the field.
    """
    found = _PARTS.fullmatch(text)
    total = 0 if found is None else sum(_MS[unit] * int(count) for unit, count in found.groupdict().items() if count)
    if total == 0:
        fault = f"'{text[:40]}' is not a duration; write it as PT10M, PT12H or P7D"
    elif total > longest_ms:
        fault = f"'{text[:40]}' is longer than {longest_ms // _MS['D']} days; use less"
    else:
        return total
    raise InvalidError(f"{field}: {fault}", fields={field: [fault]})
