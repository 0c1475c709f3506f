"""The parts of a node that its inventory lists (software, disks), and their attributes in Rudder's words."""

from collections.abc import Iterable, Mapping
from typing import Final

from app.core.canonical import JSON, Document
from app.core.values import dataclass
from app.fleet.criteria.comparing import ADDRESS, DAY, NUMBER, ORDERED_TEXT, SIZE, TEXT, Value, ValueType, read_day


@dataclass(frozen=True, slots=True)
class Part:
    """An attribute of one of a node's parts: its type, and its member in the inventory."""

    type: ValueType
    member: str


@dataclass(frozen=True, slots=True)
class Parts:
    """An object type of which a node has many: the list of the inventory, and the attributes in a fixed order."""

    section: str
    attributes: Mapping[str, Part]
    each: tuple[str, str] | None = None
    """A list member of a part, and the member that stands for one of it: the part counts once for each."""

    def elements(self, inventory: Document) -> Iterable[tuple[Value, ...]]:
        """Give the parts of a node, each as its values in the order of the attributes; None where one is not known."""
        held = inventory.get(self.section)
        fields = tuple(self.attributes.values())
        return (
            tuple(_read(field.type, one.get(field.member)) for field in fields)
            for listed in (held if isinstance(held, list) else ())
            if isinstance(listed, dict)
            for one in self._apart(listed)
        )

    def _apart(self, part: Document) -> Iterable[Document]:
        many = part.get(self.each[0]) if self.each is not None else None
        if self.each is None or not isinstance(many, list) or not many:
            return (part,)
        single = self.each[1]
        return [{**part, single: one} for one in many]


def _read(kind: ValueType, value: JSON) -> Value:
    """Give a part's value as its type compares it."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if kind is NUMBER or kind is SIZE else str(value)
    if not isinstance(value, str) or not value or kind is NUMBER or kind is SIZE:
        return None
    if kind is DAY:
        try:
            return read_day(value)
        except ValueError:
            return None
    return value


_DESCRIPTION: Final = {"description": Part(TEXT, "description")}
_NAME: Final = {"cn": Part(TEXT, "name"), **_DESCRIPTION}
_QUANTITY: Final = {"quantity": Part(NUMBER, "quantity")}
_MADE: Final = {"manufacturer": Part(TEXT, "manufacturer"), "componentSerialNumber": Part(TEXT, "serialNumber")}

PARTS: Final[Mapping[str, Parts]] = {
    "software": Parts(
        "software",
        {
            **_NAME,
            "softwareVersion": Part(ORDERED_TEXT, "version"),
            "editor": Part(TEXT, "editor"),
            "licenseExpirationDate": Part(DAY, "licenseExpirationDate"),
            "licenseName": Part(TEXT, "licenseName"),
            "licenseProductId": Part(TEXT, "licenseProductId"),
            "licenseProductKey": Part(TEXT, "licenseProductKey"),
        },
    ),
    "fileSystemLogicalElement": Parts(
        "fileSystems",
        {
            **_NAME,
            "mountPoint": Part(TEXT, "mountPoint"),
            "fileCount": Part(NUMBER, "fileCount"),
            "fileSystemFreeSpace": Part(SIZE, "freeSpace"),
            "fileSystemTotalSpace": Part(SIZE, "totalSpace"),
        },
    ),
    "networkInterfaceLogicalElement": Parts(
        "networkInterfaces",
        {
            **_DESCRIPTION,
            "networkInterface": Part(TEXT, "name"),
            "ipHostNumber": Part(ADDRESS, "ipAddress"),
            "networkInterfaceDhcpServer": Part(TEXT, "dhcpServer"),
            "networkInterfaceGateway": Part(TEXT, "gateway"),
            "networkInterfaceMask": Part(TEXT, "mask"),
            "networkSubnet": Part(TEXT, "network"),
            "networkInterfaceMacAddress": Part(TEXT, "macAddress"),
            "networkInterfaceType": Part(TEXT, "type"),
            "networkInterfaceTypeMib": Part(TEXT, "typeMib"),
        },
        each=("ipAddresses", "ipAddress"),
    ),
    "process": Parts(
        "processes",
        {
            "pid": Part(NUMBER, "pid"),
            "commandName": Part(TEXT, "name"),
            "cpuUsage": Part(NUMBER, "cpuUsage"),
            "memory": Part(NUMBER, "memory"),
            "tty": Part(TEXT, "tty"),
            "virtualMemory": Part(NUMBER, "virtualMemory"),
            "started": Part(TEXT, "started"),
            "user": Part(TEXT, "user"),
        },
    ),
    "memoryPhysicalElement": Parts(
        "memories",
        {
            **_NAME,
            **_QUANTITY,
            "memoryCapacity": Part(SIZE, "capacity"),
            "memoryCaption": Part(TEXT, "caption"),
            "memorySpeed": Part(NUMBER, "speed"),
            "memorySlotNumber": Part(NUMBER, "slotNumber"),
            "memoryType": Part(TEXT, "type"),
            "componentSerialNumber": Part(TEXT, "serialNumber"),
        },
    ),
    "storagePhysicalElement": Parts(
        "storage",
        {
            **_NAME,
            **_QUANTITY,
            **_MADE,
            "model": Part(TEXT, "model"),
            "firmware": Part(TEXT, "firmware"),
            "smeType": Part(TEXT, "type"),
            "storageSize": Part(SIZE, "size"),
        },
    ),
    "biosPhysicalElement": Parts(
        "bios",
        {
            **_DESCRIPTION,
            **_QUANTITY,
            **_MADE,
            "biosName": Part(TEXT, "name"),
            "softwareVersion": Part(ORDERED_TEXT, "version"),
            "releaseDate": Part(DAY, "releaseDate"),
            "editor": Part(TEXT, "editor"),
        },
    ),
    "controllerPhysicalElement": Parts(
        "controllers",
        {
            **_DESCRIPTION,
            **_QUANTITY,
            "controllerName": Part(TEXT, "name"),
            "smeType": Part(TEXT, "type"),
            "manufacturer": Part(TEXT, "manufacturer"),
        },
    ),
    "portPhysicalElement": Parts(
        "ports", {**_DESCRIPTION, **_QUANTITY, "portName": Part(TEXT, "name"), "smeType": Part(TEXT, "type")}
    ),
    "processorPhysicalElement": Parts(
        "processors",
        {
            **_DESCRIPTION,
            **_QUANTITY,
            "cpuName": Part(TEXT, "name"),
            "model": Part(TEXT, "model"),
            "manufacturer": Part(TEXT, "manufacturer"),
            "cpuSpeed": Part(NUMBER, "speed"),
            "cpuStepping": Part(TEXT, "stepping"),
            "cpuFamily": Part(TEXT, "family"),
            "cpuFamilyName": Part(TEXT, "familyName"),
            "cpuThread": Part(NUMBER, "thread"),
            "cpuCore": Part(NUMBER, "core"),
        },
    ),
    "slotPhysicalElement": Parts(
        "slots", {**_DESCRIPTION, **_QUANTITY, "slotName": Part(TEXT, "name"), "status": Part(TEXT, "status")}
    ),
    "soundCardPhysicalElement": Parts("sound", {**_DESCRIPTION, **_QUANTITY, "soundCardName": Part(TEXT, "name")}),
    "videoCardPhysicalElement": Parts(
        "videos",
        {
            **_DESCRIPTION,
            **_QUANTITY,
            "videoCardName": Part(TEXT, "name"),
            "videoChipset": Part(TEXT, "chipset"),
            "videoResolution": Part(TEXT, "resolution"),
            "memoryCapacity": Part(SIZE, "memory"),
        },
    ),
    "virtualMachineLogicalElement": Parts(
        "virtualMachines",
        {
            **_DESCRIPTION,
            "vmType": Part(TEXT, "type"),
            "vmOwner": Part(TEXT, "owner"),
            "vmStatus": Part(TEXT, "status"),
            "vmCpu": Part(NUMBER, "cpus"),
            "vmMemory": Part(SIZE, "memory"),
            "virtualMachineUuid": Part(TEXT, "uuid"),
            "subsystem": Part(TEXT, "subsystem"),
            "vmName": Part(TEXT, "name"),
        },
    ),
}
"""Object types of which a node has many; a query's lines about one of them may have to hold for the same part."""
