"""Techniques as they are stored: read once, looked up by version, put into their categories."""

import re
from collections.abc import Iterable
from dataclasses import field
from functools import lru_cache

from app.core.canonical import load
from app.core.values import dataclass
from app.fleet.techniques.definition import DEFAULT_CATEGORY, Technique, read_technique

ROOT_CATEGORY = "/"
_NAMES = {DEFAULT_CATEGORY: "User techniques", ROOT_CATEGORY: "Techniques"}
_NEW_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[_-]+")


@lru_cache(maxsize=256)
def technique_of(body: str) -> Technique:
    """Read the stored body of a technique; those that are used most stay in memory."""
    return read_technique(load(body))


@dataclass(slots=True)
class Category:
    """A category of techniques; `path` is that of the root's child down to it, and `techniques` their ids."""

    id: str
    path: str
    inner: dict[str, "Category"] = field(default_factory=dict)
    techniques: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name for people, made of the id: `systemSettings` is `System settings`."""
        return _NAMES.get(self.id) or _NEW_WORD.sub(" ", self.id).capitalize()

    @property
    def children(self) -> list["Category"]:
        """The categories inside, by id."""
        return [self.inner[key] for key in sorted(self.inner)]


def category_tree(placed: Iterable[tuple[str, str]]) -> Category:
    """Make the tree of categories from pairs of a category's path and the id of a technique in it."""
    root = Category(ROOT_CATEGORY, ROOT_CATEGORY)
    for path, technique in sorted(placed):
        category = root
        steps = path.split("/")
        for place, step in enumerate(steps, 1):
            category = category.inner.setdefault(step, Category(step, "/".join(steps[:place])))
        if technique not in category.techniques:
            category.techniques.append(technique)
    return root
