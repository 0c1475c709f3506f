"""What tests of the pages get: people, a review that is on, and change requests that wait."""

import pytest

from app.changes.change import Edit
from tests.installations import Server
from tests.review.cast import Caller, Cast

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}'\""

People = dict[str, Caller]


@pytest.fixture
def people(server: Server) -> People:
    """Make an author and two reviewers, and switch review on."""
    cast = Cast(server)
    cast.person("ann", "configuration")
    cast.person("rita")
    cast.person("olaf")
    rule = {"displayName": "Harden ssh", "shortDescription": "old", "targets": ["special:all"]}
    cast.system(Edit("rule", "ssh", "create", rule))
    cast.switch_on()
    return cast.people


def ask(
    author: Caller, text: str = "new text", *, name: str = "Explain the rule", description: str = "Asked for"
) -> int:
    """Ask for a change of the rule, and give the number of the change request."""
    query = {"changeRequestName": name, "changeRequestDescription": description}
    return author.asks("POST", "/rules/ssh", query_string=query, json={"shortDescription": text})
