"""Log lines: their form, their levels, and tracebacks."""

import json

import pytest

from app.core.logs import LOG, configure_logging
from tests.logs import said


def test_a_line_is_one_object_with_its_event_level_and_time(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    LOG.warning("mail not sent", tenant="acme", reason="line\nbreak")

    written = capsysbinary.readouterr().err
    assert written.count(b"\n") == 1
    line = json.loads(written)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "mail not sent", "level": "warning", "tenant": "acme", "reason": "line\nbreak"}


@pytest.mark.parametrize(
    ("level", "heard"),
    [("debug", ["a", "b", "c"]), ("info", ["a", "b", "c"]), ("warning", ["b", "c"]), ("error", ["c"])],
)
def test_what_is_less_than_the_level_is_left_out(level: str, heard: list[str]) -> None:
    configure_logging(level)

    with said() as lines:
        LOG.info("a")
        LOG.warning("b")
        LOG.error("c")

    assert [line["event"] for line in lines] == heard


def test_an_exception_comes_with_its_traceback() -> None:
    with said() as lines:
        try:
            int("odd")
        except ValueError:
            LOG.exception("step failed", step="git")

    assert lines[0]["level"] == "error"
    assert lines[0]["step"] == "git"
    assert lines[0]["exception"].endswith("with base 10: 'odd'")
