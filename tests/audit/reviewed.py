"""Changes as a change request deploys them, before there is a request: written by the Recorder with its trail."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from app.changes.recording import Recorder
from app.store.log import ReviewTrail


def trail(number: int, author: str, *approved_by: str) -> ReviewTrail:
    return ReviewTrail(number, f"{number:064x}", author, f"u-{author}", approved_by)


@contextmanager
def deployed_by(one: ReviewTrail | None) -> Iterator[None]:
    """Give every change set that is recorded meanwhile this trail."""
    record = Recorder.record

    def with_trail(self: Recorder, *given: Any, **more: Any) -> Any:
        return record(self, *given, **{**more, "trail": one})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Recorder, "record", with_trail)
        yield
