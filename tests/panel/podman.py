"""Podman with a scratch store of its own, and an image made of this machine's busybox: no registry is asked."""

import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

IMAGE = "localhost/sternpost-test:1"


@contextmanager
def scratch_podman(folder: Path) -> Iterator[Path]:
    """Make a folder with a program `podman` that keeps all it has in `folder`, and end its containers afterwards.

    Raises:
        RuntimeError: containers cannot be run here; the message says why.
    """
    busybox = shutil.which("busybox")
    if shutil.which("podman") is None or busybox is None:
        raise RuntimeError("podman and busybox-static are not installed")
    program = folder / "bin" / "podman"
    program.parent.mkdir()
    _configure(folder / "containers.conf", folder / "networks")
    said = "there is neither runc nor crun"
    try:
        for runtime in filter(shutil.which, ("crun", "runc")):
            _write_program(program, folder, runtime)
            _import_image(program, Path(busybox))
            tried = ask(program, "run", "--rm", "--memory", "16m", "--cpus", "0.5", IMAGE, "/bin/busybox", "true")
            if tried.returncode == 0:
                yield program.parent
                return
            said = tried.stderr.strip()[-300:]
        raise RuntimeError(f"podman runs no container here: {said}")
    finally:
        if program.exists():
            ask(program, "rm", "--all", "--force", "--time", "0")


def ask(program: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run podman."""
    return subprocess.run([program, *words], capture_output=True, text=True, timeout=120, check=False)


def _configure(file: Path, networks: Path) -> None:
    # Podman's own limits are higher than what a machine that is itself a container may set.
    file.write_text(
        '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n'
        f"[network]\nnetwork_config_dir = '{networks}'\n"
        '[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n'
    )


def _write_program(program: Path, folder: Path, runtime: str) -> None:
    real = os.path.realpath(shutil.which("podman", path=os.defpath + ":/usr/local/bin") or "podman")
    places = f"--root {folder}/store --runroot {folder}/run --tmpdir {folder}/tmp --storage-driver vfs"
    program.write_text(
        f'#!/bin/sh\nexport CONTAINERS_CONF={folder}/containers.conf\nexec {real} {places} --runtime {runtime} "$@"\n'
    )
    program.chmod(0o755)


def _import_image(program: Path, busybox: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(os.path.realpath(busybox), "bin/busybox")
        for name in ("sh", "httpd", "sleep"):
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(link)
    made = subprocess.run(
        [program, "import", "-", IMAGE], input=packed.getvalue(), capture_output=True, timeout=120, check=False
    )
    if made.returncode != 0:
        raise RuntimeError(f"podman takes no image here: {made.stderr.decode(errors='replace').strip()[-300:]}")
