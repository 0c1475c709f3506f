"""Percentages of compliance: what counts, how they are rounded, and that they make 100."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.fleet.compliance.statuses import STATUSES, compliance_of, details_of


@pytest.mark.parametrize(
    ("counts", "compliance", "details"),
    [
        ({}, 0, {}),
        ({"successAlreadyOK": 3}, 100, {"successAlreadyOK": 100}),
        ({"successAlreadyOK": 1, "error": 2}, 33.33, {"successAlreadyOK": 33.33, "error": 66.67}),
        ({"auditCompliant": 1, "auditNonCompliant": 1}, 50, {"auditCompliant": 50, "auditNonCompliant": 50}),
        ({"successRepaired": 1, "applying": 3}, 100, {"successRepaired": 25, "applying": 75}),
        ({"applying": 2}, 0, {"applying": 100}),
        (
            {"successAlreadyOK": 99999, "error": 1},
            99.99,
            {"successAlreadyOK": 99.99, "error": 0.01},
        ),
    ],
)
def test_the_share_of_what_is_right_and_of_each_status(
    counts: dict[str, int], compliance: float, details: dict[str, float]
) -> None:
    assert compliance_of(counts, 2) == compliance
    assert details_of(counts, 2) == details


def test_precision_is_the_number_of_digits() -> None:
    counts = {"successAlreadyOK": 1, "noReport": 2}

    assert [compliance_of(counts, digits) for digits in (0, 1, 3)] == [33, 33.3, 33.333]
    assert details_of(counts, 0) == {"successAlreadyOK": 33, "noReport": 67}


@given(st.dictionaries(st.sampled_from(STATUSES), st.integers(1, 1000), min_size=1), st.integers(0, 5))
def test_details_name_what_occurs_in_order_and_make_100(counts: dict[str, int], precision: int) -> None:
    details = details_of(counts, precision)

    assert list(details) == [status for status in STATUSES if status in counts]
    assert round(sum(float(str(share)) for share in details.values()), 6) == 100
