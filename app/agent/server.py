"""Calls to the server, with the node's token; redirects are not followed, because the token would go with them."""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import HTTPRedirectHandler, HTTPSHandler, OpenerDirector, Request, build_opener

from app.agent.faults import ConfigurationError, ServerError
from app.agent.settings import Settings

MAX_ANSWER_BYTES = 64 * 1024 * 1024


class _NoRedirects(HTTPRedirectHandler):
    """Takes a redirect for the refusal that it is to this agent."""

    def redirect_request(self, *_: Any, **__: Any) -> None:  # noqa: ANN401  whatever the library gives
        """Follow nothing."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """The answer to a fetch; `policy` is None when the one that the node has is still the right one."""

    policy: Mapping[str, Any] | None
    etag: str | None


@dataclass(frozen=True, slots=True)
class Server:
    """The node's side of the API."""

    settings: Settings
    opener: OpenerDirector

    @classmethod
    def of(cls, settings: Settings) -> "Server":
        """Prepare the connection."""
        try:
            context = ssl.create_default_context(cafile=settings.ca_file)
        except OSError as error:
            raise ConfigurationError(f"caFile '{settings.ca_file}' cannot be read: {error}") from error
        return cls(settings, build_opener(_NoRedirects(), HTTPSHandler(context=context)))

    def fetch_policy(self, etag: str | None) -> Fetched:
        """Ask for the policy of this node.

        Raises:
            ServerError: the server cannot be reached, or refuses.
        """
        headers = {} if etag is None else {"If-None-Match": etag}
        request = Request(self._url("policy"), headers=headers)  # noqa: S310  the scheme was checked with the settings
        status, body, tag = self._send(request)
        if status == HTTPStatus.NOT_MODIFIED:
            return Fetched(None, etag)
        policy = _read(body).get("policy")
        return Fetched(policy if isinstance(policy, dict) else {}, tag)

    def send_reports(self, runs: list[Any]) -> None:
        """Hand in the reports of one or more runs.

        Raises:
            ServerError: they were not taken; try again later.
        """
        body = json.dumps({"runs": runs}).encode()
        headers = {"Content-Type": "application/json"}
        request = Request(self._url("reports"), data=body, headers=headers, method="POST")  # noqa: S310  as above
        self._send(request)

    def _url(self, what: str) -> str:
        return f"{self.settings.url}/api/25/nodes/{quote(self.settings.node, safe='')}/{what}"

    def _send(self, request: Request) -> tuple[int, bytes, str | None]:
        request.add_unredirected_header("X-API-Token", self.settings.token)
        try:
            with self.opener.open(request, timeout=self.settings.timeout_s) as answer:
                body = answer.read(MAX_ANSWER_BYTES + 1)
                if len(body) > MAX_ANSWER_BYTES:
                    raise ServerError(f"The answer of {self.settings.url} is over {MAX_ANSWER_BYTES} bytes")
                return answer.status, body, answer.headers.get("ETag")
        except HTTPError as error:
            with error:
                if error.code == HTTPStatus.NOT_MODIFIED:
                    return error.code, b"", None
                said = error.read(10_000).decode("utf-8", "replace")
            raise ServerError(f"{self.settings.url} answered {error.code}: {_reason(said)}") from None
        except (URLError, OSError, ValueError) as error:
            raise ServerError(f"{self.settings.url} cannot be reached: {error}") from error


def _read(body: bytes) -> Mapping[str, Any]:
    try:
        data = json.loads(body).get("data")
    except (ValueError, AttributeError) as error:
        raise ServerError(f"The answer is not that of a Sternpost server: {error}") from error
    return data if isinstance(data, dict) else {}


def _reason(said: str) -> str:
    try:
        return str(json.loads(said)["errorDetails"])
    except (ValueError, KeyError, TypeError):
        return said[:200]
