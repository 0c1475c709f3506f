"""A server that is killed within a confirm window takes back what nobody confirmed, once, when one runs again."""

import subprocess
import sys

import pytest

from app.commands.review import switch_off
from tests.crash.serving import environment_of
from tests.review.cast import TENANT, Cast


@pytest.mark.parametrize("point", ["commit.locked", "commit.written", "commit.after"])
def test_a_trial_that_nobody_confirms_ends_although_the_server_was_killed(cast: Cast, point: str) -> None:
    anna, rita = cast.person("anna"), cast.person("rita")
    anna.ok("PUT", "/parameters", json={"id": "p", "value": "before", "description": "old"})
    cast.switch_on()
    number = anna.asks("POST", "/parameters/p", json={"value": "trial"})
    rita.approve(number)
    assert rita.deploy(number, confirmWithin="PT5S").status_code == 200
    kept = anna.asks("POST", "/parameters/p", json={"description": "new"})
    rita.approve(kept)
    assert rita.deploy(kept).status_code == 200
    command = [sys.executable, "-m", "tests.crash.due_process", "6000"]

    killed = subprocess.run(command, env=environment_of(cast.server.config, point), capture_output=True, check=False)
    again = subprocess.run(command, env=environment_of(cast.server.config, ""), capture_output=True, check=False)

    assert (killed.returncode, again.returncode) == (-9, 0), again.stderr.decode()
    (parameter,) = anna.ok("GET", "/parameters/p")["data"]["parameters"]
    assert (parameter["value"], parameter["description"]) == ("before", "new")
    events = anna.ok("GET", "/events?kind=parameter&object=p")["data"]["events"]
    assert [event["actor"]["handle"] for event in events] == ["sternpost", "rita", "rita", "anna"]
    assert events[0]["changeRequest"] is None


def test_the_operator_switches_review_off_where_nobody_is_left(cast: Cast) -> None:
    anna = cast.person("anna")
    cast.switch_on()
    cast.policy("strict", require=[{"min": 2}])
    anna.asks("POST", "/settings/enable_change_request", json={"value": False})

    switch_off(cast.server.opened, TENANT, "Locked out")

    anna.ok("PUT", "/parameters", json={"id": "p", "value": "1"})
    (event,) = anna.ok("GET", "/events?type=ReviewSwitchedOff")["data"]["events"]
    assert (event["reason"], event["actor"]["kind"]) == ("Locked out", "system")
