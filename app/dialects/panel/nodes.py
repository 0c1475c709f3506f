"""Nodes as the panel shows them: the same nodes, whose panel fields are properties."""

import re
from ipaddress import ip_address
from typing import Final

from app.changes.settings import setting
from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.core.ids import new_id
from app.dialects.panel.answers import Reply, waiting
from app.dialects.panel.reading import Asked, loose_text
from app.fleet.compliance.lines import Terms
from app.fleet.fleet import missing_node
from app.resources.nodes.creating import create_node
from app.resources.nodes.service import delete_node, delete_node_with_instances, get_node
from app.store.documents import find_document
from app.store.nodes import Node, Summary, find_node, summaries
from app.store.sources import documents_with

FIELDS: Final = ("name", "tags", "ram", "disk", "processor", "port")
"""What is kept as properties of the node; its address is the host name."""
_REQUIRED: Final = ("name", "tags", "ram", "disk", "processor", "address", "port")
_NUMBER: Final = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,6})?(?: ?[A-Za-z]{1,3})?")
_HOST: Final = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}))*\.?"
)
_MOST_PORT: Final = 65_535
_LONGEST: Final = 255


def node_json(node: Summary, terms: Terms) -> Document:
    """Show a node; what is not known of it is empty."""
    said = {str(one.get("name")): one.get("value") for one in node.properties}
    return {
        "id": node.id,
        "name": _text(said.get("name")) or node.hostname,
        **{name: _text(said.get(name)) for name in FIELDS if name != "name"},
        "address": node.hostname,
        "status": _status(node, terms),
        "versionFamily": "",
        "versionRelease": "",
        "remote": False,
        "docker": "",
    }


def terms_of(work: Work) -> Terms:
    """Say when nodes are due to be heard of."""
    minutes = setting("run_frequency", find_document(work.session, "setting", "run_frequency"))
    return Terms(work.committer.clock(), minutes if isinstance(minutes, int) else 5)


def list_nodes(work: Work, _asked: Asked) -> Reply:
    """List the nodes by id."""
    terms = terms_of(work)
    listed: list[JSON] = [node_json(node, terms) for node in summaries(work.session)]
    return Reply(200, listed)


def add_node(work: Work, asked: Asked) -> Reply:
    """Make an accepted node; nobody calls at its address."""
    if any(asked.value(name) is None for name in _REQUIRED):
        raise InvalidError("Missing parameters")
    given = {name: loose_text(name, asked.value(name)) for name in _REQUIRED}
    _check(given)
    properties = tuple({"name": name, "value": given[name]} for name in FIELDS)
    node = Node(id=new_id(), hostname=given["address"], created=0, properties=properties)
    made = get_node(work, create_node(work, node))
    shown = node_json(Summary.of(made), terms_of(work))
    return Reply(201, {**shown, "Message": shown})


def _check(given: dict[str, str]) -> None:
    for name in ("ram", "disk"):
        if _NUMBER.fullmatch(given[name]) is None:
            raise InvalidError(f"Invalid {name}")
    port = given["port"]
    if not (port.isascii() and port.isdigit() and len(port) < 6 and 1 <= int(port) <= _MOST_PORT):  # noqa: PLR2004  digits
        raise InvalidError("Invalid port")
    if not _is_address(given["address"]):
        raise InvalidError("Invalid address")
    for name in ("name", "tags", "processor"):
        if len(given[name]) > _LONGEST or not given[name].isprintable():
            raise InvalidError(f"Invalid {name}")


def _is_address(address: str) -> bool:
    try:
        ip_address(address)
    except ValueError:
        return _HOST.fullmatch(address) is not None
    return True


def remove_node(work: Work, asked: Asked) -> Reply:
    """Delete a node; one with instances only where that was asked for."""
    node_id = asked.identity("nodeId", "Invalid node")
    with_instances = asked.flag("deleteInstances") or asked.query.get("deleteinstances", "").lower() == "true"
    try:
        known = find_node(work.session, node_id)
        # Of one that is not there the writing says what is to be said: a repeated request has its first answer.
        if known is not None and known.status == "pending":
            raise missing_node(node_id)
        if with_instances:
            outcome = delete_node_with_instances(work, node_id)
            if outcome.change_request is not None:
                return waiting(outcome.change_request)
        else:
            delete_node(work, node_id)
    except NotFoundError as error:
        raise InvalidError("Invalid node") from error
    except ConflictError as error:
        kept = documents_with(work.session, "instance", "nodeId", node_id)
        raise InvalidError("There are instances on the node" if kept else error.message) from error
    return Reply(201, {"Message": "The node has successfully deleted."})


def _status(node: Summary, terms: Terms) -> str:
    if node.last_run is not None:
        return "Online" if terms.now - node.last_run <= terms.lasts_ms else "Offline"
    return "Configured" if node.has_token or node.last_inventory is not None else "Unconfigured"


def _text(value: JSON) -> str:
    return "" if value is None or isinstance(value, dict | list) else str(value)
