"""The variables that an image declares, and the values that an instance gives them; they are data, never templates."""

import re
import shlex
from collections.abc import Mapping
from typing import Final

from app.core.canonical import JSON, Document
from app.core.errors import InvalidError
from app.store.secrets import tag_of

NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
LONGEST: Final = 10_000
MOST: Final = 200
MEMBERS: Final = ("description", "default", "required", "secret", "arguments", "options")
_FLAGS: Final = ("required", "secret", "arguments")
_PLACE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def check_declared(declared: JSON) -> Document:
    """Return the declarations of an image, complete.

    Raises:
        InvalidError: naming the variable and what is wrong with it.
    """
    if not isinstance(declared, dict) or len(declared) > MOST:
        raise wrong("variables", f"must be an object of at most {MOST} variables by name")
    return {name: _declaration(name, one) for name, one in declared.items()}


def _declaration(name: str, given: JSON) -> Document:
    path = f"variables/{name[:100]}"
    if NAME.fullmatch(name) is None:
        raise wrong(path, "is no name of a variable; use letters, digits and _, no digit first")
    if not isinstance(given, dict):
        raise wrong(path, f"must be an object with {', '.join(MEMBERS)}")
    unknown = sorted(given.keys() - set(MEMBERS))
    if unknown:
        raise wrong(path, f"'{unknown[0][:60]}' is unknown; allowed are: {', '.join(MEMBERS)}")
    full: Document = {"description": "", "default": None, **dict.fromkeys(_FLAGS, False), "options": [], **given}
    fault = _fault_in(full)
    if fault:
        raise wrong(path, fault)
    return full


def _fault_in(full: Document) -> str:
    """Say what is wrong with a declaration that has all its members; empty when nothing is."""
    options, default = full["options"], full["default"]
    if any(not isinstance(full[flag], bool) for flag in _FLAGS):
        return f"{', '.join(_FLAGS)} are true or false"
    if not isinstance(options, list) or not all(isinstance(one, str) for one in options):
        return "options must be a list of texts"
    if not isinstance(full["description"], str) or (default is not None and not _is_text(default)):
        return f"description and default are texts of at most {LONGEST} characters"
    if full["secret"] is True and (default is not None or full["arguments"] is True):
        return "is secret, so it has no default and is no part of a command line; leave both out"
    if options and default is not None and default not in options:
        return f"the default must be one of: {', '.join(map(str, options))}"
    return ""


def secrets_of(image: Document) -> frozenset[str]:
    """Name the secret variables of an image."""
    declared = image.get("variables")
    known = declared if isinstance(declared, dict) else {}
    return frozenset(name for name, one in known.items() if isinstance(one, dict) and one["secret"] is True)


def check_given(image: Document, given: JSON) -> Document:
    """Return the values of an instance as texts; what is not given has the image's default when it runs.

    Raises:
        InvalidError: a variable is unknown, missing, or has a value that it cannot have.
    """
    declared = image["variables"]
    known = declared if isinstance(declared, dict) else {}
    if not isinstance(given, dict):
        raise wrong("variables", "must be an object of values by name")
    values: Document = {}
    for name, value in given.items():
        one = known.get(name)
        if not isinstance(one, dict):
            listed = ", ".join(sorted(known)) or "none"
            raise wrong(f"variables/{name[:100]}", f"is no variable of this image; it has: {listed}")
        values[name] = _value(name, value, one)
    for name, one in known.items():
        if isinstance(one, dict) and one["required"] is True and one["default"] is None and name not in values:
            raise wrong(f"variables/{name}", "is required by the image; send a value")
    return values


def _value(name: str, value: JSON, declared: Mapping[str, JSON]) -> JSON:
    path = f"variables/{name}"
    if tag_of(value) is not None:
        if declared["secret"] is not True:
            raise wrong(path, "is not secret, so its value must be sent")
        return value
    text = str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int | float) else value
    if not _is_text(text):
        raise wrong(path, f"must be a text of at most {LONGEST} characters, without the character U+0000")
    options = declared["options"]
    if isinstance(options, list) and options and text not in options:
        raise wrong(path, f"must be one of: {', '.join(map(str, options))}")
    if declared["arguments"] is True:
        _split(str(text), path)
    return text


def environment_of(image: Document, given: Mapping[str, JSON]) -> Document:
    """Give the environment of an instance: the image's own, then every variable that has a value."""
    found: Document = {}
    value: JSON
    listed = image["environment"]
    for line in listed if isinstance(listed, list) else ():
        name, _, value = str(line).partition("=")
        found[name] = value
    declared = image["variables"]
    for name, one in declared.items() if isinstance(declared, dict) else ():
        value = given.get(name, one["default"] if isinstance(one, dict) else None)
        if value is not None:
            found[name] = value
    return found


def arguments_of(image: Document, given: Mapping[str, JSON]) -> list[JSON]:
    """Give the command line as a list, which no shell ever reads; `${NAME}` in it is the value of a variable.

    A variable with `arguments` that is a word of its own becomes several words, split as a shell would.
    """
    values = environment_of(image, given)
    declared = image["variables"]
    many = (
        {name for name, one in declared.items() if isinstance(one, dict) and one["arguments"] is True}
        if isinstance(declared, dict)
        else set()
    )
    found: list[JSON] = []
    for word in _split(str(image["command"]), "command"):
        alone = _PLACE.fullmatch(word)
        if alone is not None and alone[1] in many:
            found.extend(_split(str(values.get(alone[1], "")), f"variables/{alone[1]}"))
        else:
            found.append(_PLACE.sub(lambda match: str(values.get(match[1], match[0])), word))
    return found


def check_command(image: Document) -> None:
    """Refuse a command that cannot be split, or shows a secret to everybody who lists processes.

    Raises:
        InvalidError: saying why.
    """
    words = _split(str(image["command"]), "command")
    named = {match[1] for word in words for match in _PLACE.finditer(word)}
    shown = sorted(named & secrets_of(image))
    if shown:
        raise wrong("command", f"names the secret variable '{shown[0]}', which a command line would show to everybody")


def _split(text: str, path: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as fault:
        raise wrong(path, f"cannot be split into words: {fault}") from fault


def _is_text(value: JSON) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST and "\0" not in value


def wrong(path: str, text: str) -> InvalidError:
    """Build the refusal of a value at a place."""
    return InvalidError(f"{path}: {text}", fields={path: [text]})
