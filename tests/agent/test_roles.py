"""The roles of the agent, really run by Ansible over a scratch root: literal values, repairs, audits."""

import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from app.agent import applying
from app.agent.playbook import ROLES as ROLE_FOLDERS
from app.agent.playbook import Place
from app.agent.tasks import ROLES, Task, tasks_of
from app.fleet.bundles.compiling import compile_bundle
from app.fleet.techniques.library import starter_library
from tests.fleet.bundles.configurations import configuration, directive, file_section, motd, node, section

HOSTILE = '{{ lookup("pipe", "touch PWNED") }} {% raw %} \'"`id` $(id) \\ %s é \N{GRINNING FACE}\n\ttwo {"a": 1}\n'


def tasks(*directives: Mapping[str, Any], **more: Any) -> list[Task]:
    given = configuration(*map(dict, directives), **more)
    bundle = compile_bundle(given, node(), list(given.rules))
    assert bundle.document["faults"] == []
    return tasks_of(bundle.document, {})


def apply_tasks(wanted: list[Task], place: Place) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="run-") as folder:
        return applying.apply_tasks(wanted, place, Path(folder))


def statuses(reports: list[dict[str, Any]]) -> list[str]:
    return [report["status"] for report in reports]


def test_the_agent_carries_out_every_technique_of_the_starter_library() -> None:
    library = {(str(one["id"]), str(one["version"])) for one in starter_library()}

    carried = {(name, version) for name, versions in ROLES.items() for version in versions}
    assert carried == library
    assert {folder.name for folder in ROLE_FOLDERS.iterdir()} == set(ROLES)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_values_arrive_literally_and_a_second_run_changes_nothing(tmp_path: Path) -> None:
    root = tmp_path / "root {{ 1 + 1 }}"
    (root / "etc").mkdir(parents=True)
    wanted = tasks(
        directive(
            "d-files",
            "fileManagement:1.0",
            file_section("/etc/a {{ b }}'\"$(id)", HOSTILE),
            file_section("/etc/dir", FILE_STATE="directory"),
            section("File", {"FILE_PATH": "/etc/link", "FILE_STATE": "link"}, Content={"FILE_LINK_TARGET": "{{ x }}"}),
            section("File", {"FILE_PATH": "/etc/locked"}, Permissions={"FILE_MODE": "0600"}),
        ),
        directive(
            "d-cron",
            "cronManagement:1.0",
            section("Job", {"CRON_NAME": "job", "CRON_COMMAND": "echo '{{ x }}' 100% $(id)"}),
        ),
        motd("d-motd", HOSTILE),
        directive("d-journal", "journalConfiguration:1.0"),
    )

    first = apply_tasks(wanted, Place(root))
    second = apply_tasks(wanted, Place(root))

    assert statuses(first) == ["successRepaired"] * 7, first
    assert statuses(second) == ["successAlreadyOK"] * 7, second
    assert (root / "etc/a {{ b }}'\"$(id)").read_text("utf-8") == HOSTILE
    assert (root / "etc/motd").read_text("utf-8") == HOSTILE
    assert (root / "etc/dir").is_dir()
    assert (root / "etc/link").readlink() == Path("{{ x }}")
    assert stat.S_IMODE((root / "etc/locked").stat().st_mode) == 0o600
    assert (root / "etc/cron.d/sternpost-job").read_text("utf-8") == (
        "# Written by sternpost-agent; changes made here are undone.\n"
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
        'MAILTO=""\n'
        "* * * * * root echo '{{ x }}' 100\\% $(id)\n"
    )
    journal = (root / "etc/systemd/journald.conf.d/sternpost.conf").read_text("utf-8")
    assert "SystemMaxUse=1073741824\n" in journal
    assert not any("PWNED" in files for _, _, files in os.walk(tmp_path))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_check_changes_nothing_and_one_failure_ends_no_other_component(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/kept").write_text("as it was\n")
    audited = directive("d-audit", "fileManagement:1.0", file_section("/etc/kept", "other\n"), policyMode="audit")
    package = directive("d-package", "packageManagement:1.0", section("Package", {"PACKAGE_LIST": "no-such-thing"}))
    here = directive(
        "d-here", "packageManagement:1.1", section("Package", {"PACKAGE_LIST": "dpkg"}), policyMode="audit"
    )
    command = directive("d-run", "commandExecution:1.0", section("Command", {"COMMAND_TEXT": f"touch {tmp_path}/ran"}))
    broken = directive("d-0", "fileManagement:1.0", file_section("/missing/folder/x", "y"))
    after = directive("d-z", "fileManagement:1.0", file_section("/etc/after", "z"))
    service = directive(
        "d-service",
        "serviceManagement:1.0",
        section("Service", {"SERVICE_NAME": "no-such-service"}),
        policyMode="audit",
    )
    user = directive(
        "d-user",
        "userManagement:8.0",
        section("Users", {"USERGROUP_USER_LOGIN": "nobody-here", "USERGROUP_USER_ACTION": "checkhere"}),
        policyMode="audit",
    )

    reports = apply_tasks(tasks(audited, package, here, command, broken, after, service, user), Place(tmp_path))

    said = {report["directive"]: (report["status"], report["message"]) for report in reports}
    assert {name: status for name, (status, _) in said.items()} == {
        "d-0": "error",
        "d-audit": "auditNonCompliant",
        "d-here": "auditCompliant",
        "d-package": "error",
        "d-run": "error",
        "d-service": "auditError",
        "d-user": "auditNonCompliant",
        "d-z": "successRepaired",
    }, said
    assert "-as it was\n+other" in said["d-audit"][1]
    assert "Would be changed, but with --root only files are changed" in said["d-package"][1]
    assert "would be installed" in said["d-package"][1]
    assert "no-such-service" in said["d-service"][1]
    assert "There is no account 'nobody-here'" in said["d-user"][1]
    assert (tmp_path / "etc/kept").read_text("utf-8") == "as it was\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["etc"]


def test_a_technique_that_the_agent_does_not_know_is_an_error_and_not_skipped() -> None:
    unknown = Task("d-1", ["r-1"], "fileManagement", "9.9", "enforce", "File", "/x", {}, has_secrets=False)

    (report,) = apply_tasks([unknown], Place())

    assert report["status"] == "error"
    assert report["message"] == "This agent does not carry out technique 'fileManagement' 9.9; upgrade it"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_commands_run_when_their_condition_asks_and_a_dry_run_says_only_what_would_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _stand_in_for_apt(tmp_path, monkeypatch)
    made, hooked = tmp_path / "made", tmp_path / "hooked"
    wanted = tasks(
        directive(
            "d-run",
            "commandExecution:1.0",
            section(
                "Command",
                {"COMMAND_TEXT": f"echo '{{{{ x }}}} 50%' > {made}", "COMMAND_LABEL": "make"},
                Condition={"COMMAND_CREATES": str(made)},
            ),
            section("Command", {"COMMAND_TEXT": "exit 3"}, Result={"COMMAND_UNCHANGED_EXIT_CODES": "3"}),
            section("Command", {"COMMAND_TEXT": "echo why >&2; exit 4"}),
            section("Command", {"COMMAND_TEXT": "true"}, Condition={"COMMAND_CONDITION": "false"}),
        ),
        directive(
            "d-package",
            "packageManagement:1.0",
            section("Package", {"PACKAGE_LIST": "no-such-package"}, Package_manager={"PACKAGE_MANAGER": "apt"}),
        ),
        directive(
            "d-file",
            "fileManagement:1.0",
            section(
                "File",
                {"FILE_PATH": f"{tmp_path}/file"},
                Content={"FILE_CONTENT": "x"},
                **{"Post-modification_script": {"FILE_POST_HOOK_COMMAND": f"echo done > {hooked}"}},
            ),
        ),
    )

    dry = apply_tasks(wanted, Place(dry=True))
    untouched = sorted(path.name for path in tmp_path.iterdir())
    reports = apply_tasks(wanted, Place())

    # Whoever wants a package that is not there yet hears first what the repositories have now.
    assert untouched == ["bin"]
    assert asked.read_text("utf-8").splitlines() == [
        "apt-get update",
        "touch /var/lib/apt/lists",
        "apt-get install --yes --allow-downgrades --option=Dpkg::Options::=--force-confold no-such-package",
    ]
    assert statuses(dry) == ["error", "error", "error", "error", "error", "successAlreadyOK"]
    assert all("a dry run changes nothing" in one["message"] for one in dry[:5])
    assert statuses(reports) == [
        *["successRepaired"] * 3,
        "successAlreadyOK",
        "error",
        "successAlreadyOK",
    ]
    assert made.read_text("utf-8") == "{{ x }} 50%\n"
    assert "why" in reports[4]["message"]
    assert hooked.exists()


def _stand_in_for_apt(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put programs before those of the machine that write down how they are called; gives the file."""
    asked = folder / "asked"
    (folder / "bin").mkdir()
    for name in ("apt-get", "touch", "apt-mark", "dpkg-query"):
        program = folder / "bin" / name
        tells = "exit 1" if name == "dpkg-query" else f'echo "{name} $*" >> {asked}'
        program.write_text(f"#!/bin/sh\n{tells}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return asked
