"""What several tests of the git writer do."""

from pathlib import Path

from app.store.git.writer import GitWriter
from tests.git.memory_log import MemoryLog


def heal(history: MemoryLog, git_dir: Path) -> str | None:
    return GitWriter(history, git_dir).catch_up("default")


def pack_files(repository: Path) -> list[Path]:
    return sorted((repository / "objects" / "pack").glob("*.pack"))
