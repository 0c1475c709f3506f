"""What a page is: its path, who answers it, and where it stands in the navigation."""

from collections.abc import Callable

from flask import Response

from app.core.values import dataclass

View = Callable[..., Response]
"""`(site, request, visitor, *variables of the path) -> answer`; GET shows the page, POST does what its form says."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page below /console; `path` as Flask writes its variables, in the order in which `view` takes them."""

    path: str
    view: View
    name: str
    label: str = ""
    """What the navigation calls it; nothing for pages that are reached from others."""
    takes_forms: bool = False
