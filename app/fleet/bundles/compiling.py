"""Compiles a bundle: a pure function of the configuration, a node, and the rules that apply to it."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import field
from functools import cached_property

from app.core.canonical import JSON, Document, canonical
from app.core.values import dataclass
from app.fleet.bundles.components import Component, Resolver, components_of, is_unique
from app.fleet.bundles.expanding import secrets_in
from app.fleet.bundles.facts import UNMANAGED, Configuration, NodeFacts
from app.fleet.bundles.hosting import split_held
from app.fleet.bundles.modes import DEFAULT, mode_of
from app.fleet.hosting.hosted import entry_of
from app.fleet.references import texts
from app.fleet.techniques.definition import Technique
from app.fleet.techniques.versions import document_id

FORMAT = 1


@dataclass(frozen=True)
class Bundle:
    """What a node must run; equal values make equal bundles, so nodes share them by hash."""

    document: Document

    @cached_property
    def body(self) -> bytes:
        """Canonical JSON."""
        return canonical(self.document)

    @cached_property
    def hash(self) -> str:
        """Name the bundle: SHA-256 of its body, in hex."""
        return hashlib.sha256(self.body).hexdigest()

    @cached_property
    def secrets(self) -> list[str]:
        """Name the tags whose values a node needs beside the bundle, sorted."""
        return sorted(set(secrets_in(self.document)))


@dataclass(slots=True)
class _Applied:
    """A directive on its way into the bundle; `rules` are those that bring it, the first one orders it."""

    id: str
    directive: Document
    technique: Technique
    rules: list[str]
    order: tuple[str, ...]
    components: list[Component] = field(default_factory=list)

    @property
    def rank(self) -> tuple[object, ...]:
        """Say who wins a conflict: the lower priority number, then who comes first."""
        return self.directive["priority"], *self.order

    def mode(self, configuration: Configuration, node: NodeFacts) -> str:
        """Say in which mode the node runs it."""
        whole, overridable = configuration.global_mode, configuration.overridable
        return mode_of(str(self.directive["policyMode"]), node.mode, global_mode=whole, overridable=overridable)

    def loss(self, winner: "_Applied", component: Component | None = None) -> JSON:
        """Tell that another directive is applied in place of this one, or of one component of it."""
        lost: Document = {"directive": self.id, "rules": [*self.rules], "by": winner.id}
        return lost | ({} if component is None else {"component": component.name, "value": component.value})


def compile_bundle(configuration: Configuration, node: NodeFacts, rules: Iterable[str]) -> Bundle:
    """Make the bundle of a node to which these rules apply; disabled and unknown ones are left out.

    A directive that cannot be resolved on this node is named in `faults` and left out, and the others are unaffected.
    """
    applied = [] if node.state in UNMANAGED else sorted(_applied(configuration, rules), key=lambda one: one.order)
    overridden: list[JSON] = []
    # First, so that a directive of low priority never steps in for one that cannot be resolved.
    applied = _settle_unique(applied, overridden)
    faults: list[JSON] = []
    whole = [one for one in applied if _resolve(one, configuration, node, faults)]
    _settle_components(whole, overridden)
    directives: list[JSON] = [_entry(one, configuration, node) for one in whole if one.components]
    schedule: Document = dict(configuration.schedule)
    document: Document = {
        "format": FORMAT,
        "schedule": schedule,
        "directives": directives,
        "overridden": overridden,
        "faults": faults,
    }
    if node.state not in UNMANAGED:
        # Named even where there are none: what an agent still runs and is not named here, it removes.
        document["hosting"] = _host(configuration, node, directives, faults)
    return Bundle(document)


def _host(configuration: Configuration, node: NodeFacts, directives: list[JSON], faults: list[JSON]) -> Document:
    """Add the instances of a node to its bundle, and name them."""
    hosted = configuration.hosted
    ids = hosted.on(node.id)
    wanted = [component for component in map(hosted.component, ids) if component is not None]
    whole, lacking = split_held(wanted, configuration.held)
    faults.extend(lacking)
    mode = _mode(DEFAULT, configuration, node)
    if whole:
        directives.append(entry_of(whole, mode))
    return {"mode": mode, "instances": [*ids]}


def _mode(said: str, configuration: Configuration, node: NodeFacts) -> str:
    return mode_of(said, node.mode, global_mode=configuration.global_mode, overridable=configuration.overridable)


def _applied(configuration: Configuration, rules: Iterable[str]) -> Iterator[_Applied]:
    found: dict[str, _Applied] = {}
    known = [(str(configuration.rules[rule]["displayName"]), rule) for rule in rules if rule in configuration.rules]
    for name, rule in sorted(set(known)):
        document = configuration.rules[rule]
        for directive_id in texts(document["directives"]) if document["enabled"] is True else ():
            if directive_id in found:
                found[directive_id].rules.append(rule)
                continue
            directive = configuration.directives.get(directive_id)
            technique = technique_of(configuration, directive) if directive is not None else None
            if directive is not None and technique is not None:
                order = (name, rule, str(directive["displayName"]), directive_id)
                found[directive_id] = _Applied(directive_id, directive, technique, [rule], order)
    yield from found.values()


def technique_of(configuration: Configuration, directive: Document) -> Technique | None:
    """Give the technique of a directive that is applied at all."""
    technique = configuration.techniques.get(
        document_id(str(directive["techniqueName"]), str(directive["techniqueVersion"]))
    )
    if directive["enabled"] is not True or technique is None:
        return None
    return technique if technique.enabled and technique.applicable else None


def _settle_unique(applied: list[_Applied], overridden: list[JSON]) -> list[_Applied]:
    """Keep, of each technique that describes the node as a whole, the directive that ranks first."""
    winners: dict[str, _Applied] = {}
    for one in sorted(applied, key=lambda one: one.rank):
        if is_unique(one.technique):
            winners.setdefault(one.technique.id, one)
    kept = []
    for one in applied:
        winner = winners.get(one.technique.id, one)
        if winner is one:
            kept.append(one)
        else:
            overridden.append(one.loss(winner))
    return kept


def _resolve(one: _Applied, configuration: Configuration, node: NodeFacts, faults: list[JSON]) -> bool:
    resolver = Resolver(node, configuration.parameters)
    one.components = components_of(one.technique, one.directive["parameters"], resolver)
    if configuration.held is not None:
        needed = {tag for component in one.components for tag in secrets_in(component.values)}
        missing = sorted(needed - configuration.held)
        resolver.faults.extend(f"the secret with tag {tag} is to be set; send its value again" for tag in missing)
    for text in resolver.faults:
        said = f"Directive '{one.id}' ({one.directive['displayName']}): {text}"
        fault: Document = {
            "directive": one.id,
            "rules": [*one.rules],
            "mode": one.mode(configuration, node),
            "text": said,
        }
        component = one.components[0].name if one.components else one.technique.name
        faults.append({**fault, "component": component})
    return not resolver.faults


def _settle_components(applied: list[_Applied], overridden: list[JSON]) -> None:
    """Of several components about one thing, keep that of the directive that ranks first, and its first one."""
    taken: dict[tuple[str, ...], _Applied] = {}
    for one in sorted(applied, key=lambda one: one.rank):
        kept = []
        for component in one.components:
            key = None if component.key is None else (one.technique.id, *component.key)
            if key is None or key not in taken:
                kept.append(component)
                if key is not None:
                    taken[key] = one
            else:
                overridden.append(one.loss(taken[key], component))
        one.components = kept


def _entry(one: _Applied, configuration: Configuration, node: NodeFacts) -> JSON:
    return {
        "directive": one.id,
        "name": one.directive["displayName"],
        "rules": [*one.rules],
        "technique": one.technique.id,
        "version": one.technique.version,
        "mode": one.mode(configuration, node),
        "priority": one.directive["priority"],
        "components": [component.to_json() for component in one.components],
    }
