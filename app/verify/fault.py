"""The one way in which a check says what it found."""

LOST = "restore the last good backup (`sternpost restore FILE`) and compare"


class Fault(Exception):  # noqa: N818  the design's word; it is a finding, not a failure of the program
    """The first thing that differs: a sentence that names it and the remedy."""


def rebuild(tenant: str) -> str:
    """Name the remedy for a repository that is not what the log gives."""
    return f"run `sternpost git rebuild --tenant {tenant}`"
