"""The command `sternpost-agent`."""

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from app.agent.faults import AgentError, ConfigurationError
from app.agent.playbook import INSTANCES, Place
from app.agent.running import Agent
from app.agent.server import Server
from app.agent.settings import DEFAULT_FILE, DEFAULT_STATE, read_settings
from app.agent.state import State

_BAD = ("error", "auditError", "auditNonCompliant")
NOT_COMPLIANT = 10
"""The exit code of one run after which something is not as the policy says."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the agent; gives the exit code."""
    given = _parser().parse_args(arguments)
    os.umask(0o077)
    try:
        agent = _agent(given)
        if given.once or given.dry_run:
            return _once(agent)
        return _forever(agent)
    except AgentError as error:
        _say(f"sternpost-agent: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sternpost-agent", description="Fetch this node's policy, verify it, apply it, and report."
    )
    parser.add_argument("--config", type=Path, default=DEFAULT_FILE, help=f"configuration, {DEFAULT_FILE} by default")
    parser.add_argument(
        "--state", type=Path, default=DEFAULT_STATE, help=f"folder for what it remembers, {DEFAULT_STATE}"
    )
    parser.add_argument(
        "--once", action="store_true", help="run once; exit with 10 when something is not as it must be"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="run once, change and report nothing, and say what would be"
    )
    parser.add_argument("--root", type=Path, default=Path("/"), help="folder that stands in for / ; only files change")
    parser.add_argument(
        "--instances", type=Path, default=INSTANCES, help=f"folder of the instances that run, {INSTANCES} by default"
    )
    return parser


def _agent(given: argparse.Namespace) -> Agent:
    root = Path(given.root).absolute()
    if not root.is_dir():
        raise ConfigurationError(f"--root {root} is no folder")
    settings = read_settings(given.config)
    place = Place(root, dry=given.dry_run, instances=Path(given.instances).absolute())
    return Agent(settings, Server.of(settings), State.open(given.state), place, _say)


def _once(agent: Agent) -> int:
    report = agent.run()
    for one in report["results"]:
        _say(_line(one))
    return NOT_COMPLIANT if any(one["status"] in _BAD for one in report["results"]) else 0


def _forever(agent: Agent) -> int:
    while True:
        try:
            agent.run()
        except ConfigurationError:
            raise
        except AgentError as error:
            # The next run may find another policy, or a server that answers.
            _say(f"sternpost-agent: {error}")
        time.sleep(agent.wait_s())


def _line(one: Mapping[str, Any]) -> str:
    message = f": {one['message']}" if one["message"] else ""
    return f"{one['status']} {one['directive']} {one['component']} {one['value']}{message}"


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
