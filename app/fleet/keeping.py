"""What is kept in memory of each rule: little, because there may be 100,000 of them."""

from functools import lru_cache
from typing import Final

import orjson

from app.core.canonical import JSON, Document

SHARED: Final = ("directives", "targets")
"""Members whose values many rules have in common."""


def kept_of(rule: Document) -> Document:
    """Give the members of a rule that say whom it reaches, with what, and in which order; only read them."""
    kept: Document = {name: _shared(orjson.dumps(rule[name])) for name in SHARED}
    return {**kept, "displayName": rule["displayName"], "enabled": rule["enabled"]}


@lru_cache(maxsize=8192)
def _shared(text: bytes) -> JSON:
    value: JSON = orjson.loads(text)
    return value
