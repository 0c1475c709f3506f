"""The serving processes, with a small application: the port, the three lines, the ends."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.config import ConfigError, load
from app.server import announcement, bind, url_of

SERVER = """
import sys
from app.config import load, make_data_dir
from app.server import bind, run, url_of

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{environ['QUERY_STRING'][:5]} {environ['wsgi.url_scheme']}".encode()]

config = load(listen=sys.argv[1], data_dir=sys.argv[2])
make_data_dir(config)
listener = bind(config)
url = url_of(listener)
run(config, listener, load_app=lambda: application, when_listening=lambda: print(url, flush=True), keeper=None)
"""

Start = Callable[..., "tuple[subprocess.Popen[str], str]"]


@pytest.fixture
def start(data_dir: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def server(listen: str = "127.0.0.1:0") -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVER, listen, str(data_dir)], stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout
        return process, process.stdout.readline().strip()

    yield server
    for process in started:
        process.kill()
        process.communicate()


def get(url: str, **headers: str) -> str:
    request = urllib.request.Request(url, headers={name.replace("_", "-"): text for name, text in headers.items()})
    with urllib.request.urlopen(request) as answer:
        return str(answer.read().decode())


def test_port_0_takes_a_free_port_that_answers_as_soon_as_it_is_named(start: Start) -> None:
    _, url = start()

    assert get(f"{url}/?a=1") == "a=1 http"


def test_a_request_line_of_8000_characters_is_answered(start: Start) -> None:
    _, url = start()

    assert get(f"{url}/?{'x' * 8000}").startswith("xxxxx")


def test_the_scheme_of_a_proxy_that_is_not_trusted_is_ignored(start: Start) -> None:
    _, url = start()

    assert get(f"{url}/?a=1", X_Forwarded_Proto="https") == "a=1 http"


def test_the_scheme_of_a_trusted_proxy_is_believed(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STERNPOST_TRUSTED_PROXIES", "10.0.0.1,127.0.0.0/8")
    _, url = start()

    assert get(f"{url}/?a=1", X_Forwarded_Proto="https") == "a=1 https"


def test_a_terminated_server_ends_with_status_0(start: Start) -> None:
    process, _ = start()

    process.send_signal(signal.SIGTERM)

    assert process.wait() == 0


def test_the_processes_of_a_killed_server_end_and_free_the_port(start: Start) -> None:
    process, url = start()
    get(url)

    process.kill()
    # Every process of this server holds the other end of this pipe.
    assert process.stdout
    assert process.stdout.read() == ""

    _, again = start(url.removeprefix("http://"))
    assert again == url


def test_a_taken_port_is_one_sentence_with_the_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        with pytest.raises(ConfigError) as refusal:
            bind(load(listen=f"127.0.0.1:{port}"))

    assert refusal.value.message.startswith(
        f"Cannot listen on 127.0.0.1:{port}: another program listens there; stop it, or set STERNPOST_LISTEN"
    )


def test_an_address_of_another_machine_is_refused_with_the_remedy() -> None:
    with pytest.raises(ConfigError, match=r"Cannot listen on 192.0.2.1:0: set STERNPOST_LISTEN"):
        bind(load(listen="192.0.2.1:0"))


@pytest.mark.parametrize(("listen", "shown"), [("0.0.0.0:0", "http://127.0.0.1:"), ("[::]:0", "http://[::1]:")])
def test_an_address_for_everybody_is_shown_as_one_that_works_here(listen: str, shown: str) -> None:
    with bind(load(listen=listen)) as listener:
        assert url_of(listener).startswith(shown)


def test_the_announcement_names_the_url_the_token_and_a_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    run_dir = tmp_path / "data" / "run"

    text = announcement(
        "http://127.0.0.1:8080", token_file=run_dir / "api-token", header_file=run_dir / "api-token-header"
    )

    assert text == (
        "Sternpost listens on http://127.0.0.1:8080\n"
        "Token: ./data/run/api-token (system account, new at each start)\n"
        "Try:   curl --header @./data/run/api-token-header http://127.0.0.1:8080/api/latest/rules"
    )


def test_a_token_outside_the_working_directory_is_named_in_full(tmp_path: Path) -> None:
    text = announcement("http://x", token_file=tmp_path / "token", header_file=tmp_path / "header")

    assert os.fspath(tmp_path / "token") in text
