"""Reads what a view was given, and what a refusal said."""

from werkzeug.test import TestResponse

from app.http.endpoint import Given
from tests.http.conftest import Caller
from tests.http.sample import Shelf


def read(call: Caller, shelf: Shelf, url: str, **options: object) -> Given:
    shelf.seen.clear()
    answer = call("POST", url, **options)
    assert shelf.seen, answer.text
    return shelf.seen[0]


def details(answer: TestResponse) -> str:
    assert answer.json is not None
    return str(answer.json["errorDetails"])
