"""Bundles that were compiled, by all that they are made of, so that nodes alike share one."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from app.fleet.bundles.compiling import Bundle, compile_bundle, technique_of
from app.fleet.bundles.expanding import answer_of, reads_attributes, references_in
from app.fleet.bundles.facts import UNMANAGED, Configuration, NodeFacts
from app.fleet.references import texts
from app.fleet.techniques.variables import Section

MOST_BYTES: Final = 8_000_000
"""How much of bundles is kept; what was asked for longest ago goes first."""

MOST_LIKENESSES: Final = 20_000
"""How many likenesses are remembered before all are forgotten."""

_Key = tuple[tuple[str, ...], str, bool, tuple[str, ...]]


class Likeness(NamedTuple):
    """What nodes have in common that have the same bundle for sure, without looking at their values.

    `said` are their own properties and `groups` those of their groups that say some, where a directive asks for any.
    """

    rules: tuple[str, ...]
    mode: str
    is_managed: bool
    said: str
    groups: tuple[str, ...]


UNMANAGED_LIKENESS: Final = Likeness((), "", is_managed=False, said="", groups=())


class SharedBundles:
    """The bundles of one configuration, to be cleared when that changes; a caller locks it.

    Of a node only its mode, its state, its rules and what the references in their directives come to count. A node
    with instances is compiled by itself.
    """

    def __init__(self) -> None:
        self._bundles: OrderedDict[_Key, Bundle] = OrderedDict()
        self._references: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._reaching: dict[tuple[str, ...], bool] = {}
        self._keys: dict[Likeness, _Key] = {}
        self._bytes = 0

    def clear(self) -> None:
        """Forget all; for whoever changes the configuration."""
        self._bundles.clear()
        self._references.clear()
        self._reaching.clear()
        self._keys.clear()
        self._bytes = 0

    def reads_properties(self, configuration: Configuration, rules: tuple[str, ...]) -> bool | None:
        """Tell whether the directives of some rules ask for properties; None where they ask for more of a node."""
        references = self._known_references(configuration, rules)
        reaches = self._reaching.get(rules)
        if reaches is None:
            reaches = self._reaching[rules] = any(map(reads_attributes, references))
        return None if reaches else bool(references)

    def find(self, likeness: Likeness) -> Bundle | None:
        """Give the bundle of nodes that are like each other, if it is still known."""
        key = self._keys.get(likeness)
        return None if key is None else self._bundles.get(key)

    def bundle(
        self, configuration: Configuration, node: NodeFacts, rules: Sequence[str], likeness: Likeness | None = None
    ) -> Bundle:
        """Give what `compile_bundle` makes of the same, and remember it for all nodes like this one."""
        if configuration.hosted.on(node.id):
            return compile_bundle(configuration, node, rules)
        key = self._key(configuration, node, tuple(rules))
        if likeness is not None:
            if len(self._keys) >= MOST_LIKENESSES:
                self._keys.clear()
            self._keys[likeness] = key
        known = self._bundles.get(key)
        if known is None:
            known = self._bundles[key] = compile_bundle(configuration, node, rules)
            self._bytes += len(known.body)
            while self._bytes > MOST_BYTES and len(self._bundles) > 1:
                self._bytes -= len(self._bundles.popitem(last=False)[1].body)
        else:
            self._bundles.move_to_end(key)
        return known

    def _key(self, configuration: Configuration, node: NodeFacts, rules: tuple[str, ...]) -> _Key:
        if node.state in UNMANAGED:
            return (), "", False, ()
        references = self._known_references(configuration, rules)
        said = tuple(answer_of(one, node, configuration.parameters) for one in references)
        return rules, node.mode, True, said

    def _known_references(self, configuration: Configuration, rules: tuple[str, ...]) -> tuple[str, ...]:
        references = self._references.get(rules)
        if references is None:
            references = self._references[rules] = _references(configuration, rules)
        return references


def _references(configuration: Configuration, rules: Sequence[str]) -> tuple[str, ...]:
    """List the references in the directives of some rules, and in the defaults of their techniques, each once."""
    known = [configuration.rules[rule] for rule in rules if rule in configuration.rules]
    named = dict.fromkeys(name for rule in known for name in texts(rule["directives"]))
    found: dict[str, None] = {}
    for directive in (configuration.directives[one] for one in named if one in configuration.directives):
        found.update(dict.fromkeys(references_in(directive["parameters"])))
        technique = technique_of(configuration, directive)
        if technique is not None:
            found.update(dict.fromkeys(_in_defaults(technique.parameters)))
    return tuple(found)


def _in_defaults(section: Section) -> Iterator[str]:
    for variable in section.variables:
        yield from references_in(variable.default)
    for inner in section.sections:
        yield from _in_defaults(inner)
