"""Statuses of components, and what they come to in percent."""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Final

from app.core.canonical import JSON, Document

STATUSES: Final = (
    "successAlreadyOK",
    "successRepaired",
    "successNotApplicable",
    "auditCompliant",
    "auditNonCompliant",
    "auditNotApplicable",
    "auditError",
    "error",
    "applying",
    "noReport",
    "reportsDisabled",
    "unexpectedUnknownComponent",
    "unexpectedMissingComponent",
    "badPolicyMode",
)
"""Every status, in the order in which details are shown (conventions, section 10)."""
REPORTED: Final = STATUSES[:8]
"""What an agent says of a component; the others are ours."""
AUDITED: Final = ("auditCompliant", "auditNonCompliant", "auditNotApplicable", "auditError")
GOOD: Final = (
    "successAlreadyOK",
    "successRepaired",
    "successNotApplicable",
    "auditCompliant",
    "auditNotApplicable",
)
APPLYING: Final = "applying"
MOST_DIGITS: Final = 5

Counts = Counter[str]


def count(statuses: Iterable[str]) -> Counts:
    """Count components by status."""
    return Counter(statuses)


def compliance_of(counts: Mapping[str, int], precision: int) -> float | int:
    """Give the share of components that are as they must be, among those that are not just being applied.

    Where nothing is demanded it is 0, and the details are empty.
    """
    return _compliance(tuple(counts.items()), precision)


def details_of(counts: Mapping[str, int], precision: int) -> Document:
    """Give the share of each status that occurs; the largest takes what rounding leaves over, so that all make 100."""
    return dict(_details(tuple(counts.items()), precision))


# Most nodes of a fleet come to the same few counts, and shares are what takes the time.
@lru_cache(maxsize=4096)
def _compliance(counted: tuple[tuple[str, int], ...], precision: int) -> float | int:
    counts = dict(counted)
    demanded = sum(number for status, number in counts.items() if status != APPLYING)
    good = sum(counts.get(status, 0) for status in GOOD)
    if not demanded:
        return 0
    least = Decimal(1).scaleb(-precision)
    share = _percent(good, demanded, precision)
    # Not quite everything is never shown as everything.
    return _number(share if good == demanded else min(share, 100 - least))


@lru_cache(maxsize=4096)
def _details(counted: tuple[tuple[str, int], ...], precision: int) -> tuple[tuple[str, float | int], ...]:
    counts = dict(counted)
    total = sum(counts.values())
    shares = {status: _percent(counts[status], total, precision) for status in STATUSES if counts.get(status)}
    if not shares:
        return ()
    # A status that occurs is never shown as nothing.
    least = Decimal(1).scaleb(-precision)
    shares = {status: max(share, least) for status, share in shares.items()}
    largest = max(shares, key=lambda status: shares[status])
    shares[largest] += 100 - sum(shares.values())
    return tuple((status, _number(share)) for status, share in shares.items())


def summary(counts: Mapping[str, int], precision: int) -> Document:
    """Give the two members that every level shows."""
    details: JSON = details_of(counts, precision)
    return {"compliance": compliance_of(counts, precision), "complianceDetails": details}


def _percent(part: int, whole: int, precision: int) -> Decimal:
    return (Decimal(100) * part / whole).quantize(Decimal(1).scaleb(-precision), rounding=ROUND_HALF_UP)


def _number(share: Decimal) -> float | int:
    """Write a whole share without a fraction."""
    return int(share) if share == share.to_integral_value() else float(share)
