"""The slow and plain reference for bundles: the same rules again, written without the program's own steps."""

import re
from typing import Any


def value_of(text: str, properties: dict[str, str], parameters: dict[str, str], hostname: str) -> str | None:
    """Replace references, one after the other; None when one leads nowhere."""
    lost = False

    def replaced(found: re.Match[str]) -> str:
        nonlocal lost
        kind, name = found[1], found[2]
        known = {"node.properties": properties, "rudder.param": parameters}[kind]
        if name not in known:
            lost = True
            return ""
        return known[name]

    given = text.replace("${node.hostname}", hostname)
    whole = re.sub(
        r"\$\{(node\.properties)\[(\w+)\]\}|\$\{(rudder\.param)\.(\w+)\}", lambda m: replaced(_same(m)), given
    )
    return None if lost else whole


def _same(found: re.Match[str]) -> Any:
    return [None, found[1] or found[3], found[2] or found[4]]


def mode(directive: str, node: str, whole: str, *, overridable: bool) -> str:
    """Write the table of modes out."""
    if not overridable:
        return whole
    if "audit" in (directive, node):
        return "audit"
    if "enforce" in (directive, node):
        return "enforce"
    return whole


def plain_bundle(given: dict[str, Any]) -> dict[str, Any]:
    """Say what runs, as `{(directive, path or None): (content, mode, rules)}`, and which directives are at fault."""
    brought = _brought(given)
    names = {rule["id"]: rule["name"] for rule in given["rules"]}

    def rank(name: str) -> tuple[Any, ...]:
        first = brought[name][0]
        return given["directives"][name]["priority"], names[first], first, given["directives"][name]["name"], name

    whole = [name for name in brought if given["directives"][name]["unique"]]
    winner = min(whole, key=rank) if whole else None
    resolved = {name: _resolved(given, name) for name in brought if name not in whole or name == winner}
    result: dict[tuple[str, str | None], tuple[str, str, tuple[str, ...]]] = {}
    taken: set[str | None] = set()
    for name in sorted((name for name in resolved if resolved[name] is not None), key=rank):
        own = given["directives"][name]["mode"]
        runs_in = mode(own, given["mode"], given["global"], overridable=given["overridable"])
        for path, value in resolved[name] or []:
            if path is None or path not in taken:
                result[name, path] = (value, runs_in, tuple(brought[name]))
                taken.add(path)
    return {"runs": result, "faulty": {name for name, files in resolved.items() if files is None}}


def _brought(given: dict[str, Any]) -> dict[str, list[str]]:
    """Say which rules bring each directive that runs at all."""
    brought: dict[str, list[str]] = {}
    for rule in sorted(given["rules"], key=lambda one: (one["name"], one["id"])):
        for name in sorted(rule["directives"]) if rule["enabled"] else ():
            if name in given["directives"] and given["directives"][name]["enabled"]:
                brought.setdefault(name, []).append(rule["id"])
    return brought


def _resolved(given: dict[str, Any], name: str) -> list[tuple[str | None, str]] | None:
    """Resolve the texts of a directive; None when one cannot be."""
    known = given["properties"], given["parameters"], given["hostname"]
    values = [(path, value_of(text, *known)) for path, text in given["directives"][name]["files"]]
    return None if any(value is None for _, value in values) else [(path, str(value)) for path, value in values]
