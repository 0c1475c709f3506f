"""Believes `X-Forwarded-*` only from the proxies that the operator named."""

from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class ProxyMiddleware:
    """Reads the forwarded address, scheme and host of requests from a trusted address; leaves others alone."""

    def __init__(self, app: "WSGIApplication", trusted: Iterable[str]) -> None:
        self._app = app
        self._behind_proxy = ProxyFix(app, x_for=1, x_proto=1, x_host=1)
        self._networks = tuple(ip_network(network, strict=False) for network in trusted)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Pass the request on, with or without what it says about its origin."""
        chosen = self._behind_proxy if self._trusts(str(environ.get("REMOTE_ADDR", ""))) else self._app
        return chosen(environ, start_response)

    def _trusts(self, peer: str) -> bool:
        try:
            address = ip_address(peer)
        except ValueError:
            return False  # a Unix socket has no address
        return any(address in network for network in self._networks)
