"""The guard of network.py: tests reach this machine only."""

import socket
import urllib.request

import pytest

from tests.network import NetworkForbiddenError

DOCUMENTATION_ADDRESS = "192.0.2.1"  # RFC 5737: belongs to nobody


def test_a_connection_to_another_machine_is_refused() -> None:
    with socket.socket() as client, pytest.raises(NetworkForbiddenError, match=DOCUMENTATION_ADDRESS):
        client.connect((DOCUMENTATION_ADDRESS, 80))


def test_the_quiet_form_of_connecting_is_refused_too() -> None:
    with socket.socket() as client, pytest.raises(NetworkForbiddenError, match=DOCUMENTATION_ADDRESS):
        client.connect_ex((DOCUMENTATION_ADDRESS, 80))


def test_a_name_is_not_even_looked_up() -> None:
    with pytest.raises(NetworkForbiddenError, match=r"example\.org"):
        urllib.request.urlopen("http://example.org/")


def test_loopback_is_allowed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()
