"""What this server is: program, machine, and what it looks after."""

import platform
from importlib.metadata import version
from pathlib import Path

from app.changes.settings import setting
from app.changes.work import Work
from app.core.canonical import Document
from app.core.clock import rfc3339
from app.store.documents import find_document
from app.store.nodes import ROOT, count_nodes, list_policy_servers

PROGRAM = "sternpost"
MODE = "global_policy_mode"
_HERE = Path(__file__)


def describe(work: Work) -> Document:
    """Describe the server in Rudder's members; there is no JVM, so the Python that runs us stands in its place."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return {
        "rudder": {
            "version": version(PROGRAM),
            "buildTime": rfc3339(int(_HERE.stat().st_mtime * 1000)),
            "instanceId": _instance(work.data_dir),
            "relays": [node for node in list_policy_servers(work.session) if node != ROOT],
        },
        "system": {
            "os": {"name": platform.system(), "version": platform.release()},
            "jvm": {"version": python, "cmd": PROGRAM},
        },
        "nodes": _nodes(work),
        "plugins": [],
    }


def _nodes(work: Work) -> Document:
    """Count the accepted nodes but for policy servers, by the mode that holds for each and whether it is ignored."""
    counted = count_nodes(work.session)
    usual = setting(MODE, find_document(work.session, "setting", MODE))
    total = sum(counted.values())
    audit = sum(count for (mode, _), count in counted.items() if (usual if mode == "default" else mode) == "audit")
    ignored = sum(count for (_, state), count in counted.items() if state == "ignored")
    modes: Document = {"total": total, "audit": audit, "enforce": total - audit, "mixed": 0}
    return {**modes, "enabled": total - ignored, "disabled": ignored}


def _instance(data_dir: Path) -> str:
    try:
        return (data_dir / "instance-id").read_text("utf-8").strip()
    except FileNotFoundError:
        return ""
