"""Which machines the server may call because a tenant says so: public ones, and those that the operator names."""

import ipaddress
import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from app.core.errors import InvalidError
from app.core.values import dataclass

LONGEST_URL: Final = 2000
SCHEMES: Final = {"https": 443, "http": 80}

_PRINTABLE: Final = re.compile(r"[!-~]+")
_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\.?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
_EMBEDDING: Final = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
"""Networks whose addresses are translated to IPv4 ones, so that they say nothing about where a packet ends."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Reach:
    """The rule: addresses of the public internet, and of `networks`; over plain http only those."""

    networks: tuple[str, ...] = ()

    def names(self, address: str) -> bool:
        """Tell whether the operator names an address."""
        one = _plain(ipaddress.ip_address(address))
        return any(one in ipaddress.ip_network(network, strict=False) for network in self.networks)

    def allows(self, address: str, *, encrypted: bool) -> bool:
        """Tell whether an address may be called."""
        return self.names(address) or (encrypted and _is_public(ipaddress.ip_address(address)))

    def check(self, url: str, field: str = "url") -> str:
        """Return a URL that may be a target; what its name stands for is checked at each call.

        Raises:
            InvalidError: saying what to write instead.
        """
        fault = self._find_fault(url)
        if fault is not None:
            raise InvalidError(fault, fields={field: [fault]})
        return url

    def _find_fault(self, url: str) -> str | None:
        place = _split(url)
        if place is None:
            return f"'{url[:60]}' is no URL that can be called; write https://HOST/PATH, in ASCII and without a blank"
        if place.username is not None or place.fragment:
            return "The URL of a webhook has no user, password or fragment; the signature shows who sends"
        host = place.hostname or ""
        if place.scheme == "http" and not self.networks:
            return f"'{host[:60]}' would be called without encryption; write https://"
        address = find_address(host)
        if address is not None and not self.allows(address, encrypted=place.scheme == "https"):
            return REFUSED.format(host=host[:60])
        return None


PUBLIC_ONLY: Final = Reach()
REFUSED: Final = (
    "{host} is at an address that webhooks may not reach: only public ones over https, "
    "and those that the operator names in STERNPOST_WEBHOOK_NETWORKS"
)


def find_address(host: str) -> str | None:
    """Give the address that a host is, however it is written; None for a name."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None


def _split(url: str) -> SplitResult | None:
    if len(url) > LONGEST_URL or not _PRINTABLE.fullmatch(url):
        return None
    try:
        place = urlsplit(url)
        port = place.port
    except ValueError:
        return None
    good = place.scheme in SCHEMES and _HOST.fullmatch(place.hostname or "") and port != 0 and "\\" not in url
    return place if good else None


def _plain(address: Address) -> Address:
    """Give the IPv4 address that is meant by an IPv6 one that only wraps it."""
    if isinstance(address, ipaddress.IPv6Address):
        return address.ipv4_mapped or address.sixtofour or address
    return address


def _is_public(address: Address) -> bool:
    plain = _plain(address)
    if isinstance(plain, ipaddress.IPv6Address) and (plain.teredo or any(plain in network for network in _EMBEDDING)):
        return False
    return plain.is_global and not plain.is_multicast and not plain.is_reserved
