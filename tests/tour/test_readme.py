"""The README's tour, run as it is written."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live import ROOT, Live, command_environment, serving

README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
EXPECTED = re.compile(r"^# -> (.*)$", re.MULTILINE)
ACTIVATE = ". .venv/bin/activate\n"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("tour")) as server:
        yield server


def test_every_block_of_the_tour_prints_what_the_readme_says(live: Live) -> None:
    script = "set -eu\n"
    for number, block in enumerate(BLOCKS):
        script += f"exec > out-{number}\n{block}\n"
    script = script.replace("http://127.0.0.1:8080", live.url).replace(ACTIVATE, "")

    done = subprocess.run(
        ["bash", "-c", script], cwd=live.folder, env=command_environment(), capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    for number, block in enumerate(BLOCKS):
        printed = (live.folder / f"out-{number}").read_text("utf-8")
        for expected in EXPECTED.findall(block):
            assert expected in printed, f"block {number} printed:\n{printed}"


def test_the_tour_starts_where_make_run_leaves_the_reader() -> None:
    assert ACTIVATE in BLOCKS[0]
    assert "data/run/api-token-header" in BLOCKS[0]
    assert len(BLOCKS) >= 10


def test_every_page_that_the_readme_links_to_exists() -> None:
    links = re.findall(r"\]\(([a-z0-9/.-]+)\)", README)

    assert [link for link in links if not Path(ROOT, link).exists()] == []
