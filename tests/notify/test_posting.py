"""Calls to targets that a tenant chose: what may not be reached is not, and nobody holds the line."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from app.core.outbound import Reach
from app.notify.posting import Poster, Resolve
from tests.notify.conftest import Target

LOOPBACK = Reach(("127.0.0.0/8",))


def answering(*addresses: str) -> Resolve:
    """Make a resolver that gives every name these addresses, as whoever owns a name can."""
    return lambda _host, _port: addresses


@contextmanager
def dripping(sent: bytes) -> Iterator[int]:
    """Serve a target that never comes to an end: it sends one byte after the other, as often as it is waited for."""
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        line, _ = listener.accept()
        with line:
            line.sendall(sent)
            while not over.wait(0.05):
                try:
                    line.sendall(b"a")
                except OSError:
                    return

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        over.set()
        thread.join()
        listener.close()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "::ffff:192.168.1.1", "2002:a00:1::", "64:ff9b::a00:1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2", "ff02::1",
    ],
)  # fmt: skip
def test_a_name_at_an_address_that_is_not_public_is_not_called(address: str) -> None:
    told = Poster(Reach(), 1, resolve=answering(address)).post("https://example.org/", b"{}", {})

    assert (told.status, told.fault) == (
        None,
        (
            "example.org is at an address that webhooks may not reach: only public ones over https, "
            "and those that the operator names in STERNPOST_WEBHOOK_NETWORKS"
        ),
    )


def test_one_address_that_may_not_be_reached_spoils_the_name() -> None:
    poster = Poster(LOOPBACK, 1, resolve=answering("127.0.0.1", "10.0.0.1"))

    assert "may not reach" in str(poster.post("https://example.org/", b"{}", {}).fault)


def test_plain_http_reaches_only_what_the_operator_names() -> None:
    assert Reach().allows("93.184.216.34", encrypted=True)
    assert not Reach(("10.0.0.0/8",)).allows("93.184.216.34", encrypted=False)
    assert Reach(("10.0.0.0/8",)).allows("10.1.1.1", encrypted=False)


def test_the_address_that_was_checked_is_the_one_that_is_called(target: Target) -> None:
    asked: list[str] = []

    def rebinding(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return ("127.0.0.1",) if len(asked) == 1 else ("10.0.0.1",)

    told = Poster(LOOPBACK, 5, resolve=rebinding).post(f"http://example.org:{target.port}/x", b"{}", {"A": "b"})

    assert (told.status, told.fault, asked) == (204, None, ["example.org"])
    assert target.taken[0][0]["Host"] == f"example.org:{target.port}"


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\nX-Long: "])
def test_a_target_that_drips_is_left_when_the_time_is_over(sent: bytes) -> None:
    with dripping(sent) as port:
        told = Poster(LOOPBACK, 0.3).post(f"http://127.0.0.1:{port}/", b"{}", {})

    assert (told.status, told.fault) == (None, "no answer within 0.3 s")


def test_what_goes_wrong_is_told_in_words(target: Target) -> None:
    poster = Poster(LOOPBACK, 5)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        free = listener.getsockname()[1]

    assert (
        poster.post(f"http://127.0.0.1:{free}/", b"", {}).fault == "the target cannot be reached (Connection refused)"
    )
    with dripping(b"SSH-2.0-OpenSSH\r\n") as port:
        assert str(poster.post(f"http://127.0.0.1:{port}/", b"", {}).fault).startswith("the target answered no HTTP")
    assert "cannot be reached" in str(poster.post(f"https://127.0.0.1:{target.port}/", b"", {}).fault)

    def nobody(_host: str, _port: int) -> Sequence[str]:
        raise OSError

    unknown = Poster(LOOPBACK, 5, resolve=nobody).post("https://nobody.invalid/", b"", {})
    assert unknown.fault == "the name nobody.invalid cannot be resolved"
