"""What the HTTP layer needs from the rest of the server, as one value made at start."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from pathlib import Path

from app.core.clock import just_sleep
from app.core.context import Context
from app.core.errors import NotFoundError
from app.core.values import dataclass
from app.http.auth import API_TOKEN, AccountGrant, FindAccount, Resolve
from app.http.negotiation import Neighbour
from app.http.seams import Intent, Work
from app.store.accounts import token_hash
from app.store.glance import Glance


def _always_ready() -> str | None:
    return None


def _no_form(_cookie: str, _given: str) -> bool:
    return False


def _ignore(_context: Context, _text: str) -> None:
    return None


def _no_repository(tenant: str) -> Path:
    raise NotFoundError(f"There is no repository '{tenant}.git'")


def _no_names(_tenant: str) -> Iterable[str]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """The ways from HTTP into the server.

    `open_work` may refuse (the tenant's state); it is called after the right was checked and before input is read.
    Its work carries the intent's idempotency key and dry run to the committer.
    `find_account` gets `token_hash(token)` and finds only accounts and people's own tokens that may be used now, and
    may look at a document along with it;
    `find_others` has the resolvers of the other rows of `CREDENTIALS`, by their variables. `find_fault` says why the
    server is not ready, or None. `denied` is told of every 403 of a known actor. `find_repository` gives a tenant's git
    repository, brought up to its head, and `find_names` the lines of its mailmap. `trusted_proxies` are the addresses
    and networks whose `X-Forwarded-*` are believed. `max_upload_bytes` is for the bodies of actions that take a file,
    all others have `max_body_bytes`. `most_streams` large answers are sent at the same time at most.
    `is_form` tells whether a text is what the pages of a session (its cookie) put into their forms: no other page can
    make a browser write. `neighbour` is another dialect below `/api`. A request may take `request_timeout_s`, unless
    its endpoint streams. `pause` waits so many seconds and tells whether the server is about to end.
    """

    open_work: Callable[[Context, Intent], Work]
    find_account: FindAccount
    find_others: Mapping[str, Resolve] = field(default_factory=dict)
    find_fault: Callable[[], str | None] = _always_ready
    denied: Callable[[Context, str], None] = _ignore
    is_form: Callable[[str, str], bool] = _no_form
    find_repository: Callable[[str], Path] = _no_repository
    find_names: Callable[[str], Iterable[str]] = _no_names
    max_body_bytes: int = 8 * 1024 * 1024
    max_upload_bytes: int = 256 * 1024 * 1024
    public_read: bool = False
    most_streams: int = 8
    request_timeout_s: float | None = None
    docs_open: bool = True
    metrics_open: bool = False
    trusted_proxies: tuple[str, ...] = ()
    neighbour: Neighbour | None = None
    now_s: Callable[[], float] = time.monotonic
    pause: Callable[[float], bool] = just_sleep

    @property
    def resolvers(self) -> Mapping[str, Resolve]:
        """What finds whom a credential names, by the credential's variable."""
        return {**self.find_others, API_TOKEN: lambda token: self.resolve_token(token, None)}

    def resolve_token(self, token: str, glance: Glance | None) -> AccountGrant | None:
        """Find whom the API's own token names."""
        return self.find_account(token_hash(token), glance)
