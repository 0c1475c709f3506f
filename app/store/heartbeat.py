"""The background worker's sign of life: a file that it touches again and again."""

import time
from pathlib import Path


def beat(data_dir: Path) -> None:
    """Say that the worker of this data directory is at work."""
    _file(data_dir).touch()


def seconds_since_beat(data_dir: Path) -> float | None:
    """Say how long ago the worker was last at work; None when none ever was."""
    try:
        return max(0.0, time.time() - _file(data_dir).stat().st_mtime)
    except FileNotFoundError:
        return None


def _file(data_dir: Path) -> Path:
    return data_dir / "run" / "worker-beat"
