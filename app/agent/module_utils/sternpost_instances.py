"""What an instance is on a node, as the technique `instanceHosting` says it, and the texts that start it."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

LEAST_CPU = 0.01  # less than this neither podman nor systemd takes


class HostingError(Exception):
    """The instance cannot be brought to where it must be."""


@dataclass(frozen=True)
class Wanted:
    """One instance as it must be; one that is `absent` has nothing but its id and runtime."""

    id: str
    runtime: Literal["container", "process"]
    state: Literal["running", "suspended", "absent"]
    digest: str
    memory_mib: int
    cpu: float
    image: str
    volume: str
    ports: list[tuple[str, str]]
    arguments: list[str]
    environment: dict[str, str]

    @property
    def name(self) -> str:
        """What containers, volumes and units are called."""
        return f"sternpost-{self.id}"

    @property
    def program(self) -> list[str]:
        """The words that start it where no container does.

        Raises:
            HostingError: they do not begin with a path.
        """
        if not self.arguments or not self.arguments[0].startswith("/"):
            raise HostingError("the command must begin with the absolute path of a program")
        return self.arguments


def wanted_of(values: dict[str, Any]) -> Wanted:
    """Read the variables of one section "Instance"."""
    return Wanted(
        id=values["INSTANCE_ID"],
        runtime=values["INSTANCE_RUNTIME"],
        state=values["INSTANCE_STATE"],
        digest=values.get("INSTANCE_DIGEST", ""),
        memory_mib=int(values.get("INSTANCE_MEMORY", 0)),
        cpu=max(LEAST_CPU, float(values.get("INSTANCE_CPU", 0))),
        image=values.get("INSTANCE_IMAGE", ""),
        volume=values.get("INSTANCE_VOLUME", ""),
        ports=[(one["PORT_NODE"], one["PORT_INSTANCE"]) for one in values.get("Port", ())],
        arguments=[one["ARGUMENT_VALUE"] for one in values.get("Argument", ())],
        environment={one["VARIABLE_NAME"]: one["VARIABLE_VALUE"] for one in values.get("Variable", ())},
    )


def container_command(want: Wanted, environment: Path) -> list[str]:
    """Give the words that start a container, with the file that holds its environment."""
    ports = [word for node, inner in want.ports for word in ("--publish", f"{node}:{inner}")]
    volume = ["--volume", f"{want.name}:{want.volume}"] if want.volume else []
    limits = ["--memory", f"{want.memory_mib}m", "--cpus", f"{want.cpu:g}"]
    start = ["podman", "run", "--detach", "--replace", "--name", want.name, "--restart", "always"]
    return [*start, *limits, *ports, *volume, "--env-file", str(environment), "--", want.image, *want.arguments]


def container_environment(want: Wanted) -> str:
    """Write the file of a container's environment.

    Raises:
        HostingError: a variable has a line break.
    """
    broken = [name for name, text in want.environment.items() if "\n" in text]
    if broken:
        raise HostingError(f"the variable {broken[0]} has a line break, which podman cannot hand on")
    return "".join(f"{name}={text}\n" for name, text in want.environment.items())


def unit_text(want: Wanted, environment: Path) -> str:
    """Write the unit of an instance; `%` and `$` mean themselves in it."""
    command = " ".join(_quoted(word.replace("%", "%%").replace("$", "$$")) for word in want.program)
    return f"""[Unit]
Description=Instance {want.id} of Sternpost
After=network-online.target

[Service]
ExecStart={command}
EnvironmentFile={environment}
DynamicUser=yes
StateDirectory={want.name}
WorkingDirectory=%S/{want.name}
Restart=always
RestartSec=5
MemoryMax={want.memory_mib}M
CPUQuota={round(want.cpu * 100)}%

[Install]
WantedBy=multi-user.target
"""


def unit_environment(want: Wanted) -> str:
    """Write the file of a unit's environment."""
    return "".join(f"{name}={_quoted(text)}\n" for name, text in want.environment.items())


def shown(command: list[str]) -> str:
    """Name a command in a message, without what could be secret."""
    return shlex.join(command[:2])


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
