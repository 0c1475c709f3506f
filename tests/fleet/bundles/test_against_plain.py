"""Bundles against a plain reference, on random rules, directives, properties, priorities and modes."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.fleet.bundles.compiling import compile_bundle
from app.fleet.bundles.sharing import SharedBundles
from tests.fleet.bundles.configurations import configuration, directive, file_section, motd, node
from tests.fleet.bundles.plain import plain_bundle

NAMES = ["d-1", "d-2", "d-3", "d-4", "d-5"]
KEYS = ["site", "team", "gone"]
PIECES = [
    "a",
    "${node.hostname}",
    *(f"${{node.properties[{key}]}}" for key in KEYS),
    "${rudder.param.motto}",
    "{{ x }}",
]
TEXTS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map(" ".join)
MODES = st.sampled_from(["default", "audit", "enforce"])

DIRECTIVES = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["alpha", "beta"]),
        "enabled": st.booleans(),
        "unique": st.booleans(),
        "priority": st.integers(0, 3),
        "mode": MODES,
        "paths": st.lists(st.sampled_from(["/etc/a", "/etc/b", "/etc/c"]), min_size=1, max_size=3),
        "text": TEXTS,
    }
)
RULES = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["first", "second"]),
        "enabled": st.booleans(),
        "directives": st.lists(st.sampled_from(NAMES), unique=True),
    }
)
FLEETS = st.fixed_dictionaries(
    {
        "directives": st.dictionaries(st.sampled_from(NAMES), DIRECTIVES, min_size=1),
        "rules": st.lists(RULES, max_size=4),
        "properties": st.dictionaries(st.sampled_from(KEYS[:2]), st.sampled_from(["lyon", "${rudder.param.motto}"])),
        "parameters": st.dictionaries(st.just("motto"), st.just("be kind")),
        "mode": MODES,
        "global": st.sampled_from(["audit", "enforce"]),
        "overridable": st.booleans(),
    }
)


@settings(max_examples=300, deadline=None)
@given(FLEETS)
def test_a_bundle_is_what_the_plain_reference_says(drawn: dict[str, Any]) -> None:
    rules = [{**rule, "id": f"r-{number}"} for number, rule in enumerate(drawn["rules"])]
    directives = {
        name: {
            **one,
            "files": [(None, one["text"])] if one["unique"] else [(path, one["text"]) for path in one["paths"]],
        }
        for name, one in drawn["directives"].items()
    }
    plain = plain_bundle({**drawn, "rules": rules, "directives": directives, "hostname": "web1.example.com"})

    made = configuration(
        *(_stored(name, one) for name, one in directives.items()),
        rules={rule["id"]: sorted(rule["directives"]) for rule in rules},
        parameters=drawn["parameters"],
        global_mode=drawn["global"],
        overridable=drawn["overridable"],
    )
    for rule in rules:
        made.rules[rule["id"]].update(displayName=rule["name"], enabled=rule["enabled"])
    facts = node(properties=drawn["properties"], mode=drawn["mode"])
    bundle: Any = compile_bundle(made, facts, list(made.rules)).document

    runs = {
        (entry["directive"], component["values"].get("FILE_PATH")): (
            component["values"].get("FILE_CONTENT", component["values"].get("MOTD_TEXT")),
            entry["mode"],
            tuple(entry["rules"]),
        )
        for entry in bundle["directives"]
        for component in entry["components"]
    }
    assert runs == plain["runs"]
    assert {fault["directive"] for fault in bundle["faults"]} == plain["faulty"]


NODES = st.fixed_dictionaries(
    {
        "properties": st.dictionaries(st.sampled_from(KEYS), st.sampled_from(["lyon", "paris", ""])),
        "mode": MODES,
        "state": st.sampled_from(["enabled", "ignored"]),
        "hostname": st.sampled_from(["web1", "web2"]),
    }
)


@settings(max_examples=100, deadline=None)
@given(FLEETS, st.lists(st.tuples(NODES, st.sets(st.integers(0, 3))), min_size=2, max_size=6))
def test_a_bundle_that_nodes_share_is_what_each_would_get_by_itself(
    drawn: dict[str, Any], nodes: list[tuple[dict[str, Any], set[int]]]
) -> None:
    stored = {
        name: _stored(name, {**one, "files": [(path, one["text"]) for path in one["paths"]]})
        for name, one in drawn["directives"].items()
    }
    rules = {f"r-{number}": sorted(one["directives"]) for number, one in enumerate(drawn["rules"])}
    made = configuration(*stored.values(), rules=rules, parameters=drawn["parameters"])
    shared = SharedBundles()

    for facts, applied in nodes:
        described = node(**facts)
        some = [rule for number, rule in enumerate(rules) if number in applied]
        alone = compile_bundle(made, described, some)

        assert shared.bundle(made, described, some) == alone
        assert shared.bundle(made, described, some) is shared.bundle(made, described, some)


def _stored(name: str, one: dict[str, Any]) -> dict[str, Any]:
    more = {
        "displayName": one["name"],
        "enabled": one["enabled"],
        "priority": one["priority"],
        "policyMode": one["mode"],
    }
    if one["unique"]:
        return motd(name, one["text"], **more)
    return directive(name, "fileManagement:1.0", *(file_section(path, one["text"]) for path in one["paths"]), **more)
