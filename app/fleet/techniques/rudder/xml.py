"""Reads XML from outside into a plain tree: no document types, so no entities that grow or fetch."""

from collections.abc import Iterator
from dataclasses import field
from typing import Final
from xml.parsers import expat

from app.core.errors import InvalidError
from app.core.values import dataclass

MAX_XML_BYTES: Final = 1 << 20
MAX_XML_DEPTH: Final = 50


@dataclass(slots=True)
class Element:
    """One element: its text is what stands in it, outside the elements inside."""

    tag: str
    attributes: dict[str, str]
    pieces: list[str] = field(default_factory=list)
    inner: list["Element"] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text, without the spaces around it."""
        return "".join(self.pieces).strip()

    def all(self, *tags: str) -> Iterator["Element"]:
        """List the elements inside with one of these tags, in their order."""
        return (one for one in self.inner if one.tag in tags)

    def find(self, tag: str) -> "Element | None":
        """Find the first element inside with a tag."""
        return next(self.all(tag), None)

    def text_of(self, tag: str) -> str:
        """Give the text of the first element inside with a tag; empty where there is none."""
        found = self.find(tag)
        return "" if found is None else found.text


def parse_xml(raw: bytes) -> Element:
    """Read one document.

    Raises:
        InvalidError: it is too large or too deep, no XML, or has a document type.
    """
    if len(raw) > MAX_XML_BYTES:
        raise InvalidError(f"the XML has {len(raw)} bytes; the most allowed is {MAX_XML_BYTES}")
    top = Element("", {})
    open_elements = [top]
    parser = expat.ParserCreate()

    def start(tag: str, attributes: dict[str, str]) -> None:
        if len(open_elements) > MAX_XML_DEPTH:
            raise InvalidError(f"the XML is nested more than {MAX_XML_DEPTH} deep; make it flatter")
        element = Element(tag, attributes)
        open_elements[-1].inner.append(element)
        open_elements.append(element)

    def doctype(*_given: object) -> None:
        raise InvalidError("the XML has a document type (<!DOCTYPE), which is not read; leave it out")

    def characters(text: str) -> None:
        open_elements[-1].pieces.append(text)

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _tag: open_elements.pop()
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        raise InvalidError(f"the XML cannot be read: {error}; correct it there") from error
    except (LookupError, ValueError) as error:
        raise InvalidError("the XML is in an encoding that is not read; save it as UTF-8") from error
    return top.inner[0]
