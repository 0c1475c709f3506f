"""The scripts beside the program: what is missing is named, and no test is forgotten."""

import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """Make a folder to be the whole PATH, with a git in it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "git").symlink_to("/bin/true")
    return folder


@pytest.fixture(scope="session")
def check_source() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_source", ROOT / ".ci" / "check_source.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def add_python(tools: Path, *, refuses: str = "nothing") -> None:
    """Add a python3 that is this one, but exits with 1 when its program contains `refuses`."""
    script = tools / "python3"
    script.write_text(f'#!/bin/sh\ncase "$*" in *{refuses}*) exit 1;; esac\nexec {sys.executable} "$@"\n')
    script.chmod(0o755)


def check_tools(tools: Path) -> tuple[int, str]:
    answer = subprocess.run(
        ["/bin/sh", str(ROOT / ".ci" / "check-tools")],
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.returncode, answer.stderr


def test_nothing_is_said_when_no_tool_is_missing(tools: Path) -> None:
    add_python(tools)

    assert check_tools(tools) == (0, "")


def test_a_python_without_ensurepip_is_named_with_its_apt_line(tools: Path) -> None:
    add_python(tools, refuses="ensurepip")

    assert check_tools(tools) == (1, "Missing: python3-venv. Install it with: apt-get install -y python3-venv\n")


def test_a_missing_git_is_named_with_its_apt_line(tools: Path) -> None:
    add_python(tools)
    (tools / "git").unlink()

    assert check_tools(tools) == (1, "Missing: git. Install it with: apt-get install -y git\n")


def test_a_missing_python_is_named_with_its_apt_lines(tools: Path) -> None:
    status, text = check_tools(tools)

    assert status == 1
    assert "apt-get install -y python3\n" in text
    assert "apt-get install -y python3-venv\n" in text


def test_a_python_that_is_too_old_is_named_with_its_version(tools: Path) -> None:
    add_python(tools, refuses="version_info")

    status, text = check_tools(tools)

    assert status == 1
    assert text.startswith("Too old: Python 3.")


def test_every_dependency_has_one_version_in_the_constraints_and_no_host_is_named() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["dev"]]

    lines = (ROOT / "constraints.txt").read_text().splitlines()

    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line)] == []
    pinned = {normal(line.split("==")[0]) for line in lines}
    assert {normal(re.split(r"[\[<>=]", requirement)[0]) for requirement in asked} - pinned == set()


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_a_file_over_300_lines_is_named(check_source: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "long.py").write_text("\n" * 301)
    (tmp_path / "app" / "short.py").write_text("\n" * 300)

    assert list(check_source.long_files(tmp_path)) == ["app/long.py: 301 lines, more than 300; split it by subject"]


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("def test_a(): assert True\n", "test_a is never run"),
        ("def check_b(): assert True\n", "check_b is never run"),
        ("def test_c(): assert 1\ndef test_c(): assert 2\n", "hides an earlier one"),
    ],
)
def test_a_function_that_asserts_and_is_never_run_is_named(
    check_source: ModuleType, tmp_path: Path, source: str, fault: str
) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "cases.py").write_text(source)

    faults = list(check_source.uncollected(tmp_path, {("tests/cases.py", "test_c")}))

    assert len(faults) == 1
    assert fault in faults[0]


def test_a_collected_test_a_called_helper_and_a_fixture_are_no_faults(check_source: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_x.py").write_text(
        "import pytest\n@pytest.fixture\ndef f(): assert True\ndef helper(): assert True\ndef test_a(f): helper()\n"
    )

    assert list(check_source.uncollected(tmp_path, {("tests/test_x.py", "test_a")})) == []
