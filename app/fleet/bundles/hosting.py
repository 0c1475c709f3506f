"""The instances of a node in its bundle."""

from collections.abc import Collection, Iterable

from app.core.canonical import JSON, Document
from app.fleet.bundles.expanding import secrets_in
from app.fleet.hosting.hosted import COMPONENT, DIRECTIVE


def split_held(components: Iterable[Document], held: Collection[str] | None) -> tuple[list[Document], list[JSON]]:
    """Part the components whose secrets are held from the faults that stand for the others."""
    whole: list[Document] = []
    faults: list[JSON] = []
    for one in components:
        missing = [] if held is None else sorted(set(secrets_in(one["values"])) - set(held))
        if not missing:
            whole.append(one)
            continue
        name = str(one["value"]).partition(" ")[0]
        text = f"Instance '{name}': the secret with tag {missing[0]} is to be set; send its value again"
        faults.append({"directive": DIRECTIVE, "rules": [], "text": text, "component": COMPONENT})
    return whole, faults
