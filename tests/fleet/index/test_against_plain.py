"""The index against the plain fleet: random fleets, random changes, and every answer compared after each."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from app.fleet.criteria.compiling import compile_query
from tests.fleet.bundles.plain import mode
from tests.fleet.index.indexed import Indexed, stored
from tests.fleet.index.plain_fleet import Json, Machine, PlainFleet

IDS = [f"n-{number}" for number in range(8)]
GROUPS = [f"g-{number}" for number in range(5)]
RULES = ["r-0", "r-1", "r-2"]
DIRECTIVES = ["d-0", "d-1"]
SOFTWARE = [("openssl", "1.1"), ("openssl", "3.0"), ("nginx", "3.0")]

machines = st.builds(
    Machine,
    id=st.sampled_from(IDS),
    accepted=st.sampled_from([True, True, True, False]),
    is_server=st.sampled_from([False, False, True]),
    state=st.sampled_from(["enabled", "ignored"]),
    mode=st.sampled_from(["default", "default", "audit", "enforce"]),
    os_name=st.sampled_from([None, "Debian", "Ubuntu", "Deb\nian"]),
    ram=st.sampled_from([None, 512, 2048, 4096]),
    addresses=st.sets(st.sampled_from(["10.0.0.1", "10.1.0.1", "fe80::1"])).map(tuple),
    software=st.sets(st.sampled_from(SOFTWARE)).map(tuple),
    properties=st.dictionaries(st.sampled_from(["site", "tier"]), st.sampled_from(["lyon", "a=b", 3, {"x": [1]}])),
)


def line(object_type: str, attribute: str, comparators: list[str], values: list[str]) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries(
        {
            "objectType": st.just(object_type),
            "attribute": st.just(attribute),
            "comparator": st.sampled_from(comparators),
            "value": st.sampled_from(values),
        }
    )


TEXTS = ["eq", "notEq", "regex", "notRegex", "exists", "notExists"]


def lines(groups: list[str]) -> st.SearchStrategy[Json]:
    """Make lines of queries; each group looks only into those before it."""
    known = [
        line("node", "osName", TEXTS, ["Debian", "Deb.*", "Ubuntu"]),
        line("node", "state", TEXTS, ["enabled", "ignored"]),
        line("node", "ram", ["eq", "notEq", "lt", "lteq", "gt", "gteq"], ["2 GB", "512 MB", "3 GB"]),
        line("node", "ipHostNumber", ["eq", "notEq"], ["10.0.0.0/16", "10.1.0.1", "fe80::/10"]),
        line("software", "cn", TEXTS, ["openssl", "nginx", "o.*"]),
        line("software", "softwareVersion", TEXTS, ["3.0", "1.*"]),
        line(
            "serializedNodeProperty",
            "name.value",
            ["eq", "notEq", "regex", "notRegex"],
            ["site=lyon", "site=a=b", "tier=3", "site=.*"],
        ),
        line("serializedNodeProperty", "name.value", ["eq", "notEq"], ['tier={"x":[1]}']),
        line("serializedNodeProperty", "name.value", ["hasKey"], ["site", "tier"]),
    ]
    if groups:
        known.append(line("group", "nodeGroupId", ["eq", "notEq"], groups))
    return st.one_of(known)


def queries(groups: list[str]) -> st.SearchStrategy[Json]:
    whole = {
        "select": st.sampled_from(["node", "nodeAndPolicyServer"]),
        "composition": st.sampled_from(["and", "or"]),
        "where": st.lists(lines(groups), max_size=3),
    }
    return st.fixed_dictionaries(whole, optional={"transform": st.just("invert")})


@st.composite
def group_changes(draw: st.DrawFn) -> tuple[str, str, Json | None]:
    place = draw(st.integers(0, len(GROUPS) - 1))
    if draw(st.integers(0, 5)) == 0:
        return "group", GROUPS[place], None
    dynamic = draw(st.sampled_from([True, True, False]))
    group: Json = {"displayName": "G", "dynamic": dynamic, "enabled": draw(st.booleans()), "properties": []}
    group["query"] = draw(st.one_of(st.none(), queries([*GROUPS[:place], "g-none"])))
    if not dynamic:
        group["nodeIds"] = draw(st.lists(st.sampled_from([*IDS, "n-none"]), unique=True))
    return "group", GROUPS[place], group


SIMPLE = [
    *(f"group:{one}" for one in [*GROUPS, "g-none"]),
    *("special:all", "special:all_exceptPolicyServers", "special:all_policyServers", "policyServer:n-1"),
]
compositions = st.recursive(
    st.sampled_from(SIMPLE),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"or": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"and": st.lists(inner, max_size=3)}),
    ),
    max_leaves=5,
)
targets = st.lists(
    st.one_of(st.sampled_from(SIMPLE), st.fixed_dictionaries({"include": compositions, "exclude": compositions})),
    max_size=2,
)
rule_changes = st.tuples(
    st.just("rule"),
    st.sampled_from(RULES),
    st.one_of(
        st.none(),
        st.fixed_dictionaries(
            {
                "displayName": st.just("R"),
                "enabled": st.sampled_from([True, True, False]),
                "directives": st.lists(st.sampled_from(DIRECTIVES), unique=True),
                "targets": targets,
            }
        ),
    ),
)
directive_changes = st.tuples(
    st.just("directive"),
    st.sampled_from(DIRECTIVES),
    st.one_of(st.none(), st.fixed_dictionaries({"enabled": st.booleans()})),
)
documents = st.one_of(group_changes(), rule_changes, directive_changes)
batches = st.tuples(st.lists(machines, max_size=3), st.lists(documents, max_size=3))


def compare(plain: PlainFleet, index: Indexed, asked: Json) -> None:
    sight = index.sight
    for group in plain.groups:
        assert set(sight.nodes.ids_of(sight.members_of(group))) == plain.members(group), group
    reached = {rule: plain.applied(rule) for rule in plain.rules}
    for rule, nodes in reached.items():
        assert set(sight.nodes.ids_of(sight.applied(rule))) == nodes, rule
    for machine in plain.machines.values():
        number = sight.nodes.number_of(machine.id)
        rules = [] if number is None else sight.rules_on(number)
        assert set(rules) == {rule for rule, nodes in reached.items() if machine.id in nodes}
        assert number is None or sight.rules_on_each(BitMap([number])) == {number: rules}
    for members, rules in sight.policies():
        assert all(set(sight.rules_on(number)) == set(rules) for number in members)
    for rule, document in plain.rules.items():
        assert sight.computed(document)["policyMode"] == rule_mode(plain, document), rule
    query = compile_query(asked)
    assert query is not None
    index.watch(query.facets)
    found = sight.nodes.find(query, sight.members_of)
    assert sight.nodes.page(found, after="n-2", most=3) == sorted(one for one in plain.found(asked) if one > "n-2")[:3]


def rule_mode(plain: PlainFleet, rule: Json) -> str:
    """Give the mode of a rule whose directives leave it to the node, where the tenant enforces."""
    nodes = [plain.machines[one].mode for one in plain.targeted(rule["targets"])] or ["default"]
    known = any(one in plain.directives for one in rule["directives"])
    found = {mode("default", one, "enforce", overridable=True) for one in nodes if known} or {"enforce"}
    return found.pop() if len(found) == 1 else "mixed"


@settings(max_examples=150, deadline=None)
@given(st.lists(batches, min_size=1, max_size=6), st.lists(st.booleans(), min_size=6, max_size=6), queries(GROUPS))
def test_members_rules_and_pages_are_those_of_the_plain_fleet(
    steps: list[Any], together: list[bool], asked: Json
) -> None:
    plain, index = PlainFleet(), Indexed()
    for (some, changed), at_once in zip(steps, together, strict=False):
        for machine in some:
            plain.machines[machine.id] = machine
        for kind, document_id, document in changed:
            known = {"group": plain.groups, "rule": plain.rules, "directive": plain.directives}[kind]
            known.pop(document_id, None)
            if document is not None:
                known[document_id] = document
        index.change(list({one.id: one for one in some}.values()), changed, together=at_once)

        compare(plain, index, asked)


@settings(max_examples=60, deadline=None)
@given(st.lists(batches, min_size=1, max_size=3), st.lists(documents, min_size=1, max_size=3))
def test_what_a_change_would_leave_is_what_it_leaves(steps: list[Any], changed: list[tuple[str, str, Any]]) -> None:
    index = Indexed()
    for some, before in steps:
        index.change(list({one.id: one for one in some}.values()), before, together=False)
    shown = {(kind, one): None if document is None else stored(kind, one, document) for kind, one, document in changed}
    for document in shown.values():
        query = compile_query(document.document.get("query")) if document is not None else None
        index.watch(query.facets if query is not None else set())

    would = index.sight.changed(shown)
    expected = {rule: would.nodes.ids_of(would.applied(rule)) for rule in RULES}
    index.change(
        [],
        [(kind, one, None if document is None else document.document) for (kind, one), document in shown.items()],
        together=False,
    )

    assert {rule: index.sight.nodes.ids_of(index.sight.applied(rule)) for rule in RULES} == expected
    assert {one: set(members) for one, members in would.members.items()} == {
        one: set(members) for one, members in index.sight.members.items()
    }
