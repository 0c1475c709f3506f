"""The Ansible module that keeps one instance: a container of podman, a unit of systemd, or a plain process."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.sternpost_instances import (
    HostingError,
    Wanted,
    container_command,
    container_environment,
    shown,
    unit_environment,
    unit_text,
    wanted_of,
)

SETTLE_S, STOP_S = 1.0, 10.0  # how long it must live to count as started, and may take to end
UNITS, SYSTEMD = Path("/etc/systemd/system"), Path("/run/systemd/system")
ACCOUNT = "nobody"


@dataclass(frozen=True)
class Instance:
    """One instance on this machine; `folder` remembers how it was started, and holds what a process stores."""

    want: Wanted
    folder: Path

    @property
    def file(self) -> Path:
        """Where it is remembered how it was started."""
        return self.folder / "started.json"

    def started(self) -> dict[str, Any]:
        """Read how it was started; empty when it never was."""
        try:
            known: dict[str, Any] = json.loads(self.file.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return known

    def remember(self, **facts: Any) -> None:  # noqa: ANN401  what JSON holds
        """Write down how it was started, whole or not at all."""
        self.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        fresh = self.file.with_suffix(".new")
        _write_private(fresh, json.dumps({"digest": self.want.digest, "runtime": self.want.runtime, **facts}))
        fresh.replace(self.file)


class Process:
    """A process of its own session, for machines without systemd; who it is, the kernel's start time proves."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def is_running(self) -> bool:
        """Tell whether the process that was started is alive."""
        known = self._instance.started()
        return known.get("pid") is not None and _birth(int(known["pid"])) == known.get("birth")

    def start(self) -> None:
        """Start it and see that it lives."""
        folder, want = self._instance.folder, self._instance.want
        store = folder / "data"
        store.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.chown(store, ACCOUNT, "nogroup")
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(  # noqa: S603  a list of words, which no shell reads
                want.program,
                cwd=store,
                env={"PATH": os.defpath, "HOME": str(store), **want.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=ACCOUNT,
                group="nogroup",
                extra_groups=[],
            )
        self._instance.remember(pid=process.pid, birth=_birth(process.pid))
        for _ in _moments(SETTLE_S):
            if process.poll() is not None:
                raise HostingError(f"it ended at once with exit code {process.returncode}; see {folder / 'log'}")

    def stop(self) -> None:
        """End it and what it started, gently first."""
        if not self.is_running():
            return
        pid = int(self._instance.started()["pid"])
        for number, patience_s in ((signal.SIGTERM, STOP_S), (signal.SIGKILL, STOP_S)):
            os.killpg(pid, number)
            for _ in _moments(patience_s):
                if not self.is_running():
                    return
        raise HostingError(f"process {pid} does not end")

    def remove(self) -> None:
        """End it; what it stored goes with the folder."""
        self.stop()


class Unit:
    """A unit of systemd, run as a user that exists only for it."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._unit = f"{instance.want.name}.service"

    def is_running(self) -> bool:
        """Ask systemd."""
        return _run(["systemctl", "is-active", "--quiet", self._unit], check=False).returncode == 0

    def start(self) -> None:
        """Write the unit, and start it now and at boot."""
        instance = self._instance
        instance.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        environment = instance.folder / "environment"
        _write_private(environment, unit_environment(instance.want))
        (UNITS / self._unit).write_text(unit_text(instance.want, environment), "utf-8")
        _run(["systemctl", "daemon-reload"])
        _run(["systemctl", "enable", self._unit])
        _run(["systemctl", "restart", self._unit])
        instance.remember()
        time.sleep(SETTLE_S)
        if not self.is_running():
            raise HostingError(f"it ended at once; see journalctl -u {self._unit}")

    def stop(self) -> None:
        """Stop it now and keep it stopped at boot."""
        _run(["systemctl", "disable", "--now", self._unit], check=False)

    def remove(self) -> None:
        """Stop it and take the unit and what it stored away."""
        self.stop()
        (UNITS / self._unit).unlink(missing_ok=True)
        _run(["systemctl", "daemon-reload"])
        for place in ("/var/lib/private", "/var/lib"):
            shutil.rmtree(Path(place) / self._instance.want.name, ignore_errors=True)


class Container:
    """A container of podman; what it stores lies in a volume of the same name."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def is_running(self) -> bool:
        """Ask podman."""
        asked = _run(["podman", "inspect", "--format", "{{.State.Running}}", self._instance.want.name], check=False)
        return asked.stdout.strip() == "true"

    def start(self) -> None:
        """Replace the container by one as it must be now."""
        instance = self._instance
        instance.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        environment = instance.folder / "environment"
        _write_private(environment, container_environment(instance.want))
        _run(container_command(instance.want, environment))
        instance.remember()

    def stop(self) -> None:
        """Stop it; the container and its volume stay."""
        _run(["podman", "stop", "--ignore", "--time", str(int(STOP_S)), self._instance.want.name])

    def remove(self) -> None:
        """Take the container and its volume away."""
        _run(["podman", "rm", "--force", "--ignore", self._instance.want.name])
        _run(["podman", "volume", "rm", "--force", self._instance.want.name])


def keep(instance: Instance, *, only_look: bool) -> str:
    """Bring an instance to where it must be and say what was done; empty when nothing had to be."""
    host = _host_of(instance)
    if instance.want.state == "absent":
        if not only_look:
            host.remove()
            shutil.rmtree(instance.folder)
        return "It is removed, with what it stored"
    is_running = host.is_running()
    if instance.want.state == "suspended":
        if is_running and not only_look:
            host.stop()
        return "It is stopped, and keeps what it stored" if is_running else ""
    if is_running and instance.started().get("digest") == instance.want.digest:
        return ""
    if not only_look:
        host.stop()
        host.start()
    return "It is started as it must be now"


def _host_of(instance: Instance) -> Process | Unit | Container:
    if instance.want.runtime == "container":
        if shutil.which("podman") is None:
            raise HostingError("podman is not installed; it runs the containers")
        return Container(instance)
    return Unit(instance) if SYSTEMD.exists() else Process(instance)


def _birth(pid: int) -> str | None:
    """Give the kernel's start time of a living process; numbers come again, times do not."""
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(") ")[2].split()
    except OSError:
        return None
    return None if state in ("Z", "X") else rest[18]


def _moments(seconds: float) -> Iterator[None]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(0.05)


def _write_private(file: Path, text: str) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as opened:
        opened.write(text)


def _run(command: list[str], *, check: bool = True) -> "subprocess.CompletedProcess[str]":
    ended = subprocess.run(  # noqa: S603  a list of words, which no shell reads
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False
    )
    if check and ended.returncode != 0:
        raise HostingError(f"{shown(command)} ended with {ended.returncode}: {ended.stderr.strip()[-500:]}")
    return ended


def main() -> None:
    """Run as a module of Ansible."""
    arguments = {"want": {"type": "dict", "required": True}, "root": {"type": "path", "required": True}}
    module = AnsibleModule(argument_spec=arguments, supports_check_mode=True)
    want = wanted_of(module.params["want"])
    try:
        done = keep(Instance(want, Path(module.params["root"]) / want.id), only_look=module.check_mode)
    except (HostingError, OSError) as error:
        module.fail_json(msg=f"Instance {want.id}: {error}")
    module.exit_json(changed=bool(done), msg=done)


if __name__ == "__main__":
    main()
