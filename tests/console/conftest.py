"""What tests of the pages get: people, a review that is on, and change requests that wait."""

import pytest

from app.changes.change import Edit
from app.core.context import Context
from tests.installations import Server
from tests.people.persons import Person, person

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}'\""


@pytest.fixture
def people(server: Server) -> dict[str, Person]:
    """Make an author and two reviewers, and switch review on."""
    made = {
        "ann": person(server, "ann", name="Ann Author", roles=["configuration"], email="ann@example.org"),
        "rita": person(server, "rita", name="Rita Reviewer", roles=["administrator"], email="rita@example.org"),
        "olaf": person(server, "olaf", name="Olaf", roles=["administrator"], email="olaf@example.org"),
    }
    work = server.opened.work(Context.system("default", "test"))
    rule = {"displayName": "Harden ssh", "shortDescription": "old", "targets": ["special:all"]}
    work.submit([Edit("rule", "ssh", "create", rule)])
    work.submit([Edit("setting", "enable_change_request", "modify", {"value": True})])
    work.release()
    return made


def ask(
    author: Person, text: str = "new text", *, name: str = "Explain the rule", description: str = "Asked for"
) -> int:
    """Ask for a change of the rule, and give the number of the change request."""
    query = {"changeRequestName": name, "changeRequestDescription": description}
    answer = author.call("POST", "/api/25/rules/ssh", query_string=query, json={"shortDescription": text})
    assert answer.status_code == 200, answer.get_json()
    return int(answer.get_json()["data"]["rules"][0]["changeRequestId"])
