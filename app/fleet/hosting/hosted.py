"""The instances of a tenant by node, and what the policy of each node says of them."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import field

from app.core.canonical import JSON, Document, canonical
from app.core.values import dataclass
from app.fleet.hosting.ports import read_ports
from app.fleet.hosting.variables import arguments_of, environment_of

DIRECTIVE, TECHNIQUE, VERSION = "instances", "instanceHosting", "1.0"
COMPONENT = "Instance"
_DIGEST_LENGTH = 16


@dataclass(slots=True)
class Hosted:
    """Instances and images by id; whoever reads them keeps others from changing them meanwhile."""

    instances: dict[str, Document] = field(default_factory=dict)
    images: dict[str, Document] = field(default_factory=dict)
    by_node: dict[str, set[str]] = field(default_factory=dict)

    def put_instance(self, instance_id: str, document: Document | None) -> None:
        """Take an instance as it is now; None when it is gone."""
        known = self.instances.pop(instance_id, None)
        if known is not None:
            here = self.by_node[str(known["nodeId"])]
            here.discard(instance_id)
            if not here:
                del self.by_node[str(known["nodeId"])]
        if document is not None:
            self.instances[instance_id] = document
            self.by_node.setdefault(str(document["nodeId"]), set()).add(instance_id)

    def copy(self) -> "Hosted":
        """Give one of the caller's own."""
        by_node = {node: set(ids) for node, ids in self.by_node.items()}
        return Hosted(dict(self.instances), dict(self.images), by_node)

    def on(self, node_id: str) -> list[str]:
        """Name the instances of a node, sorted."""
        return sorted(self.by_node.get(node_id, ()))

    def component(self, instance_id: str) -> Document | None:
        """Give the part of the policy that is about one instance; None where its image is not there."""
        instance = self.instances.get(instance_id)
        image = None if instance is None else self.images.get(str(instance["imageId"]))
        return None if instance is None or image is None else component_of(instance, image)

    def nodes_of_image(self, image_id: str) -> set[str]:
        """Name the nodes that have instances of an image."""
        return {str(one["nodeId"]) for one in self.instances.values() if one["imageId"] == image_id}


def component_of(instance: Document, image: Document) -> Document:
    """Say what a node must run, in the variables of the technique.

    The component's value names the instance and this very form of it, as reports repeat it.
    """
    given = instance["variables"]
    variables: Mapping[str, JSON] = given if isinstance(given, dict) else {}
    values: Document = {
        "INSTANCE_ID": instance["id"],
        "INSTANCE_RUNTIME": image["runtime"],
        "INSTANCE_STATE": "suspended" if instance["suspended"] is True else "running",
        "INSTANCE_MEMORY": str(instance["memory"]),
        "INSTANCE_CPU": _decimal(instance["cpu"]),
        "INSTANCE_IMAGE": image["image"],
        "INSTANCE_VOLUME": image["volume"],
        "Port": [
            {"PORT_NODE": str(one.host), "PORT_INSTANCE": str(one.inner)} for one in read_ports(str(instance["ports"]))
        ],
        "Argument": [{"ARGUMENT_VALUE": word} for word in arguments_of(image, variables)],
        "Variable": [
            {"VARIABLE_NAME": name, "VARIABLE_VALUE": value} for name, value in environment_of(image, variables).items()
        ],
    }
    digest = hashlib.sha256(canonical(values)).hexdigest()[:_DIGEST_LENGTH]
    values["INSTANCE_DIGEST"] = digest
    return {"component": COMPONENT, "value": f"{instance['id']} {digest}", "values": values}


def _decimal(cores: JSON) -> str:
    """Write a number of cores without an exponent."""
    return f"{cores:.9f}".rstrip("0").rstrip(".") if isinstance(cores, int | float) else ""


def entry_of(components: Iterable[Document], mode: str) -> Document:
    """Give what stands in a bundle for all instances of a node, like a directive of its own."""
    listed: list[JSON] = [*components]
    return {
        "directive": DIRECTIVE,
        "name": "Instances",
        "rules": [],
        "technique": TECHNIQUE,
        "version": VERSION,
        "mode": mode,
        "priority": 0,
        "components": listed,
    }
