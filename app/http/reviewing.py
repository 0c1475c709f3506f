"""What an answer says of review in the strict era: where a write waits and for what, or what a dry run found out."""

from dataclasses import replace
from typing import Final

from app.http.endpoint import BARE, Answer, Given, Work
from app.http.versions import LATEST

PATH: Final = f"/api/{LATEST}/changeRequests"


def told(answer: Answer, work: Work, given: Given) -> Answer:
    """Add it to an answer; what was not stored has no revision to go on from."""
    if not given.era.strict:
        return answer
    if given.dry_run and work.foreseen is not None:
        return Answer(value=work.foreseen, container=BARE)
    waiting = work.waiting
    if waiting is None or waiting.change_request is None:
        return answer
    headers = {**answer.headers, "Location": f"{PATH}/{waiting.change_request}"}
    members = {**answer.members, "gate": waiting.gate} if waiting.gate is not None else answer.members
    return replace(answer, headers=headers, members=members, revision=None)
