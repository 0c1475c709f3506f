"""`sternpost serve` as an operator starts it: the three lines, the token, the ends."""

import os
import signal
import socket
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.installations import found_installation

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []
    root = Path(__file__).resolve().parents[2]

    def serve(*, listen: str = "127.0.0.1:0") -> subprocess.Popen[str]:
        environment = {**os.environ, "STERNPOST_LISTEN": listen, "PYTHONPATH": str(root)}
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "serve"],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield serve
    for process in started:
        process.kill()
        process.communicate()


def lines_of(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout
    return [process.stdout.readline().rstrip("\n") for _ in range(3)]


def test_the_first_start_prints_the_url_the_token_and_a_command_that_works(start: Start, tmp_path: Path) -> None:
    process = start()

    lines = lines_of(process)
    url = (tmp_path / "data" / "run" / "url").read_text().strip()
    assert lines == [
        f"Sternpost listens on {url}",
        "Token: ./data/run/api-token (system account, new at each start)",
        f"Try:   curl --header @./data/run/api-token-header {url}/api/latest/rules",
    ]

    command = lines[2].removeprefix("Try:").split()
    answer = subprocess.run([*command, "--silent", "--fail"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert '"result":"success"' in answer.stdout


def test_each_start_makes_another_token_for_its_owner_only_and_the_old_one_is_refused(
    start: Start, tmp_path: Path
) -> None:
    header = tmp_path / "data" / "run" / "api-token-header"
    first = start()
    lines_of(first)
    old = header.read_text()
    modes = [stat.S_IMODE(file.stat().st_mode) for file in (header, header.with_name("api-token"))]
    assert modes == [0o600, 0o600]
    first.terminate()
    first.wait()

    url = lines_of(start())[0].split()[-1]

    assert header.read_text() != old
    name, _, token = old.strip().partition(": ")
    with pytest.raises(urllib.request.HTTPError, match="401"):
        urllib.request.urlopen(urllib.request.Request(f"{url}/api/latest/rules", headers={name: token}))


def test_a_taken_port_is_one_sentence_and_exit_status_1(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        process = start(listen=f"127.0.0.1:{other.getsockname()[1]}")
        output, errors = process.communicate()

    assert (process.returncode, output) == (1, "")
    assert errors.startswith("Error: Cannot listen on 127.0.0.1:")
    assert errors.count("\n") == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_process_is_left_when_the_server_ends(start: Start, number: int) -> None:
    process = start()
    lines_of(process)

    process.send_signal(number)

    # Serving processes, keeper and worker inherit standard output: it ends when the last of them does.
    assert process.stdout
    assert process.stdout.read() == ""


def test_a_start_loads_and_reads_nothing_that_it_does_not_need(tmp_path: Path) -> None:
    found_installation(f"sqlite:///{tmp_path}/data/sternpost.db", tmp_path / "data" / "keys", tmp_path / "data")
    script = """
import sys
read = []
sys.addaudithook(lambda name, values: read.append(str(values[0])) if name == "open" else None)
from app.commands.serve import create_app, load, prepare
config = load()
prepare(config)
create_app(config)
unneeded = "alembic apispec app.verify cryptography.x509 flask_smorest git jsonpath jwt psycopg rich tqdm yaml"
unneeded += " sqlalchemy.dialects.postgresql"
print([name for name in unneeded.split() if name in sys.modules], [name for name in read if name.endswith(".yml")])
"""
    root = Path(__file__).resolve().parents[2]

    command = [sys.executable, "-c", script]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    started = subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True)

    assert started.stdout.splitlines()[-1] == "[] []"
