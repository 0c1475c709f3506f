import json
import re
from pathlib import Path

import pytest

from app.core.canonical import JSON, Document
from app.core.errors import InvalidError
from app.fleet.techniques.definition import Technique, check_definition, read_technique
from app.fleet.techniques.library import starter_library
from app.fleet.techniques.parameters import complete_parameters, empty_parameters, secret_paths
from app.fleet.techniques.types import VALUE_TYPES
from app.fleet.techniques.versions import newest_version
from app.fleet.techniques.yaml_source import load_technique_yaml
from tests.fleet.techniques.samples import parameters, section

PAGE = (Path(__file__).parents[3] / "docs" / "techniques.md").read_text(encoding="utf-8")
LIBRARY = starter_library()
IDS = [f"{document['id']}:{document['version']}" for document in LIBRARY]


def starter(name: str, version: str) -> Technique:
    return read_technique(LIBRARY[IDS.index(f"{name}:{version}")])


def test_the_starter_library_is_complete_and_in_order() -> None:
    assert IDS == [
        "commandExecution:1.0",
        "cronManagement:1.0",
        "fileManagement:1.0",
        "groupManagement:1.0",
        "instanceHosting:1.0",
        "journalConfiguration:1.0",
        "motdConfiguration:1.0",
        "ntpConfiguration:1.0",
        "packageManagement:1.0",
        "packageManagement:1.1",
        "serviceManagement:1.0",
        "sshServer:1.0",
        "userManagement:8.0",
    ]


@pytest.mark.parametrize("document", LIBRARY, ids=IDS)
def test_a_starter_technique_is_a_complete_document(document: Document) -> None:
    assert check_definition(document) == document


@pytest.mark.parametrize("document", LIBRARY, ids=IDS)
def test_a_starter_technique_is_applicable_and_documented(document: Document) -> None:
    technique = read_technique(document)

    assert technique.applicable
    assert len(technique.description) > 40
    assert len(technique.documentation) > 300
    assert all(variable.description for variable in technique.parameters.all_variables())


@pytest.mark.parametrize("document", LIBRARY, ids=IDS)
def test_the_documentation_names_only_variables_that_exist(document: Document) -> None:
    technique = read_technique(document)
    names = {variable.name for variable in technique.parameters.all_variables()}

    assert set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", technique.documentation)) <= names


def test_the_newest_package_technique_adds_a_hold_only() -> None:
    old, new = starter("packageManagement", "1.0"), starter("packageManagement", "1.1")
    names = [{variable.name for variable in version.parameters.all_variables()} for version in (old, new)]

    assert newest_version([old.version, new.version]) == "1.1"
    assert names[1] - names[0] == {"PACKAGE_HOLD"}
    assert names[0] <= names[1]


def test_parameters_written_for_rudders_package_technique_are_accepted() -> None:
    given = parameters(
        section(
            "Package",
            {"PACKAGE_LIST": "htop", "PACKAGE_STATE": "present"},
            section("Package version", {"PACKAGE_VERSION": "latest", "PACKAGE_VERSION_SPECIFIC": ""}),
            section("Package architecture", {"PACKAGE_ARCHITECTURE": "default", "PACKAGE_ARCHITECTURE_SPECIFIC": ""}),
        )
    )

    assert complete_parameters(starter("packageManagement", "1.0"), given) == parameters(
        section(
            "Package",
            {"PACKAGE_LIST": "htop", "PACKAGE_STATE": "present"},
            section("Package architecture", {"PACKAGE_ARCHITECTURE": "default", "PACKAGE_ARCHITECTURE_SPECIFIC": ""}),
            section("Package manager", {"PACKAGE_MANAGER": "default"}),
            section("Package version", {"PACKAGE_VERSION": "latest", "PACKAGE_VERSION_SPECIFIC": ""}),
            section("Post-modification script", {"PACKAGE_POST_HOOK_COMMAND": ""}),
        )
    )


def a_user(password: JSON) -> Document:
    return parameters(
        section("Users", {"USERGROUP_USER_LOGIN": "ann"}, section("Password", {"USERGROUP_USER_PASSWORD": password}))
    )


@pytest.mark.parametrize(
    "password",
    [
        "$6$pFqC2kHn$Q1oX.q/aB0",
        "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7",
        "linux-shadow-md5:$1$.wI5w6TO$GJln9oltmP1JLnSmyTCX11",
        "!",
        "",
    ],
)
def test_a_users_password_is_a_hash(password: str) -> None:
    assert complete_parameters(starter("userManagement", "8.0"), a_user(password))


def test_a_users_password_in_clear_is_refused_and_not_shown() -> None:
    with pytest.raises(InvalidError) as caught:
        complete_parameters(starter("userManagement", "8.0"), a_user("hunter2"))

    assert "variable 'USERGROUP_USER_PASSWORD': the value (hidden, it is secret) does not match" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_users_password_is_found_as_a_secret() -> None:
    technique = starter("userManagement", "8.0")

    paths = secret_paths(technique, complete_parameters(technique, a_user("$6$a$b")))

    assert paths == ["/section/sections/0/section/sections/0/section/vars/0/var/value"]


def a_job(**schedule: JSON) -> Document:
    fields: dict[str, JSON] = {f"CRON_{name}": value for name, value in schedule.items()}
    return parameters(section("Job", {"CRON_NAME": "a", "CRON_COMMAND": "true"}, section("Schedule", fields)))


@pytest.mark.parametrize(
    "schedule",
    [
        {"MINUTE": "*/10"},
        {"MINUTE": "0,15,30-45/5"},
        {"HOUR": "23", "DAY": "31", "MONTH": "jan-mar", "WEEKDAY": "mon-fri"},
        {"MONTH": "12", "WEEKDAY": "7"},
    ],
    ids=str,
)
def test_a_schedule_of_crontab_is_accepted(schedule: dict[str, JSON]) -> None:
    assert complete_parameters(starter("cronManagement", "1.0"), a_job(**schedule))


@pytest.mark.parametrize(
    "schedule",
    [
        {"MINUTE": "60"},
        {"HOUR": "24"},
        {"DAY": "0"},
        {"MONTH": "13"},
        {"WEEKDAY": "8"},
        {"MINUTE": "*/"},
        {"MINUTE": ""},
    ],
    ids=str,
)
def test_a_schedule_out_of_range_is_refused(schedule: dict[str, JSON]) -> None:
    with pytest.raises(InvalidError, match="section 'Job\\[1\\]/Schedule', variable 'CRON_"):
        complete_parameters(starter("cronManagement", "1.0"), a_job(**schedule))


@pytest.mark.parametrize("address", ["0.debian.pool.ntp.org", "192.0.2.1", "2001:db8::1", "::1"])
def test_a_time_server_is_a_name_or_an_address(address: str) -> None:
    given = parameters(section("Server", {"NTP_SERVER_ADDRESS": address}))

    assert complete_parameters(starter("ntpConfiguration", "1.0"), given)


@pytest.mark.parametrize("name", ["motdConfiguration", "sshServer", "journalConfiguration"])
def test_a_technique_about_one_thing_needs_no_parameters(name: str) -> None:
    assert empty_parameters(starter(name, "1.0"))


def test_the_documentation_lists_every_type() -> None:
    rows = [
        f"| `{kind.name}` | {kind.meaning} | {', '.join(f'`{limit}`' for limit in kind.limits) or 'none'} |"
        for kind in VALUE_TYPES
    ]

    assert "\n".join(rows) in PAGE


def test_the_example_of_the_documentation_is_true() -> None:
    blocks = re.findall(r"```(?:yaml|json)\n(.*?)```", PAGE, re.DOTALL)
    technique = read_technique(load_technique_yaml(blocks[0]))

    assert complete_parameters(technique, json.loads(blocks[1])) == json.loads(blocks[2])
