"""Checks one value against the variable it is for."""

import re

from app.core.canonical import JSON
from app.fleet.techniques.patterns import MAX_MATCHED_LENGTH, matches
from app.fleet.techniques.reading import is_storable
from app.fleet.techniques.types import split_list
from app.fleet.techniques.variables import Variable
from app.store.secrets import tag_of

MAX_VALUE_LENGTH = 262_144
MAX_TAG_LENGTH = 200
SHOWN_LENGTH = 60
_REFERENCE = re.compile(r"\$\{\s*(?:node|rudder)\s*\.[^{}]*\}", re.IGNORECASE)


def has_reference(text: str) -> bool:
    """Tell whether a value refers to a property of the node or a parameter, so that only the node's policy knows it."""
    return _REFERENCE.search(text) is not None


def is_secret_tag(value: JSON) -> bool:
    """Tell whether a value stands for a secret that is stored elsewhere."""
    tag = tag_of(value)
    return tag is not None and 0 < len(tag) <= MAX_TAG_LENGTH


def check_value(variable: Variable, given: JSON) -> tuple[JSON, str | None]:
    """Give the value as it is stored, and what is wrong with it (None: nothing).

    A text is stored as it is given; a JSON boolean, number or list becomes the text that its type writes for it. The
    fault shows the value, except that of a secret.
    """
    if is_secret_tag(given):
        if variable.secret:
            return given, None
        return given, "the value is a secret's tag, but the variable is not secret; give the text itself"
    text = variable.type.to_text(given)
    if text is None:
        return given, f"{_shown(variable, given)} is not of type {variable.type.name}; give it as a text"
    fault = _find_fault(variable, text)
    return text, None if fault is None else f"{_shown(variable, text)} {fault}"


def check_resolved(variable: Variable, text: str) -> str | None:
    """Say what is wrong with a value whose references are replaced; it is literal now, whatever it holds."""
    return _find_fault(variable, text, literal=True)


def _find_fault(variable: Variable, text: str, *, literal: bool = False) -> str | None:
    if not text:
        return "is empty, but a value is required; give one" if variable.required else None
    if len(text) > MAX_VALUE_LENGTH:
        return f"has {len(text)} characters; the most allowed is {MAX_VALUE_LENGTH}"
    if not is_storable(text):
        return "holds U+0000 or half a character; leave it out"
    if not literal and has_reference(text):
        return None
    return variable.type.find_fault(text, variable.constraint) or _find_limit_fault(variable, text)


def _find_limit_fault(variable: Variable, text: str) -> str | None:
    limits = variable.constraint
    if limits.min_length is not None and len(text) < limits.min_length:
        return f"has {len(text)} characters; the least allowed is {limits.min_length}"
    if limits.max_length is not None and len(text) > limits.max_length:
        return f"has {len(text)} characters; the most allowed is {limits.max_length}"
    if limits.regex is None:
        return None
    if len(text) > MAX_MATCHED_LENGTH:
        return f"has {len(text)} characters; with a regular expression the most allowed is {MAX_MATCHED_LENGTH}"
    regex = limits.regex
    for part in split_list(text) if variable.type.name == "list" else [text]:
        if not matches(regex, part):
            wanted = f": {variable.description}" if variable.description else ""
            shown = regex if len(regex) <= SHOWN_LENGTH else regex[:SHOWN_LENGTH] + "..."
            return f"does not match the regular expression {shown}; give a value that does{wanted}"
    return None


def _shown(variable: Variable, value: JSON) -> str:
    if variable.secret:
        return "the value (hidden, it is secret)"
    shown = repr(value)
    return shown if len(shown) <= SHOWN_LENGTH else shown[:SHOWN_LENGTH] + "..."
