"""The JSON form of nodes."""

from app.core.canonical import JSON
from app.http.fields import Choice, CommaList, Former, JsonValue, Text, TextList
from app.http.schemas import ApiSchema
from app.resources.nodes.shape import MODES, STATES

NOT_SENT = "Error when changing Node status; cause was: Node ID or status not correctly sent"
KEEP = "keep"
"""What some clients send where nothing is to change (conventions, section 16)."""


class NodeProperties(TextList):
    """Properties as objects, or as texts `name=value`."""

    def element(self, text: str) -> JSON:
        """Read one of several values of a form."""
        name, _, value = text.partition("=")
        return {"name": name, "value": value}


class NodeQuery(ApiSchema):
    """Which members are shown: levels (minimal, default, full) and names."""

    include = CommaList()


class NodesQuery(NodeQuery):
    """Which nodes are asked for, as one query or in its parts."""

    query = JsonValue(shape="object")
    where = JsonValue(shape="list")
    composition = Text()
    select = Text()
    transform = Text()


class NodeInput(ApiSchema):
    """What may be changed of a node."""

    ignored = ("id", "hostname", "status")

    properties = NodeProperties(objects=True)
    policy_mode = Choice((*MODES, KEEP), data_key="policyMode")
    state = Choice((*STATES, KEEP))
    agent_key = JsonValue(shape="object", data_key="agentKey")
    documentation = Text(max_length=100_000)
    reason = Text(max_length=4000)


class StatusInput(ApiSchema):
    """What becomes of pending nodes."""

    node_id = TextList(data_key="nodeId", required=True)
    status = Text(required=True)


class OneStatusInput(ApiSchema):
    """What becomes of one pending node."""

    status = Text(required=True)


class DeleteQuery(ApiSchema):
    """How Rudder deletes: it keeps the machine's entry or not; here both are the same."""

    mode = Choice(("move", "erase"))


class StatusesQuery(ApiSchema):
    """Which nodes are asked about."""

    ids = CommaList()


def _known() -> JsonValue:
    return JsonValue(metadata={"omit_empty": True})


class NodeSchema(ApiSchema):
    """A node at any level; what is not known, or not asked for, is left out."""

    id = Text()
    hostname = Text()
    status = Text()
    state = Text()
    os = _known()
    architecture = Text(data_key="architectureDescription")
    ram = _known()
    machine = _known()
    addresses = JsonValue(data_key="ipAddresses", metadata={"omit_empty": True})
    description = Text()
    accepted_minute = Text(
        data_key="acceptanceMinute", metadata={"until": 11, "formerly": Former("acceptanceDate", until=11)}
    )
    accepted = Text(data_key="acceptanceDate", metadata={"since": 12})
    inventoried_minute = Text(
        data_key="lastInventoryMinute", metadata={"until": 11, "formerly": Former("lastInventoryDate", until=11)}
    )
    inventoried = Text(data_key="lastInventoryDate", metadata={"since": 12})
    ran_minute = Text(data_key="lastRunMinute", metadata={"until": 11, "formerly": Former("lastRunDate", until=11)})
    ran = Text(data_key="lastRunDate", metadata={"since": 12})
    policy_server = Text(data_key="policyServerId")
    management = JsonValue(data_key="managementTechnology", metadata={"omit_empty": True})
    properties = JsonValue()
    policy_mode = Text(data_key="policyMode")
    timezone = _known()
    documentation = Text(metadata={"omit_empty": True, "since": 25})
    created = Text(data_key="createdAt", metadata={"since": 25})
    updated = Text(data_key="updatedAt", metadata={"since": 25})
    accounts = _known()
    bios = _known()
    controllers = _known()
    variables = JsonValue(data_key="environmentVariables", metadata={"omit_empty": True})
    file_systems = JsonValue(data_key="fileSystems", metadata={"omit_empty": True})
    instance = Text(data_key="instanceId", metadata={"omit_empty": True})
    memories = _known()
    interfaces = JsonValue(data_key="networkInterfaces", metadata={"omit_empty": True})
    processes = _known()
    processors = _known()
    slots = _known()
    software = _known()
    software_update = JsonValue(data_key="softwareUpdate", metadata={"omit_empty": True})
    sound = _known()
    storage = _known()
    ports = _known()
    videos = _known()
    virtual_machines = JsonValue(data_key="virtualMachines", metadata={"omit_empty": True})


class SettledSchema(ApiSchema):
    """A node whose status was just changed."""

    id = Text()
    status = Text()
    hostname = Text()
    os_name = Text(data_key="osName")
    os_version = Text(data_key="osVersion")
    machine_type = Text(data_key="machineType", metadata={"formerly": Former("machyneType", until=3)})


class UpdatedSchema(ApiSchema):
    """What can be changed of a node, as it is now."""

    id = Text()
    properties = JsonValue()
    policy_mode = Text(data_key="policyMode")
    state = Text()
    agent_key = JsonValue(data_key="agentKey", metadata={"omit_empty": True})
    documentation = Text(metadata={"omit_empty": True})


class StatusSchema(ApiSchema):
    """The status of one node."""

    id = Text()
    status = Text()


class TokenSchema(ApiSchema):
    """A node's token, shown this once, and the key with which the server signs its policy: the agent pins it."""

    id = Text()
    token = Text()
    public_key = Text(data_key="publicKey")


class InheritedSchema(ApiSchema):
    """The properties of a node with where they come from."""

    id = Text()
    properties = JsonValue()
