"""Operations: what is done to accounts and tokens, logged like a change but without document and commit."""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from app.changes.recording import Fact
from app.core.canonical import Document
from app.core.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What an operation did: the facts to log, and what the caller gets.

    `once` says that the answer holds a token, key or password: it is kept nowhere, so a repetition of the request
    cannot have it again and is told `id` only.
    """

    facts: Sequence[Fact]
    answer: Document
    id: str = ""
    once: bool = False


Act = Callable[[Connection, int], Deed]
"""Writes its rows on the connection, under the tenant's lock, at the time given in milliseconds."""
