"""What a bundle is compiled from: the configuration of a tenant, and what of a node counts."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import field

from app.core.canonical import JSON, Document
from app.core.values import dataclass
from app.fleet.hosting.hosted import Hosted
from app.fleet.techniques.definition import Technique

UNMANAGED = ("ignored", "empty-policies")
"""States in which a node is told to do nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFacts:
    """A node as its policy sees it.

    `properties` are complete: the node's own over those of its groups over parameters. `attributes` are what
    `${node.NAME}` finds, by name in lower case: `id`, `hostname`, `os.name`, ...
    """

    id: str
    hostname: str = ""
    mode: str = "default"
    state: str = "enabled"
    properties: Mapping[str, JSON] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The documents of a tenant that bundles are made of, by id (techniques by `<name>:<version>`).

    `parameters` are values by name, secret ones as tags; `held` are the tags that a value is held for, None for all.
    `schedule` is what the agent is told of its runs, `hosted` the instances by node.
    """

    rules: Mapping[str, Document] = field(default_factory=dict)
    directives: Mapping[str, Document] = field(default_factory=dict)
    techniques: Mapping[str, Technique] = field(default_factory=dict)
    parameters: Mapping[str, JSON] = field(default_factory=dict)
    global_mode: str = "enforce"
    overridable: bool = True
    held: AbstractSet[str] | None = None
    schedule: Mapping[str, JSON] = field(default_factory=dict)
    hosted: Hosted = field(default_factory=Hosted)
