"""Every call of the panel: path, method, the right that opens it, what it does, and what it says when it fails."""

from collections.abc import Callable
from typing import Final

from app.changes.work import Work
from app.core.values import dataclass
from app.dialects.panel import images, instances, nodes, users
from app.dialects.panel.answers import Reply
from app.dialects.panel.reading import Asked
from app.http.endpoint import ANYBODY, Answer, Endpoint, Given

NAME: Final = "Sternpost"
_MAY_SUSPEND: Final = ("instance_edit", "instance_write")
View = Callable[[Work, Asked], Reply]


@dataclass(frozen=True, slots=True)
class PanelCall:
    """One call; `endpoint` is what rights are judged by, `sentence` what a fault of the server is told as."""

    endpoint: Endpoint
    view: View
    sentence: str

    @property
    def method(self) -> str:
        """The one method."""
        return self.endpoint.methods[0]


def _name(_work: Work, _asked: Asked) -> Reply:
    return Reply(200, {"name": NAME})


def _never(_work: object, _given: Given) -> Answer:
    raise NotImplementedError("the panel's calls are answered by their own views")


def _call(line: str, right: str | tuple[str, ...], view: View, sentence: str, *, reads: bool = False) -> PanelCall:
    method, path = line.split(" ")
    endpoint = Endpoint(
        methods=(method,),
        path=path,
        action=f"panel{''.join(part.capitalize() for part in path.replace('-', '/').split('/') if part[:1] != '{')}",
        summary=sentence,
        right=right,
        view=_never,
        write=False if reads or method == "GET" else None,
    )
    return PanelCall(endpoint, view, sentence)


CALLS: Final = (
    _call("GET /name", ANYBODY, _name, "Error retrieving name"),
    _call("GET /users", "user_read", users.list_users, "Error retrieving users"),
    _call("POST /getUser", "user_read", users.get_user, "Error retrieving user", reads=True),
    _call("POST /auth/create-user", "user_write", users.add_user, "Error creating user"),
    _call("GET /instances", "instance_read", instances.list_instances, "Error retrieving instances"),
    _call("POST /instances/deploy", "instance_write", instances.deploy, "Error deploying instance"),
    _call("DELETE /instance/delete", "instance_write", instances.delete, "Error deleting instance"),
    _call("POST /getUserInstance", "instance_read", instances.of_user, "Error retrieving user instances", reads=True),
    _call("POST /getInstance", "instance_read", instances.get_instance, "Error retrieving instance", reads=True),
    _call("POST /instances/suspend", _MAY_SUSPEND, instances.suspend, "Error suspending instance"),
    _call("POST /instances/suspend/{id}", _MAY_SUSPEND, instances.suspend, "Error suspending instance"),
    _call("POST /instances/unsuspend", _MAY_SUSPEND, instances.unsuspend, "Error unsuspending instance"),
    _call("POST /instances/unsuspend/{id}", _MAY_SUSPEND, instances.unsuspend, "Error unsuspending instance"),
    _call("GET /images", "image_read", images.list_images, "Error retrieving images"),
    _call("GET /nodes", "node_read", nodes.list_nodes, "Error retrieving nodes"),
    _call("POST /nodes/create", "node_write", nodes.add_node, "Error creating node"),
    _call("DELETE /nodes/delete", "node_write", nodes.remove_node, "Error deleting node"),
)

BY_PATH: Final = {
    path: {call.method: call for call in CALLS if call.endpoint.path == path}
    for path in dict.fromkeys(call.endpoint.path for call in CALLS)
}
"""The calls by path and method."""

ONLY_HERE: Final = frozenset(
    {"/name", "/getUser", "/getUserInstance", "/getInstance", "/instance/delete", "/auth/create-user"}
)
"""Paths that nothing else answers; the others are also names of resources of the native API."""
