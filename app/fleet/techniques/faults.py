"""Collects everything that is wrong with one document, so that the caller is told all of it at once."""

from collections.abc import Mapping

from app.core.errors import InvalidError

MAX_FAULTS = 200
SHOWN_FAULTS = 10


class Faults:
    """The faults found so far, by field.

    `lines` gives the line of a field in the text it was read from; a fault then starts with the line of its field, or
    of the nearest object around it.
    """

    def __init__(self, lines: Mapping[str, int] | None = None) -> None:
        self._lines = lines or {}
        self._texts: dict[str, list[str]] = {}
        self._count = 0

    @property
    def fields(self) -> dict[str, list[str]]:
        """The texts by field, in the order found; at most `MAX_FAULTS` of them."""
        return self._texts

    def add(self, field: str, text: str) -> None:
        """Note one fault of a field."""
        self._count += 1
        if self._count <= MAX_FAULTS:
            line = self._line(field)
            self._texts.setdefault(field, []).append(text if line is None else f"line {line}: {text}")

    def has(self, field: str) -> bool:
        """Tell whether a field, or one inside it, has a fault."""
        return any(name == field or name.startswith(field + "/") for name in self._texts)

    def raise_if_any(self, subject: str) -> None:
        """Refuse the document when there are faults; the message names the first few, `fields` holds them.

        Raises:
            InvalidError: there is at least one.
        """
        if not self._count:
            return
        texts = [text for texts in self._texts.values() for text in texts]
        message = f"{subject} cannot be accepted: " + "; ".join(texts[:SHOWN_FAULTS])
        if self._count > SHOWN_FAULTS:
            message += f"; and {self._count - SHOWN_FAULTS} more"
        raise InvalidError(message, fields=self._texts)

    def _line(self, field: str) -> int | None:
        while field not in self._lines and "/" in field:
            field = field.rpartition("/")[0]
        return self._lines.get(field, self._lines.get(""))


def path_part(name: str) -> str:
    """Write a name as one part of a field path (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
