"""Refuses sockets to other machines while tests run."""

import socket
from collections.abc import Callable
from typing import Any

import pytest

_LOOPBACK_NAMES = {"localhost", "::1", "", None}
_ANY_ADDRESS = "0.0.0.0"  # to bind to, not to reach


class NetworkForbiddenError(AssertionError):
    """A test reached for another machine."""


def guard(patch: pytest.MonkeyPatch) -> None:
    """Refuse to connect and to look names up; child processes and libpq are not covered."""
    for name in ("connect", "connect_ex"):
        patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
    patch.setattr(socket, "getaddrinfo", _guarded_look_up(socket.getaddrinfo))


def is_loopback(host: object) -> bool:
    """Tell whether a host as sockets take it is this machine."""
    name = host.decode() if isinstance(host, bytes) else host
    return name in _LOOPBACK_NAMES or str(name).startswith("127.")


def _guarded(real: Callable[..., Any]) -> Callable[..., Any]:
    def connect(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not is_loopback(address[0]):
            raise NetworkForbiddenError(f"Tests may not reach {address[0]}; only loopback is allowed")
        return real(self, address)

    return connect


def _guarded_look_up(real: Callable[..., Any]) -> Callable[..., Any]:
    def getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
        if not is_loopback(host) and host != _ANY_ADDRESS:
            raise NetworkForbiddenError(f"Tests may not look up {host!r}; only loopback is allowed")
        return real(host, *arguments, **options)

    return getaddrinfo
