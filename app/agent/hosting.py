"""Instances that this machine still runs and its policy no longer names: they are removed."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from app.agent.tasks import Task

TECHNIQUE, VERSION = "instanceHosting", "1.0"


def removals(bundle: Mapping[str, Any], root: Path) -> Iterator[Task]:
    """List what is to be removed; a bundle that does not speak of hosting (the node is unmanaged) removes nothing."""
    hosting = bundle.get("hosting")
    if not isinstance(hosting, dict) or not root.is_dir():
        return
    for folder in sorted(root.iterdir()):
        if folder.name in hosting["instances"]:
            continue
        yield Task(
            directive="instances",
            rules=[],
            technique=TECHNIQUE,
            version=VERSION,
            mode=str(hosting["mode"]),
            component="Removal",
            value=folder.name,
            values={"INSTANCE_ID": folder.name, "INSTANCE_STATE": "absent", "INSTANCE_RUNTIME": _runtime(folder)},
            has_secrets=False,
        )


def _runtime(folder: Path) -> str:
    """Read how it was started; what never was has nothing to stop."""
    try:
        return str(json.loads((folder / "started.json").read_text("utf-8"))["runtime"])
    except (OSError, ValueError, KeyError):
        return "process"
