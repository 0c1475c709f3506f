"""The agent's configuration: one JSON file that only root can read."""

import json
import stat
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from app.agent.faults import ConfigurationError

DEFAULT_FILE = Path("/etc/sternpost-agent/agent.json")
DEFAULT_STATE = Path("/var/lib/sternpost-agent")
_REQUIRED = ("url", "tenant", "node", "token", "publicKey")
_OPTIONAL = ("caFile", "timeoutSeconds")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """Where the server is, who this node is, and the public keys (PEM) that it trusts."""

    url: str
    tenant: str
    node: str
    token: str
    public_keys: tuple[str, ...]
    ca_file: str | None
    timeout_s: float


def read_settings(file: Path) -> Settings:
    """Read the configuration.

    Raises:
        ConfigurationError: it is missing, open to others, or says too little.
    """
    given = _load(file)
    unknown = sorted(given.keys() - {*_REQUIRED, *_OPTIONAL})
    missing = [name for name in _REQUIRED if not given.get(name)]
    if unknown or missing:
        lacks = f"lacks {', '.join(missing)}" if missing else f"has unknown members: {', '.join(unknown)}"
        raise ConfigurationError(f"{file} {lacks}; there are {', '.join((*_REQUIRED, *_OPTIONAL))}")
    keys = given["publicKey"]
    return Settings(
        url=_checked_url(str(given["url"]), file),
        tenant=str(given["tenant"]),
        node=str(given["node"]),
        token=str(given["token"]),
        public_keys=tuple(map(str, keys)) if isinstance(keys, list) else (str(keys),),
        ca_file=None if given.get("caFile") is None else str(given["caFile"]),
        timeout_s=_seconds(given.get("timeoutSeconds", 30), file),
    )


def _load(file: Path) -> dict[str, object]:
    try:
        mode = file.stat().st_mode
        given = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        text = f"{file} is missing; write it with url, tenant, node, token and publicKey, or name another with --config"
        raise ConfigurationError(text) from None
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{file} cannot be read as JSON: {error}") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigurationError(f"{file} holds a token and is open to others; run: chmod 600 {file}")
    if not isinstance(given, dict):
        raise ConfigurationError(f"{file} must hold one JSON object")
    return given


def _checked_url(url: str, file: Path) -> str:
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return url.rstrip("/")
    raise ConfigurationError(f"{file}: url '{url}' must begin with https:// (http:// is for this machine only)")


def _seconds(value: object, file: Path) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
        return float(value)
    raise ConfigurationError(f"{file}: timeoutSeconds must be a number above 0")
