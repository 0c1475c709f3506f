"""Ansible's facts, as `ansible -m setup` prints them, read as an inventory."""

from collections.abc import Iterator
from typing import Final

from app.core.canonical import JSON, Document

FACTS: Final = "ansible_facts"
_PREFIX: Final = "ansible_"


def find_facts(given: Document) -> Document | None:
    """Find facts in what a machine sent: under `ansible_facts`, or by their prefix at the top."""
    inner = given.get(FACTS)
    if isinstance(inner, dict):
        return _unprefixed(inner)
    return _unprefixed(given) if any(name.startswith(_PREFIX) for name in given) else None


def from_facts(facts: Document) -> Document:
    """Make an inventory of facts; the environment is left out, because it is that of whoever ran Ansible."""
    release = facts.get("distribution_release")
    full = " ".join(str(facts[name]) for name in ("distribution", "distribution_version") if facts.get(name))
    is_guest = facts.get("virtualization_role") == "guest"
    made: Document = {
        "hostname": facts.get("fqdn") or facts.get("hostname") or facts.get("nodename"),
        "os": _known(
            {
                "type": facts.get("system"),
                "name": facts.get("distribution"),
                "version": facts.get("distribution_version"),
                "fullName": f"{full} ({release})" if full and release else full,
                "kernelVersion": facts.get("kernel"),
            }
        ),
        "ram": facts.get("memtotal_mb"),
        "swap": facts.get("swaptotal_mb"),
        "architectureDescription": facts.get("architecture"),
        "machine": _known(
            {
                "id": facts.get("product_uuid"),
                "type": "Virtual" if is_guest else "Physical",
                "provider": facts.get("virtualization_type") if is_guest else None,
                "manufacturer": facts.get("system_vendor"),
                "serialNumber": facts.get("product_serial"),
            }
        ),
        "timezone": _timezone(facts),
        "ipAddresses": [*_list(facts.get("all_ipv4_addresses")), *_list(facts.get("all_ipv6_addresses"))],
        "bios": _bios(facts),
        "processors": _processors(facts),
        "fileSystems": list(_file_systems(facts)),
        "networkInterfaces": list(_interfaces(facts)),
        "software": list(_software(facts)),
    }
    return {name: value for name, value in made.items() if value not in (None, [], {})}


def _unprefixed(facts: Document) -> Document:
    return {name.removeprefix(_PREFIX): value for name, value in facts.items()}


def _known(values: Document) -> Document:
    return {name: str(value) for name, value in values.items() if value not in (None, "", "NA")}


def _list(value: JSON) -> list[JSON]:
    return value if isinstance(value, list) else []


def _dict(value: JSON) -> Document:
    return value if isinstance(value, dict) else {}


def _timezone(facts: Document) -> Document:
    clock = _dict(facts.get("date_time"))
    return _known({"name": clock.get("tz"), "offset": clock.get("tz_offset")})


def _bios(facts: Document) -> list[JSON]:
    bios = _known(
        {
            "name": facts.get("bios_vendor"),
            "manufacturer": facts.get("bios_vendor"),
            "version": facts.get("bios_version"),
            "releaseDate": facts.get("bios_date"),
        }
    )
    return [bios] if bios else []


def _processors(facts: Document) -> list[JSON]:
    # Triples of number, maker and model.
    listed = [str(one) for one in _list(facts.get("processor"))]
    if not listed:
        return []
    named: Document = {"name": listed[-1], "manufacturer": listed[-2] if len(listed) > 1 else None}
    numbers: Document = {
        "quantity": facts.get("processor_count"),
        "core": facts.get("processor_cores"),
        "thread": facts.get("processor_threads_per_core"),
    }
    return [{name: value for name, value in {**named, **numbers}.items() if value is not None}]


def _file_systems(facts: Document) -> Iterator[JSON]:
    for mount in map(_dict, _list(facts.get("mounts"))):
        shown: Document = {
            "mountPoint": mount.get("mount"),
            "name": mount.get("fstype"),
            "description": mount.get("device"),
            "freeSpace": mount.get("size_available"),
            "totalSpace": mount.get("size_total"),
        }
        yield {name: value for name, value in shown.items() if value is not None}


def _interfaces(facts: Document) -> Iterator[JSON]:
    for name in _list(facts.get("interfaces")):
        # Ansible writes the dashes of names as underscores where the interface is described.
        one = _dict(facts.get(str(name).replace("-", "_").replace(".", "_").replace(":", "_")))
        first = _dict(one.get("ipv4"))
        addresses = [first.get("address"), *(_dict(six).get("address") for six in _list(one.get("ipv6")))]
        shown: Document = {
            "name": name,
            "type": one.get("type"),
            "macAddress": one.get("macaddress"),
            "mask": first.get("netmask"),
            "network": first.get("network"),
            "status": "Up" if one.get("active") is True else "Down",
            "ipAddresses": [address for address in addresses if address],
        }
        yield {member: value for member, value in shown.items() if value not in (None, [])}


def _software(facts: Document) -> Iterator[JSON]:
    for name, versions in _dict(facts.get("packages")).items():
        for one in map(_dict, _list(versions)):
            yield _known({"name": one.get("name") or name, "version": one.get("version"), "editor": one.get("source")})
