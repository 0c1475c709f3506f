"""Pages of a list by key: `limit` and `cursor` in, `meta` and `Link` out."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from urllib.parse import quote, urlencode

from app.core.errors import InvalidError
from app.http.endpoint import Page, Paging
from app.http.fields import shown
from app.http.params import Named


def cursor_of(key: str) -> str:
    """Write the last key of a page as the cursor of the next."""
    return urlsafe_b64encode(key.encode()).decode().rstrip("=")


def key_of(cursor: str) -> str:
    """Read a cursor back.

    Raises:
        InvalidError: it is not one that `cursor_of` wrote.
    """
    try:
        key = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode()
    except (ValueError, binascii.Error):
        key = ""
    if not key or "\0" in key or cursor_of(key) != cursor:
        text = f"{shown(cursor)} is not a cursor of this server; use meta.next of the page before"
        raise InvalidError(text, fields={"cursor": [text]})
    return key


def page_of(named: Named, paging: Paging) -> Page | None:
    """Read which page is asked for; None is the whole list."""
    for name in ("limit", "cursor"):
        if len(named.get(name, ())) > 1:
            text = f"'{name}' was given {len(named[name])} times; give it once"
            raise InvalidError(text, fields={name: [text]})
    after = key_of(named["cursor"][0]) if "cursor" in named else ""
    if "limit" in named:
        return Page(_limit(named["limit"][0], paging.most), after)
    default = paging.default or (min(100, paging.most) if after else None)
    return None if default is None else Page(default, after)


def _limit(text: str, most: int) -> int:
    limit = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0  # noqa: PLR2004  longer is too large
    if not 1 <= limit <= most:
        said = f"limit {shown(text)} is not an integer from 1 to {most}"
        raise InvalidError(said, fields={"limit": [said]})
    return limit


def link_to(path: str, named: Named, cursor: str) -> str:
    """Write the `Link` header that leads to the next page of the same list; `path` is as WSGI decodes it."""
    kept = [(name, value) for name, values in named.items() if name != "cursor" for value in values]
    quoted = quote(path.encode("latin-1"), safe="/:@+,;=~")
    return f'<{quoted}?{urlencode([*kept, ("cursor", cursor)])}>; rel="next"'
