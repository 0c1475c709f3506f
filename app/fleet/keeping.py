"""What is kept in memory of each rule: little, because there may be 100,000 of them."""

from functools import lru_cache

import orjson

from app.core.canonical import JSON, Document


def kept_of(rule: Document) -> Document:
    """Give the members of a rule that say whom it reaches, with what, and in which order; only read them.

    What many rules have in common is there once.
    """
    return {
        "directives": _shared(orjson.dumps(rule["directives"])),
        "targets": _shared(orjson.dumps(rule["targets"])),
        "displayName": rule["displayName"],
        "enabled": rule["enabled"],
    }


@lru_cache(maxsize=8192)
def _shared(text: bytes) -> JSON:
    value: JSON = orjson.loads(text)
    return value
