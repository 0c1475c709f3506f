"""The texts that start an instance on a node: literal values, and what systemd itself says of a unit."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from app.agent.module_utils.sternpost_instances import (
    HostingError,
    Wanted,
    container_command,
    container_environment,
    unit_environment,
    unit_text,
    wanted_of,
)
from app.fleet.hosting.hosted import TECHNIQUE, VERSION, component_of
from app.fleet.techniques.definition import read_technique
from app.fleet.techniques.library import starter_library

INSTANCE: dict[str, Any] = {
    "id": "ab12",
    "memory": 64,
    "cpu": 0.000001,
    "ports": "8080:80,53",
    "suspended": False,
    "variables": {"COMMAND": "/bin/sleep '100 %h $HOME \"q\"' ${node.id}", "SECRET": {"$secret": "t1"}},
}
IMAGE: dict[str, Any] = {
    "runtime": "process",
    "image": "command",
    "command": "${COMMAND}",
    "volume": "",
    "environment": ["A=b=c"],
    "variables": {
        "COMMAND": {"default": None, "arguments": True},
        "SECRET": {"default": None, "arguments": False},
    },
}


def wanted(**more: Any) -> Wanted:
    """Take the way of an instance from the server to the node, where the secret's value is filled in."""
    values = component_of({**INSTANCE, **more}, IMAGE)["values"]
    assert isinstance(values, dict)
    variables = [
        {**one, "VARIABLE_VALUE": 's%c$r\\e"t'} if isinstance(one["VARIABLE_VALUE"], dict) else one
        for one in values["Variable"]  # type: ignore[union-attr,call-overload,index]  known from above
    ]
    return wanted_of({**values, "Variable": variables})


def test_an_instance_in_a_policy_has_the_variables_of_its_technique() -> None:
    library = {(one["id"], one["version"]): read_technique(one) for one in starter_library()}
    (section,) = library[TECHNIQUE, VERSION].parameters.sections

    values = component_of(INSTANCE, IMAGE)["values"]

    assert isinstance(values, dict)
    shape = {name: set(value[0]) if isinstance(value, list) else None for name, value in values.items()}  # type: ignore[arg-type]
    inner = {one.name: {variable.name for variable in one.variables} for one in section.sections}
    assert shape == {**{variable.name: None for variable in section.variables}, **inner}
    assert library[TECHNIQUE, VERSION].system


def test_values_reach_a_container_as_words() -> None:
    want = wanted(cpu=1.5)

    assert container_command(want, Path("/e")) == [
        *("podman", "run", "--detach", "--replace", "--name", "sternpost-ab12", "--restart", "always"),
        *("--memory", "64m", "--cpus", "1.5", "--publish", "8080:80", "--publish", "53:53", "--env-file", "/e"),
        *("--", "command", "/bin/sleep", '100 %h $HOME "q"', "${node.id}"),
    ]
    assert container_environment(want) == (
        'A=b=c\nCOMMAND=/bin/sleep \'100 %h $HOME "q"\' ${node.id}\nSECRET=s%c$r\\e"t\n'
    )
    broken = wanted(variables={"COMMAND": "/bin/true\n"})
    with pytest.raises(HostingError, match="the variable COMMAND has a line break, which podman cannot hand on"):
        container_environment(broken)


def test_values_reach_a_unit_as_they_are() -> None:
    want = wanted()

    text = unit_text(want, Path("/e"))

    assert 'ExecStart="/bin/sleep" "100 %%h $$HOME \\"q\\"" "$${node.id}"\n' in text
    assert "MemoryMax=64M\nCPUQuota=1%\n" in text
    assert unit_environment(want).endswith('SECRET="s%c$r\\\\e\\"t"\n')
    with pytest.raises(HostingError, match="the command must begin with the absolute path of a program"):
        unit_text(wanted(variables={"COMMAND": "sleep 1"}), Path("/e"))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_finds_no_fault_in_a_unit(tmp_path: Path) -> None:
    unit = tmp_path / "sternpost-ab12.service"
    unit.write_text(unit_text(wanted(), tmp_path / "environment"))

    said = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, timeout=60, check=False
    )

    assert [line for line in said.stderr.splitlines() if unit.name in line] == []
    unit.write_text(unit.read_text().replace("MemoryMax=64M", "MemoryMax=plenty"))
    again = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, timeout=60, check=False
    )
    assert "Invalid memory limit 'plenty'" in again.stderr
