"""What nodes are told against plain references, after random sequences of changes of everything that counts."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.canonical import canonical
from app.fleet.policies.bundling import Bundler
from app.fleet.policies.sources import Sources
from app.fleet.techniques.library import starter_library
from app.store.documents import Stored
from app.store.hosts import Host
from tests.fleet.bundles.configurations import directive, file_section
from tests.fleet.bundles.plain import plain_bundle
from tests.fleet.index.indexed import Indexed
from tests.fleet.index.plain_fleet import Json, Machine, PlainFleet

TECHNIQUE = next(one for one in starter_library() if (one["id"], one["version"]) == ("fileManagement", "1.0"))
NODES, GROUPS, RULES, DIRECTIVES = (["n-0", "n-1", "n-2"], ["g-0", "g-1", "g-2"], ["r-0", "r-1"], ["d-0", "d-1", "d-2"])
KEYS = ["site", "team"]
SAID = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(["lyon", "paris", "${rudder.param.motto}"]))
PIECES = ["a", "${node.properties[site]}", "${node.properties[team]}", "${rudder.param.motto}", "${node.hostname}"]
MODES = st.sampled_from(["default", "audit", "enforce"])


def machines() -> st.SearchStrategy[Any]:
    made = st.builds(
        Machine,
        id=st.sampled_from(NODES),
        accepted=st.sampled_from([True, True, True, False]),
        mode=MODES,
        properties=SAID,
    )
    return made.map(lambda machine: ("node", machine.id, machine))


@st.composite
def groups(draw: st.DrawFn) -> tuple[str, str, Json | None]:
    """Change a group: by a list, by a property, or by the group before it."""
    place = draw(st.integers(0, len(GROUPS) - 1))
    if draw(st.integers(0, 5)) == 0:
        return "group", GROUPS[place], None
    said = [{"name": name, "value": value} for name, value in draw(SAID).items()]
    group: Json = {"displayName": "G", "dynamic": True, "enabled": draw(st.sampled_from([True, True, False]))}
    lines = [
        {"objectType": "serializedNodeProperty", "attribute": "name.value", "comparator": "hasKey", "value": "site"}
    ]
    if place and draw(st.booleans()):
        before = {"objectType": "group", "attribute": "nodeGroupId", "comparator": "eq", "value": GROUPS[place - 1]}
        lines = [before]
    group["query"] = {"select": "node", "composition": "and", "where": draw(st.sampled_from([lines, []]))}
    if draw(st.booleans()):
        group |= {"dynamic": False, "query": None, "nodeIds": draw(st.lists(st.sampled_from(NODES), unique=True))}
    return "group", GROUPS[place], {**group, "properties": said}


rules = st.tuples(
    st.just("rule"),
    st.sampled_from(RULES),
    st.fixed_dictionaries(
        {
            "enabled": st.sampled_from([True, True, False]),
            "directives": st.lists(st.sampled_from(DIRECTIVES), unique=True).map(sorted),
            "targets": st.lists(st.sampled_from(["special:all", *(f"group:{one}" for one in GROUPS)]), max_size=2),
        }
    ),
)
directives = st.tuples(
    st.just("directive"),
    st.sampled_from(DIRECTIVES),
    st.fixed_dictionaries(
        {
            "enabled": st.sampled_from([True, True, False]),
            "priority": st.integers(0, 2),
            "mode": MODES,
            "paths": st.lists(st.sampled_from(["/etc/a", "/etc/b"]), min_size=1, max_size=2),
            "text": st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map(" ".join),
        }
    ),
)
parameters = st.tuples(
    st.just("parameter"),
    st.sampled_from(["motto", "site"]),
    st.one_of(st.none(), st.sampled_from(["be kind", "be quick"])),
)
CHANGES = st.lists(st.one_of(machines(), groups(), rules, directives, parameters), min_size=1, max_size=4)


class Tenant:
    """The same tenant twice: as the program follows it, and plain."""

    def __init__(self) -> None:
        self.index, self.sources = Indexed(), Sources()
        self.plain, self.parameters = PlainFleet(), dict[str, Any]()
        body = canonical(TECHNIQUE).decode()
        self.sources.put("technique", "fileManagement:1.0", Stored("technique", "", "", body, "", 1, "", 0, 0))

    def change(self, changes: list[tuple[str, str, Any]], *, together: bool) -> None:
        some = {one: value for kind, one, value in changes if kind == "node"}
        self.plain.machines.update(some)
        for kind, one, value in changes:
            if kind != "node":
                self._document(kind, one, value)
        documents = {(kind, one): _whole(kind, one, value) for kind, one, value in changes if kind != "node"}
        followed = [(kind, one, body) for (kind, one), body in documents.items() if kind != "parameter"]
        self.index.change(list(some.values()), followed, together=together)
        for (kind, one), document in documents.items():
            if kind != "group":
                stored = (
                    None if document is None else Stored(kind, one, "", canonical(document).decode(), "", 1, "", 0, 0)
                )
                self.sources.put(kind, one, stored)

    def _document(self, kind: str, one: str, value: Any) -> None:
        known: dict[str, Any] = {
            "group": self.plain.groups,
            "rule": self.plain.rules,
            "directive": self.plain.directives,
            "parameter": self.parameters,
        }[kind]
        known.pop(one, None)
        if value is not None:
            known[one] = value

    def expected(self, machine: Machine) -> Any:
        applied = [one for one in sorted(self.plain.rules) if machine.id in self.plain.applied(one)]
        files = {
            name: {**one, "name": name, "unique": False, "files": [(path, one["text"]) for path in one["paths"]]}
            for name, one in self.plain.directives.items()
        }
        return plain_bundle(
            {
                "rules": [{**self.plain.rules[one], "id": one, "name": one} for one in applied],
                "directives": files,
                "properties": self.plain.properties(machine, self.parameters),
                "parameters": self.parameters,
                "hostname": machine.id,
                "mode": machine.mode,
                "global": "enforce",
                "overridable": True,
            }
        )


def _whole(kind: str, name: str, value: Any) -> Json | None:
    if value is None:
        return None
    if kind == "directive":
        more = {"enabled": value["enabled"], "priority": value["priority"], "policyMode": value["mode"]}
        files = [file_section(path, value["text"]) for path in value["paths"]]
        return directive(name, "fileManagement:1.0", *files, **more)
    whole: Json = {"value": value} if kind == "parameter" else dict(value)
    return {"id": name, "displayName": name, **whole}


@settings(max_examples=40, deadline=None)
@given(st.lists(CHANGES, min_size=1, max_size=6), st.lists(st.booleans(), min_size=6, max_size=6))
def test_each_node_is_told_what_the_plain_references_say(steps: list[Any], together: list[bool]) -> None:
    tenant = Tenant()
    for changes, at_once in zip(steps, together, strict=False):
        tenant.change(list({one[:2]: one for one in changes}.values()), together=at_once)
        bundler = Bundler.over(tenant.index.sight, tenant.sources, set)

        nodes = tenant.index.nodes
        hosts = [Host.of(node) for node in nodes.values()]
        bundles = bundler.bundles(hosts, lambda ids, nodes=nodes: {one: nodes[one] for one in ids})

        accepted = {one.id: one for one in tenant.plain.machines.values() if one.accepted}
        assert bundles.keys() == accepted.keys()
        for name, bundle in bundles.items():
            told: Any = bundle.document
            runs = {
                (entry["directive"], one["values"]["FILE_PATH"]): (
                    one["values"]["FILE_CONTENT"],
                    entry["mode"],
                    tuple(entry["rules"]),
                )
                for entry in told["directives"]
                for one in entry["components"]
            }
            expected = tenant.expected(accepted[name])
            assert runs == expected["runs"]
            assert {fault["directive"] for fault in told["faults"]} == expected["faulty"]
            assert bundler.bundle(tenant.index.nodes[name]) == bundle
