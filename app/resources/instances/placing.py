"""Whether an instance fits its node and its owner's share, judged under the lock as the tenant's settings say."""

from collections.abc import Iterable, Iterator

from app.changes.kinds import View
from app.changes.settings import setting
from app.core.canonical import Document
from app.core.errors import InvalidError
from app.fleet.hosting.capacity import Capacity, capacity_of
from app.fleet.hosting.ports import read_ports
from app.store.nodes import find_node
from app.store.session import TenantSession
from app.store.sources import documents_with

CAPACITY_CHECK, PORT_CHECK = "instance_capacity_check", "instance_port_check"
REFUSE = "refuse"


def check_place(instance_id: str, instance: Document, view: View) -> None:
    """Refuse what does not fit the node, where the tenant wants it refused.

    Raises:
        InvalidError: naming the first lack.
    """
    strict = {key for key in (CAPACITY_CHECK, PORT_CHECK) if setting(key, view.find("setting", key)) == REFUSE}
    if not strict:
        return
    node = view.node(str(instance["nodeId"]))
    others = [
        one.document for one in view.holders("instance", "nodeId", str(instance["nodeId"])) if one.id != instance_id
    ]
    for key, field, text in lacks(instance, others, Capacity() if node is None else capacity_of(node)):
        if key in strict:
            raise InvalidError(text, fields={field: [text]})


def lacks(instance: Document, others: Iterable[Document], capacity: Capacity) -> Iterator[tuple[str, str, str]]:
    """Tell what does not fit, as (setting, field, sentence); what is unknown of a node lacks nothing."""
    others = list(others)
    for field, most, unit in (("memory", capacity.memory_mib, "MiB"), ("cpu", capacity.cores, "cores")):
        used = sum(_number(one, field) for one in others)
        wanted = _number(instance, field)
        if most is not None and used + wanted > most:
            node = instance["nodeId"]
            text = f"Node '{node}' has {most:g} {unit}, of which {used:g} are taken; {wanted:g} do not fit"
            yield CAPACITY_CHECK, field, text
    taken = {port.host for one in others for port in read_ports(str(one["ports"]))}
    for port in read_ports(str(instance["ports"])):
        if port.host in taken:
            yield PORT_CHECK, "ports", f"Port {port.host} is already in use on this node"


def warnings_of(session: TenantSession, instance: Document) -> list[str]:
    """Tell what does not fit the node of an instance that was accepted all the same."""
    node_id = str(instance["nodeId"])
    node = find_node(session, node_id)
    held = documents_with(session, "instance", "nodeId", node_id)
    others = [one.document for one in held if one.id != instance["id"]]
    return [text for _, _, text in lacks(instance, others, Capacity() if node is None else capacity_of(node))]


def check_limits(instance_id: str, instance: Document, view: View) -> None:
    """Refuse more than one person may have.

    Raises:
        InvalidError: naming the limit.
    """
    owner = str(instance["owner"])
    most = _limit("instance_limit_per_user", view)
    memory = _limit("instance_memory_limit_per_user", view)
    cpu = _limit("instance_cpu_limit_per_user", view)
    if not (most or memory or cpu):
        return
    others = [one.document for one in view.holders("instance", "owner", owner) if one.id != instance_id]
    if most and len(others) + 1 > most:
        text = f"User '{owner}' has {len(others)} instances and may have {most}; delete one, or raise the limit"
        raise InvalidError(text, fields={"owner": [text]})
    for field, limit, unit in (("memory", memory, "MiB"), ("cpu", cpu, "cores")):
        used = sum(_number(one, field) for one in others)
        if limit and used + _number(instance, field) > limit:
            text = f"User '{owner}' has {used:g} of {limit} {unit}; {_number(instance, field):g} more are too many"
            raise InvalidError(text, fields={field: [text]})


def _limit(key: str, view: View) -> int:
    value = setting(key, view.find("setting", key))
    return value if isinstance(value, int) else 0


def _number(instance: Document, field: str) -> float:
    value = instance[field]
    return float(value) if isinstance(value, int | float) else 0.0
