"""Rights and roles, typed from the contract."""

import pytest

from app.core.errors import InvalidError
from app.core.rights import RIGHTS, contract, expand
from app.core.roles import ROLES, Coverage, coverage, rights_of

OWN = {"userAccount_read", "userAccount_edit", "userAccount_write"}


def every(*kinds: str) -> set[str]:
    return {f"{kind}_{action}" for kind in kinds for action in ("read", "edit", "write")}


COMPLIANCE = every("compliance") | {"node_read", "group_read", "configuration_read", "rule_read", "directive_read"}


@pytest.mark.parametrize(
    ("role", "rights"),
    [
        ("user", every("node", "group", "configuration", "rule", "directive", "technique", "parameter") | OWN),
        ("administration_only", every("administration") | OWN),
        ("configuration", every("configuration", "rule", "directive", "technique", "parameter") | OWN),
        ("compliance", COMPLIANCE | OWN),
        ("validator", every("validator") | COMPLIANCE | OWN),
        ("deployer", every("deployer") | COMPLIANCE | OWN),
        ("workflow", every("validator", "deployer") | COMPLIANCE | OWN),
        ("inventory", {"node_read"} | OWN),
        ("rule_only", {"configuration_read", "rule_read"} | OWN),
        ("no_rights", set()),
    ],
)
def test_a_role_of_rudder_holds_what_the_contract_says(role: str, rights: set[str]) -> None:
    assert ROLES[role] == rights


def test_an_administrator_holds_everything_and_a_reader_every_read() -> None:
    assert ROLES["administrator"] == RIGHTS
    assert ROLES["read_only"] == {right for right in RIGHTS if right.endswith("_read")} | OWN


def test_kinds_of_our_own_have_rights() -> None:
    ours = every("event", "reviewPolicy", "image", "instance", "webhook", "user", "role", "account", "secret")

    assert ours < RIGHTS


def test_all_stands_for_read_edit_and_write() -> None:
    assert expand(["rule_all", "node_read"]) == every("rule") | {"node_read"}


def test_no_rights_undoes_everything_else() -> None:
    assert expand(["any_rights"]) == RIGHTS
    assert expand(["any_rights", "no_rights"]) == frozenset()
    assert rights_of(["administrator", "no_rights"]) == frozenset()


@pytest.mark.parametrize("name", ["rule", "rule_", "rule_delete", "Rule_read", "rule_any", ""])
def test_a_name_that_stands_for_nothing_is_refused(name: str) -> None:
    with pytest.raises(InvalidError, match=f"'{name}' is no right"):
        expand(["rule_read", name])


def test_sets_of_rights_have_names() -> None:
    assert contract(RIGHTS) == ("any_rights",)
    assert contract(()) == ("no_rights",)
    assert contract({"rule_write", "rule_read"}) == ("rule_read", "rule_write")


def test_coverage_names_the_roles_that_rights_amount_to_and_the_rest() -> None:
    rights = expand(["node_all", "configuration_read", "rule_read"])

    assert coverage(rights) == Coverage(("inventory", "rule_only"), ("node_edit", "node_write"))


def test_coverage_looks_at_the_candidates_only() -> None:
    rights = expand(["node_read", "configuration_read", "rule_read"])

    found = coverage(rights, {"inventory": ROLES["inventory"]})

    assert found == Coverage(("inventory",), ("configuration_read", "rule_read"))


def test_everything_is_the_administrator_and_nothing_is_no_rights() -> None:
    assert coverage(RIGHTS) == Coverage(("administrator",), ())
    assert coverage(frozenset()) == Coverage(("no_rights",), ())


def test_rights_that_no_role_holds_are_all_custom() -> None:
    assert coverage(frozenset({"rule_write"})) == Coverage((), ("rule_write",))
