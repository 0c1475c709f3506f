"""One POST to a target that a tenant chose: to an address that was checked, once, within a time, following nothing."""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from app.core.outbound import REFUSED, SCHEMES, Reach
from app.core.values import dataclass

Resolve = Callable[[str, int], Sequence[str]]
"""Gives the addresses of a name, best first.

Raises:
    OSError: it has none.
"""

LONGEST_WAIT_S: Final = 3600
SUCCESS, GONE = range(200, 300), 410
_REDIRECTS: Final = range(300, 400)


@dataclass(frozen=True, slots=True)
class Told:
    """How a target took it: its status, or why there is none; `retry_after_s` is what it asks for."""

    status: int | None
    fault: str | None
    took_ms: int = 0
    retry_after_s: int = 0

    @property
    def is_gone(self) -> bool:
        """Tell whether the target wants nothing more, ever."""
        return self.status == GONE


def resolve(host: str, port: int) -> Sequence[str]:
    """Look a name up in the system's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True)
class Poster:
    """Posts within `timeout_s` for all of it: looking the name up apart, whatever a target does to hold the line."""

    reach: Reach
    timeout_s: float
    resolve: Resolve = resolve

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Told:
        """Post once; what goes wrong is told and never raised."""
        began = time.monotonic()
        status, fault, wait_s = self._try(url, body, headers)
        return Told(status, fault, round((time.monotonic() - began) * 1000), wait_s)

    def _try(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int | None, str | None, int]:
        place = urlsplit(url)
        host, encrypted = place.hostname or "", place.scheme == "https"
        try:
            addresses = self.resolve(host, place.port or SCHEMES[place.scheme])
        except (OSError, UnicodeError):
            return None, f"the name {host} cannot be resolved", 0
        # One that may not be reached spoils all: who answers with both kinds is not to be trusted with either.
        if not addresses or not all(self.reach.allows(address, encrypted=encrypted) for address in addresses):
            return None, REFUSED.format(host=host), 0
        call = _Call(place, addresses[0], self.timeout_s)
        guard = threading.Timer(self.timeout_s, call.abort)
        guard.start()
        try:
            return call.run(body, headers)
        except ssl.SSLCertVerificationError as failure:
            return None, f"the target's certificate cannot be trusted ({failure.verify_message})", 0
        except (OSError, http.client.HTTPException, ValueError) as failure:
            late = call.aborted or isinstance(failure, TimeoutError)
            return None, f"no answer within {self.timeout_s:g} s" if late else _words(failure), 0
        finally:
            guard.cancel()
            call.close()


def _words(failure: Exception) -> str:
    if isinstance(failure, OSError):
        reason = failure.strerror or type(failure).__name__
        return f"the target cannot be reached ({reason})"
    return f"the target answered no HTTP ({type(failure).__name__})"


class _Call(http.client.HTTPConnection):
    """A connection to an address that was chosen already; the name is for the certificate and the Host header."""

    def __init__(self, place: SplitResult, address: str, timeout_s: float) -> None:
        self.default_port = SCHEMES[place.scheme]
        super().__init__(place.hostname or "", place.port or self.default_port, timeout=timeout_s)
        self.place = place
        self.address = address
        self.aborted = False

    def connect(self) -> None:
        """Connect, and shake hands over TLS where the URL says so."""
        self.sock = socket.create_connection((self.address, self.port), self.timeout)
        if self.place.scheme == "https":
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
            self.sock.do_handshake()
        if self.aborted:
            raise TimeoutError

    def run(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, str | None, int]:
        """Send the request and read the head of the answer; its body interests nobody."""
        path = (self.place.path or "/") + (f"?{self.place.query}" if self.place.query else "")
        self.request("POST", path, body=body, headers={**headers, "Connection": "close"})
        answer = self.getresponse()
        if self.aborted:  # a line that breaks within a header looks like the end of all headers
            raise TimeoutError
        status = answer.status
        if status in SUCCESS:
            return status, None, 0
        redirected = "; redirects are not followed" if status in _REDIRECTS else ""
        return status, f"the target answered {status}{redirected}", _wait_s(answer.getheader("Retry-After"))

    def abort(self) -> None:
        """Break the line, from another thread."""
        self.aborted = True
        line: Any = self.sock
        if line is not None:
            with suppress(OSError):
                # Not the TLS socket's own, which would go on in clear.
                socket.socket.shutdown(line, socket.SHUT_RDWR)


def _wait_s(text: str | None) -> int:
    return min(int(text), LONGEST_WAIT_S) if text is not None and text.isascii() and text.isdigit() else 0
