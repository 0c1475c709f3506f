"""Instances as the panel shows them, with the node and image of this moment inside."""

from collections.abc import Iterable, Sequence

from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.dialects.panel.images import image_json
from app.dialects.panel.nodes import node_json, terms_of
from app.fleet.hosting.standing import standing_of
from app.fleet.hosting.variables import environment_of
from app.store.documents import Stored, some_documents
from app.store.nodes import summaries
from app.store.secrets import tag_of

HIDDEN = "********"
"""What stands for a secret."""
_SEEN_BY_NODE = ("running", "suspended", "failed")


class Shower:
    """Shows instances of one tenant as of one moment."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.standing = standing_of(work)
        self.terms = terms_of(work)

    def one(self, stored: Stored) -> Document:
        """Show one instance."""
        (shown,) = self._shown([stored])
        return shown

    def many(self, listed: Sequence[Stored]) -> list[JSON]:
        """Show instances in their order."""
        return [*self._shown(listed)]

    def _shown(self, listed: Sequence[Stored]) -> Iterable[Document]:
        session = self.work.session
        nodes = {
            one.id: node_json(one, self.terms)
            for one in summaries(session, {str(stored.document["nodeId"]) for stored in listed})
        }
        images = some_documents(session, {("image", str(stored.document["imageId"])) for stored in listed})
        for stored in listed:
            document = stored.document
            image = images.get(("image", str(document["imageId"])))
            yield self._json(stored, nodes.get(str(document["nodeId"])), None if image is None else image.document)

    def _json(self, stored: Stored, node: Document | None, image: Document | None) -> Document:
        instance = stored.document
        stand = self.standing.state(stored)
        given = instance["variables"]
        values: Document = {name: _masked(value) for name, value in given.items()} if isinstance(given, dict) else {}
        environment = {} if image is None else environment_of(image, values)
        return {
            "Name": instance["name"],
            "Id": instance["id"],
            "Node": node,
            "User": instance["owner"],
            "ContainerId": f"sternpost-{instance['id']}" if stand.state in _SEEN_BY_NODE else None,
            "VolumeId": instance["id"],
            "Memory": instance["memory"],
            "Cpu": instance["cpu"],
            "Disk": instance["disk"],
            "Ports": instance["ports"],
            "Primary": instance["primary"],
            "Image": "" if image is None else image["image"],
            "AltImages": [],
            "StopCommand": "" if image is None else image["stopCommand"],
            "imageData": None if image is None else image_json(image),
            "Env": [f"{name}={value}" for name, value in environment.items()],
            "variables": values,
            "suspended": instance["suspended"],
            **stand.to_json(),
        }


def _masked(value: JSON) -> JSON:
    return value if tag_of(value) is None else HIDDEN
