"""A fleet computed the plain way: every answer looks at every node, and nothing is kept between two questions."""

import ipaddress
import json
import re
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass
class Machine:
    """One node, as the tests make it."""

    id: str
    accepted: bool = True
    is_server: bool = False
    state: str = "enabled"
    mode: str = "default"
    os_name: str | None = None
    ram: int | None = None
    addresses: tuple[str, ...] = ()
    software: tuple[tuple[str, str], ...] = ()
    properties: dict[str, Any] = field(default_factory=dict)


@dataclass
class PlainFleet:
    """Machines and documents of a tenant."""

    machines: dict[str, Machine] = field(default_factory=dict)
    groups: dict[str, Json] = field(default_factory=dict)
    rules: dict[str, Json] = field(default_factory=dict)
    directives: dict[str, Json] = field(default_factory=dict)

    def members(self, group: str) -> set[str]:
        """Name the nodes of a group."""
        known = self.groups.get(group)
        if known is None:
            return set()
        if not known["dynamic"]:
            return {one for one in known["nodeIds"] if one in self.machines and self.machines[one].accepted}
        return self.found(known["query"]) if known["query"] else set()

    def found(self, query: Json) -> set[str]:
        """Name the nodes that a query finds."""
        return {one.id for one in self.machines.values() if one.accepted and self._finds(query, one)}

    def _finds(self, query: Json, machine: Machine) -> bool:
        if machine.is_server and query["select"] == "node":
            return False
        if query["composition"] == "or":
            holds = any(self._line(line, machine) for line in query["where"])
        else:
            software = [line for line in query["where"] if line["objectType"] == "software"]
            others = [line for line in query["where"] if line["objectType"] != "software"]
            holds = all(self._line(line, machine) for line in others) and self._software(software, machine)
        return holds != (query.get("transform") == "invert")

    def _software(self, lines: list[Json], machine: Machine) -> bool:
        """All lines of one query are about the same software, unless all of them deny something."""
        if all(line["comparator"].startswith("not") for line in lines):
            return all(self._line(line, machine) for line in lines)
        return any(all(_software_line(line, one) for line in lines) for one in machine.software)

    def _line(self, line: Json, machine: Machine) -> bool:
        comparator, value = line["comparator"], line["value"]
        if comparator.startswith("not"):
            positive = comparator[3].lower() + comparator[4:]
            return not self._line({**line, "comparator": positive}, machine)
        if line["objectType"] == "group":
            return machine.id in self.members(value)
        if line["objectType"] == "software":
            return any(_software_line(line, one) for one in machine.software)
        if line["objectType"] == "serializedNodeProperty":
            return any(_property_line(comparator, value, *one) for one in machine.properties.items())
        return _node_line(line["attribute"], comparator, value, machine)

    def targeted(self, targets: list[Any]) -> set[str]:
        """Name the nodes of targets."""
        included: set[str] = set()
        excluded: set[str] = set()
        for target in targets:
            if isinstance(target, str):
                included |= self._composed(target)
            else:
                included |= self._composed(target["include"])
                excluded |= self._composed(target["exclude"])
        return included - excluded

    def _composed(self, part: Any) -> set[str]:
        accepted = {one.id for one in self.machines.values() if one.accepted}
        servers = {one for one in accepted if self.machines[one].is_server}
        special = {
            "special:all": accepted,
            "special:all_exceptPolicyServers": accepted - servers,
            "special:all_policyServers": servers,
        }
        match part:
            case str() if part in special:
                found = special[part]
            case str() if part.startswith("policyServer:"):
                found = servers & {part.removeprefix("policyServer:")}
            case str():
                found = self.members(part.removeprefix("group:"))
            case {"and": []}:
                found = set()
            case {"and": parts}:
                found = set.intersection(*[self._composed(one) for one in parts])
            case _:
                found = set().union(*[self._composed(one) for one in part["or"]])
        return found

    def properties(self, machine: Machine, parameters: Json) -> Json:
        """Lay what the machine says over what its groups say over the parameters; texts replace each other.

        A group comes after those that its query demands; beyond that the one with more of them, then the later id.
        """
        found = dict(parameters)
        mine = [one for one, known in self.groups.items() if known["enabled"] and machine.id in self.members(one)]
        for group in sorted(mine, key=lambda one: (len(self._demanded(one)), one)):
            found.update({one["name"]: one["value"] for one in self.groups[group]["properties"]})
        return {**found, **machine.properties}

    def _demanded(self, group: str) -> set[str]:
        known = self.groups.get(group)
        query = known["query"] if known is not None and known["dynamic"] else None
        if not query or query["composition"] == "or" or query.get("transform") == "invert":
            return set()
        lines = [one for one in query["where"] if one["objectType"] == "group" and one["comparator"] == "eq"]
        direct = {one["value"] for one in lines}
        return direct.union(*(self._demanded(one) for one in direct))

    def applied(self, rule: str) -> set[str]:
        """Name the nodes on which a rule is applied."""
        known = self.rules[rule]
        on = [one for one in known["directives"] if one in self.directives and self.directives[one]["enabled"]]
        included = [
            text
            for target in known["targets"]
            for text in _texts(target if isinstance(target, str) else target["include"])
        ]
        groups = [text.removeprefix("group:") for text in included if text.startswith("group:")]
        disabled = any(one in self.groups and not self.groups[one]["enabled"] for one in groups)
        if not known["enabled"] or not on or not included or disabled:
            return set()
        return self.targeted(known["targets"])


def _texts(part: Any) -> list[str]:
    if isinstance(part, str):
        return [part]
    return [text for parts in part.values() for one in parts for text in _texts(one)]


def _node_line(attribute: str, comparator: str, value: str, machine: Machine) -> bool:
    match attribute:
        case "osName":
            return machine.os_name is not None and _text_line(comparator, value, machine.os_name)
        case "ram":
            return machine.ram is not None and _size_line(comparator, value, machine.ram)
        case "ipHostNumber":
            network = ipaddress.ip_network(value)
            return any(ipaddress.ip_address(one) in network for one in machine.addresses)
    return _text_line(comparator, value, machine.state)


def _text_line(comparator: str, value: str, held: str) -> bool:
    match comparator:
        case "exists":
            return True
        case "eq":
            return held == value
        case "regex":
            return re.fullmatch(value, held, re.DOTALL) is not None
    raise AssertionError(comparator)


def _size_line(comparator: str, value: str, mib: int) -> bool:
    bytes_of = {"MB": 1024**2, "GB": 1024**3}
    amount, unit = value.split()
    bound, held = int(amount) * bytes_of[unit], mib * 1024**2
    return {"eq": held == bound, "lt": held < bound, "lteq": held <= bound, "gt": held > bound, "gteq": held >= bound}[
        comparator
    ]


def _software_line(line: Json, software: tuple[str, str]) -> bool:
    comparator = line["comparator"]
    held = software[0] if line["attribute"] == "cn" else software[1]
    if comparator.startswith("not"):
        return not _text_line(comparator[3].lower() + comparator[4:], line["value"], held)
    return _text_line(comparator, line["value"], held)


def _property_line(comparator: str, value: str, name: str, held: Any) -> bool:
    text = held if isinstance(held, str) else json.dumps(held, separators=(",", ":"), sort_keys=True)
    match comparator:
        case "hasKey":
            return name == value
        case "eq":
            return f"{name}={text}" == value
        case "regex":
            return re.fullmatch(value, f"{name}={text}", re.DOTALL) is not None
    raise AssertionError(comparator)
