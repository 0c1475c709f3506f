"""What an answer says of review: where a write waits, and (from 25 on) for what, or what a dry run found out."""

from dataclasses import replace
from typing import Final

from app.core.canonical import JSON
from app.http.endpoint import ARRAY, BARE, Answer, Endpoint, Given, Item
from app.http.seams import Work
from app.http.versions import LATEST

PATH: Final = f"/api/{LATEST}/changeRequests"
MEMBER: Final = "changeRequestId"


def told(answer: Answer, endpoint: Endpoint, work: Work, given: Given) -> Answer:
    """Add it to an answer; what was not stored has no revision to go on from."""
    if given.dry_run and work.foreseen is not None:
        # An upload has a report of its own, which says more.
        return answer if endpoint.upload is not None else Answer(value=work.foreseen, container=BARE)
    waiting = work.waiting
    if waiting is None or waiting.change_request is None or not endpoint.writes:
        return answer
    number = waiting.change_request
    shown = replace(answer, items=[_named(item, number) for item in answer.items], value=_first(answer.value, number))
    is_plain = answer.value is not None and not isinstance(answer.value, dict)
    if is_plain or endpoint.container is ARRAY:
        # There is no one object in which it could stand.
        shown = replace(shown, members={**answer.members, MEMBER: number})
    if not given.era.strict:
        return shown
    members = {**shown.members, "gate": waiting.gate} if waiting.gate is not None else shown.members
    return replace(shown, headers={**answer.headers, "Location": f"{PATH}/{number}"}, members=members, revision=None)


def _named(item: Item, number: str) -> Item:
    return {MEMBER: number, **item} if isinstance(item, dict) else item


def _first(value: JSON, number: str) -> JSON:
    return {MEMBER: number, **value} if isinstance(value, dict) else value
