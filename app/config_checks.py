"""Checks of single values of the configuration; each says what to write instead."""

import ipaddress
import json
from urllib.parse import urlsplit

from pydantic import SecretStr

MAIL_SCHEMES = ("smtp", "smtps", "smtp+starttls")
_LAST_PORT = 65535


def split_listen(value: str) -> tuple[str, int]:
    """Read an address and a port.

    Raises:
        ValueError: it is not written as ADDRESS:PORT.
    """
    host, colon, port = value.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) <= _LAST_PORT):
        raise ValueError("write ADDRESS:PORT, for example 127.0.0.1:8080 or [::1]:8080")
    return host, int(port)


def check_smtp_url(value: SecretStr) -> SecretStr:
    """Return the URL of a mail server, or an empty one.

    Raises:
        ValueError: it names no host, or begins otherwise.
    """
    url = urlsplit(value.get_secret_value())
    if value.get_secret_value() and (url.scheme not in MAIL_SCHEMES or not url.hostname or url.path not in ("", "/")):
        raise ValueError(f"write a URL with a host that begins with one of {', '.join(MAIL_SCHEMES)}")
    return value


def check_mail_from(value: str) -> str:
    """Return an address that mails may come from.

    Raises:
        ValueError: it is not one plain address.
    """
    is_plain = value.isascii() and value.isprintable() and not any(character in value for character in " <>,")
    if not is_plain or value.count("@") != 1:
        raise ValueError("write one address such as sternpost@example.org")
    return value


def split_commas(value: object) -> object:
    """Read a list that stands in one text."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def read_table(value: object) -> object:
    """Read a table that stands in one text, as it does in the environment.

    Raises:
        ValueError: the text is not JSON.
    """
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError as fault:
        raise ValueError(f"write a table as JSON ({fault})") from fault


def check_networks(value: tuple[str, ...]) -> tuple[str, ...]:
    """Return addresses and networks.

    Raises:
        ValueError: one of them is neither.
    """
    for part in value:
        ipaddress.ip_network(part, strict=False)
    return value
