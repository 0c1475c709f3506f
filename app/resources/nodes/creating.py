"""Making nodes: many in one call, each by itself."""

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from app.changes.operating import Deed
from app.changes.recording import Fact
from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.errors import InvalidError
from app.core.values import dataclass
from app.fleet.inventories import MEMBERS, inventory_faults
from app.resources.nodes.editing import edited
from app.resources.nodes.service import KIND, check_node_id
from app.resources.nodes.shape import MODES, STATES
from app.store import nodes as store
from app.store.nodes import ROOT, Node

MOST: Final = 1000
VALIDATION: Final = "[validation] "
_OWN: Final = (
    *("id", "status", "policyServerId", "machineType", "state", "policyMode", "agentKey", "properties"),
    "documentation",
)
_STATUSES: Final = ("accepted", "pending")


@dataclass(slots=True)
class Created:
    """The ids of the nodes that were made, and what is wrong with each of the others."""

    created: list[str] = field(default_factory=list)
    failed: list[tuple[str, list[str]]] = field(default_factory=list)

    def to_json(self) -> Document:
        """Show it as Rudder does."""
        failed: list[JSON] = [{one: [f"{VALIDATION}{text}" for text in texts]} for one, texts in self.failed]
        return {"created": [*self.created], "failed": failed}


def create_nodes(work: Work, body: JSON, *, strict: bool) -> Created:
    """Make every node of a list that can be made; `strict` refuses unknown members, and takes ids that are no UUIDs.

    Raises:
        InvalidError: it is no list, or too long a one.
    """
    given = body if isinstance(body, list) else [body]
    if len(given) > MOST:
        raise InvalidError(f"{len(given)} nodes are too many at once; at most {MOST} are taken")
    if not all(isinstance(one, dict) for one in given):
        raise InvalidError(
            'The body must be a list of nodes such as [{"id":"...","hostname":"...","status":"accepted"}]'
        )
    done = Created()
    ready: dict[str, Node] = {}
    for one in given:
        node, faults = _read(one if isinstance(one, dict) else {}, strict=strict)
        if node is not None and node.id in ready:
            faults = [f"Node '{node.id}' stands twice in the list; send it once"]
        if faults or node is None:
            done.failed.append((_named(one), faults))
        else:
            ready[node.id] = node
    if ready:
        _make(work, ready, done)
    return done


def create_node(work: Work, node: Node) -> str:
    """Make one accepted node whose id is new, and give its id; the same request again gives that of the first."""

    def act(connection: Connection, now: int) -> Deed:
        made = replace(node, created=now, accepted=now)
        store.put_node(connection, work.ctx.tenant, made, is_new=True, now_ms=now)
        fact = Fact(type="NodeAdded", kind=KIND, id=node.id, name=node.hostname, data={"status": made.status})
        return Deed(facts=(fact,), answer={"id": node.id}, id=node.id)

    return str(work.operate(act)["id"])


def _make(work: Work, ready: Mapping[str, Node], done: Created) -> None:
    faulty = [*done.failed]

    def act(connection: Connection, now: int) -> Deed:
        done.created, done.failed = [], [*faulty]
        facts = []
        for node in ready.values():
            known = store.lock_node(connection, work.ctx.tenant, node.id)
            if known is not None and known.status != "deleted":
                done.failed.append(
                    (node.id, [f"Node '{node.id}' exists already; change it with POST /nodes/{node.id}"])
                )
                continue
            made = replace(node, created=now, accepted=now if node.status == "accepted" else None)
            store.put_node(connection, work.ctx.tenant, made, is_new=known is None, now_ms=now)
            facts.append(
                Fact(type="NodeAdded", kind=KIND, id=node.id, name=node.hostname, data={"status": node.status})
            )
            done.created.append(node.id)
        return Deed(facts=facts, answer=done.to_json())

    # Where the very same request was answered before, `act` does not run, and the answer is what it was.
    answer = work.operate(act)
    created, failed = answer["created"], answer["failed"]
    done.created = [str(one) for one in created] if isinstance(created, list) else []
    done.failed = [
        (name, [str(text).removeprefix(VALIDATION) for text in texts] if isinstance(texts, list) else [])
        for one in (failed if isinstance(failed, list) else ())
        if isinstance(one, dict)
        for name, texts in one.items()
    ]


def _named(one: JSON) -> str:
    return str(one.get("id", "")) if isinstance(one, dict) else ""


def _read(given: Document, *, strict: bool) -> tuple[Node | None, list[str]]:
    """Read one node; None, and what is wrong with it, when it cannot be made."""
    faults: list[str] = []
    node_id = given.get("id")
    if not isinstance(node_id, str) or not node_id:
        faults.append("id is required")
    elif not strict and not _is_uuid(node_id):
        faults.append(f"id '{node_id}' is not a UUID")
    else:
        faults.extend(_fault_of(lambda: check_node_id(node_id)))
    inventory = _inventory(given)
    unknown = [name for name in given if name not in _OWN and name not in MEMBERS]
    if strict and unknown:
        faults.append(f"{', '.join(unknown)}: unknown; allowed are: {', '.join((*_OWN, *MEMBERS))}")
    if not given.get("os"):
        faults.append('os is required: an object such as {"type":"Linux","name":"Debian","version":"12"}')
    faults.extend(f"{path}: {text}" for path, text in inventory_faults(inventory))
    faults.extend(_choice_faults(given))
    if faults:
        return None, faults
    fields = {name: given[name] for name in _OWN if given.get(name) is not None}
    blank = Node(
        id=str(node_id),
        hostname=str(given["hostname"]),
        status="accepted" if given["status"] == "accepted" else "pending",
        created=0,
        policy_server=str(given.get("policyServerId") or ROOT),
        inventory={name: value for name, value in inventory.items() if name != "hostname" and value is not None},
    )
    made: list[Node] = []
    faults = _fault_of(lambda: made.append(edited(blank, fields)))
    return (made[0], []) if made else (None, faults)


def _choice_faults(given: Document) -> list[str]:
    choices = {"status": _STATUSES, "state": STATES, "policyMode": MODES}
    faults = [
        f"{name} '{given[name]}' is not one of: {', '.join(allowed)}"
        for name, allowed in choices.items()
        if given.get(name) is not None and given[name] not in allowed
    ]
    if given.get("status") is None:
        faults.append(f"status is required; use one of: {', '.join(_STATUSES)}")
    return faults


def _inventory(given: Document) -> Document:
    inventory = {name: value for name, value in given.items() if name in MEMBERS or name == "hostname"}
    machine = inventory.get("machine") or given.get("machineType")
    if isinstance(machine, str):
        is_physical = machine.lower() == "physical"
        inventory["machine"] = {"type": "Physical"} if is_physical else {"type": "Virtual", "provider": machine}
    return inventory


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _fault_of(read: Callable[[], object]) -> list[str]:
    try:
        read()
    except InvalidError as fault:
        return [fault.message]
    return []
