"""Bundles: what stands in them, in which order, who wins, and what a value becomes on a node."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from app.core.canonical import canonical
from app.fleet.bundles.compiling import Bundle, compile_bundle
from app.fleet.bundles.modes import mode_of
from tests.fleet.bundles.configurations import configuration, directive, file_section, motd, node, section


def compiled(given: Any, **more: Any) -> Bundle:
    return compile_bundle(given, node(**more), list(given.rules))


def contents(bundle: Bundle) -> list[Any]:
    entries: Any = bundle.document["directives"]
    return [one["values"].get("FILE_CONTENT") for entry in entries for one in entry["components"]]


def names(bundle: Bundle) -> list[Any]:
    entries: Any = bundle.document["directives"]
    return [entry["directive"] for entry in entries]


def faults(bundle: Bundle) -> list[Any]:
    found: Any = bundle.document["faults"]
    return [fault["text"] for fault in found]


def test_a_bundle_says_what_to_do_and_is_named_by_its_content() -> None:
    bundle = compiled(configuration(directive("d-1", "fileManagement:1.0", file_section("/etc/a", "hello"))))

    assert bundle.document["directives"] == [
        {
            "directive": "d-1",
            "name": "d-1",
            "rules": ["r-1"],
            "technique": "fileManagement",
            "version": "1.0",
            "mode": "enforce",
            "priority": 5,
            "components": [
                {
                    "component": "File",
                    "value": "/etc/a",
                    "values": {
                        "FILE_PATH": "/etc/a",
                        "FILE_STATE": "present",
                        "FILE_CONTENT": "hello",
                        "FILE_SOURCE": "",
                        "FILE_LINK_TARGET": "",
                        "FILE_BACKUP": "false",
                        "FILE_OWNER": "",
                        "FILE_GROUP": "",
                        "FILE_MODE": "",
                        "FILE_RECURSIVE": "false",
                        "FILE_POST_HOOK_COMMAND": "",
                    },
                }
            ],
        }
    ]
    assert bundle.hash == hashlib.sha256(canonical(bundle.document)).hexdigest()


def test_nodes_with_the_same_values_share_a_bundle_and_others_have_their_own() -> None:
    given = configuration(
        directive("d-1", "fileManagement:1.0", file_section("/etc/a", "site ${node.properties[site]}"))
    )

    lyon, too, paris = (
        compiled(given, id=name, properties={"site": site, "other": name})
        for name, site in (("n-1", "lyon"), ("n-2", "lyon"), ("n-3", "paris"))
    )

    assert contents(lyon) == ["site lyon"]
    assert lyon.hash == too.hash
    assert contents(paris) == ["site paris"]
    assert paris.hash != lyon.hash


def test_rules_then_directives_are_ordered_by_name_and_a_directive_runs_once_for_all_its_rules() -> None:
    def one(name: str) -> dict[str, Any]:
        return directive(name, "fileManagement:1.0", file_section(f"/etc/{name}"))

    bundle = compiled(
        configuration(one("d-b"), one("d-a"), one("d-c"), rules={"r-2": ["d-a", "d-c"], "r-1": ["d-b", "d-c"]})
    )

    assert names(bundle) == ["d-b", "d-c", "d-a"]
    entries: Any = bundle.document["directives"]
    assert [entry["rules"] for entry in entries] == [["r-1"], ["r-1", "r-2"], ["r-2"]]


@pytest.mark.parametrize("off", ["rule", "directive", "technique", "unmanaged", "ignored"])
def test_what_is_switched_off_stands_in_no_bundle(off: str) -> None:
    given = configuration(directive("d-1", "fileManagement:1.0", file_section("/etc/a"), enabled=off != "directive"))
    if off == "rule":
        given.rules["r-1"]["enabled"] = False
    if off == "technique":
        given = configuration(*given.directives.values(), techniques={"fileManagement:1.0": _disabled(given)})
    state = {"unmanaged": "empty-policies", "ignored": "ignored"}.get(off, "enabled")

    assert names(compiled(given, state=state)) == []


def _disabled(given: Any) -> Any:
    return replace(given.techniques["fileManagement:1.0"], enabled=False)


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("${node.hostname}", "web1.example.com"),
        ("${rudder.node.hostname}/${rudder.node.id}", "web1.example.com/n-1"),
        ("${node.os.name} ${ NODE.OS.NAME }", "Debian Debian"),
        ("${node.properties[net][dns]}", "10.0.0.1"),
        ("${node.properties[ net ]}", '{"dns":"10.0.0.1","ports":[80,443]}'),
        ("${rudder.param.motto}!", "be kind!"),
        ("${rudder.param[tree][leaf]}", "true"),
        ('${node.properties[none] | default = "dflt"}', "dflt"),
        ("${HOME} $(id) {{ x }} ${x.y}", "${HOME} $(id) {{ x }} ${x.y}"),
        ("${node.properties[trick]}", "${rudder.param.motto}"),
    ],
)
def test_references_are_replaced_once_and_everything_else_is_literal(text: str, becomes: str) -> None:
    given = configuration(
        directive("d-1", "fileManagement:1.0", file_section("/etc/a", text)),
        parameters={"motto": "be kind", "tree": {"leaf": True}},
    )
    properties = {"net": {"dns": "10.0.0.1", "ports": [80, 443]}, "trick": "${rudder.param.motto}"}

    bundle = compiled(given, properties=properties)

    assert faults(bundle) == []
    assert contents(bundle) == [becomes]


def test_an_undefined_reference_is_told_by_the_bundle_and_touches_nothing_else() -> None:
    given = configuration(
        directive("d-bad", "fileManagement:1.0", file_section("/etc/a", "${rudder.param.gone} ${node.properties[x]}")),
        directive("d-good", "fileManagement:1.0", file_section("/etc/b", "fine")),
    )

    bundle = compiled(given)
    healed = compiled(configuration(*given.directives.values(), parameters={"gone": 1}), properties={"x": "y"})

    assert contents(bundle) == ["fine"]
    assert bundle.document["faults"] == [
        {
            "directive": "d-bad",
            "rules": ["r-1"],
            "component": "File",
            "text": "Directive 'd-bad' (d-bad): FILE_CONTENT: ${rudder.param.gone} is not defined: "
            "there is no such global parameter, or it has no 'gone'",
        }
    ]
    assert contents(healed) == ["1 y", "fine"]


def test_a_resolved_value_is_checked_against_its_variable() -> None:
    path = directive("d-1", "fileManagement:1.0", file_section("/etc/${node.properties[name]}"))
    number = directive(
        "d-2", "cronManagement:1.0", section("Job", {"CRON_NAME": "${node.properties[name]}", "CRON_COMMAND": "true"})
    )

    bundle = compiled(configuration(path, number), properties={"name": "../passwd"})

    assert names(bundle) == []
    said = faults(bundle)
    assert len(said) == 2
    assert "FILE_PATH: '/etc/${node.properties[name]}', on this node, is not an absolute path" in said[0]
    assert "CRON_NAME: '${node.properties[name]}', on this node, does not match the regular expression" in said[1]


def test_of_a_technique_that_a_node_has_once_the_lowest_priority_number_wins() -> None:
    given = configuration(
        motd("d-a", "from a", priority=5), motd("d-b", "from b", priority=2), motd("d-c", "from c", priority=2)
    )

    bundle = compiled(given)

    assert names(bundle) == ["d-b"]
    assert bundle.document["overridden"] == [
        {"directive": "d-a", "rules": ["r-1"], "by": "d-b"},
        {"directive": "d-c", "rules": ["r-1"], "by": "d-b"},
    ]


def test_a_winner_that_cannot_be_resolved_is_not_replaced_by_a_lower_one() -> None:
    bundle = compiled(configuration(motd("d-a", "${rudder.param.gone}", priority=1), motd("d-b", "other")))

    assert names(bundle) == []
    assert len(faults(bundle)) == 1


def test_two_directives_about_one_file_do_not_fight() -> None:
    given = configuration(
        directive("d-a", "fileManagement:1.0", file_section("/etc/x", "a"), file_section("/etc/only-a", "a")),
        directive("d-b", "fileManagement:1.0", file_section("/etc/x", "b"), priority=1),
    )

    bundle = compiled(given)

    assert contents(bundle) == ["a", "b"]
    assert bundle.document["overridden"] == [
        {"directive": "d-a", "rules": ["r-1"], "by": "d-b", "component": "File", "value": "/etc/x"}
    ]


def test_secrets_stay_tags_and_are_listed_for_the_node() -> None:
    tag = "ab" * 32
    given = configuration(
        directive("d-1", "fileManagement:1.0", file_section("/etc/a", "password=${rudder.param.db}\n")),
        directive("d-2", "fileManagement:1.0", file_section("/etc/b", "${rudder.param.db}")),
        parameters={"db": {"$secret": tag}},
    )

    bundle = compiled(given)

    assert contents(bundle) == [{"$parts": ["password=", {"$secret": tag}, "\n"]}, {"$secret": tag}]
    assert bundle.secrets == [tag]


def test_a_secret_that_is_to_be_set_fails_its_directive_alone() -> None:
    given = configuration(
        directive("d-1", "fileManagement:1.0", file_section("/etc/a", "${rudder.param.db}")),
        directive("d-2", "fileManagement:1.0", file_section("/etc/b", "x")),
        parameters={"db": {"$secret": "t1"}},
        held=frozenset(),
    )

    bundle = compiled(given)

    assert names(bundle) == ["d-2"]
    assert faults(bundle) == ["Directive 'd-1' (d-1): the secret with tag t1 is to be set; send its value again"]


def test_a_secret_cannot_stand_where_its_form_matters() -> None:
    given = configuration(
        directive("d-1", "fileManagement:1.0", file_section("/${rudder.param.db}")),
        parameters={"db": {"$secret": "t1"}},
    )

    assert faults(compiled(given)) == [
        "Directive 'd-1' (d-1): FILE_PATH: a secret parameter cannot be checked against its type; give text"
    ]


@pytest.mark.parametrize(
    ("directive_mode", "node_mode", "global_mode", "overridable", "runs"),
    [
        ("default", "default", "enforce", True, "enforce"),
        ("default", "default", "audit", True, "audit"),
        ("enforce", "default", "audit", True, "enforce"),
        ("audit", "enforce", "enforce", True, "audit"),
        ("enforce", "audit", "enforce", True, "audit"),
        ("default", "audit", "enforce", True, "audit"),
        ("default", "enforce", "audit", True, "enforce"),
        ("enforce", "enforce", "audit", False, "audit"),
        ("audit", "audit", "enforce", False, "enforce"),
    ],
)
def test_the_mode_is_that_of_all_unless_node_or_directive_may_say_otherwise(
    directive_mode: str, node_mode: str, global_mode: str, *, overridable: bool, runs: str
) -> None:
    assert mode_of(directive_mode, node_mode, global_mode=global_mode, overridable=overridable) == runs


def test_a_technique_with_variables_and_a_list_is_one_component() -> None:
    ntp = directive(
        "d-1",
        "ntpConfiguration:1.0",
        section("Server", {"NTP_SERVER_ADDRESS": "a.example"}),
        section("Server", {"NTP_SERVER_ADDRESS": "b.example", "NTP_SERVER_PREFER": "true"}),
    )

    entries: Any = compiled(configuration(ntp)).document["directives"]

    (component,) = entries[0]["components"]
    assert (component["component"], component["value"]) == ("Server", "None")
    assert component["values"]["Server"] == [
        {"NTP_SERVER_ADDRESS": "a.example", "NTP_SERVER_KIND": "server", "NTP_SERVER_PREFER": "false"},
        {"NTP_SERVER_ADDRESS": "b.example", "NTP_SERVER_KIND": "server", "NTP_SERVER_PREFER": "true"},
    ]
