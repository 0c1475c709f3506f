"""The bar that shows how far a large change set is, where standard error is a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager

from tqdm import tqdm

from app.changes.watching import Progress, Step


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Show each step with its own count: judging, checking, recording, writing."""
    with tqdm(unit=" documents", leave=False, disable=None) as bar:
        shown: list[Step] = []

        def progress(step: Step, done: int, total: int) -> None:
            if bar.disable:
                return
            if shown[-1:] != [step]:
                shown.append(step)
                bar.reset(total)
                bar.set_description(step.capitalize())
            bar.total = total
            bar.update(done - bar.n)

        yield progress
