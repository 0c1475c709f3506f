"""What this server is: program, machine, and what it looks after."""

import platform
from importlib.metadata import version
from pathlib import Path

from app.changes.work import Work
from app.core.canonical import Document
from app.core.clock import rfc3339

PROGRAM = "sternpost"
_HERE = Path(__file__)


def describe(work: Work) -> Document:
    """Describe the server in Rudder's members; there is no JVM, so the Python that runs us stands in its place."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return {
        "rudder": {
            "version": version(PROGRAM),
            "buildTime": rfc3339(int(_HERE.stat().st_mtime * 1000)),
            "instanceId": _instance(work.data_dir),
            "relays": [],
        },
        "system": {
            "os": {"name": platform.system(), "version": platform.release()},
            "jvm": {"version": python, "cmd": PROGRAM},
        },
        # No node is held yet.
        "nodes": {"total": 0, "audit": 0, "enforce": 0, "mixed": 0, "enabled": 0, "disabled": 0},
        "plugins": [],
    }


def _instance(data_dir: Path) -> str:
    try:
        return (data_dir / "instance-id").read_text("utf-8").strip()
    except FileNotFoundError:
        return ""
