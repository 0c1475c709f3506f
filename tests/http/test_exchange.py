"""The request as the API reads it says what Flask's says."""

import io
from typing import Any

import pytest
from flask import Request
from werkzeug.test import create_environ

from app.http.exchange import ApiRequest

REQUESTS: tuple[dict[str, Any], ...] = (
    {"path": "/api/25/rules/a b", "query_string": "x=1&y=%C3%A9"},
    {"path": "//api/25//rules/\u00e9", "headers": {"Accept-Encoding": "gzip", "If-Match": '"1"'}},
    {"path": "/api/25/rules", "method": "POST", "data": {"name": "n", "tags": ["a", "b"]}},
    {"path": "/api/25/rules", "method": "PUT", "json": {"id": "r"}},
    {"path": "/api/25/x", "method": "POST", "data": {"file": (io.BytesIO(b"zip"), "a.zip")}},
    {"path": "/api/25/rules", "base_url": "https://example.org:8443/under"},
)


@pytest.mark.parametrize("asked", REQUESTS)
def test_a_request_reads_as_flask_reads_it(asked: dict[str, Any]) -> None:
    environ = create_environ(**asked)
    body = environ["wsgi.input"].read()

    def read(kind: type[Request]) -> list[object]:
        request = kind({**environ, "wsgi.input": io.BytesIO(body), "REMOTE_ADDR": "192.0.2.1"})
        names = "method path root_path query_string remote_addr scheme server mimetype content_type content_length"
        told: list[object] = [getattr(request, name) for name in names.split()]
        told += [sorted(request.headers.items()), request.url, request.host, request.args, request.form]
        told += [[(name, file.filename, file.read()) for name, file in request.files.items()], request.get_data()]
        request.close()
        return told

    assert read(ApiRequest) == read(Request)


def test_the_files_of_a_form_are_closed_with_the_request() -> None:
    request = ApiRequest(create_environ(method="POST", data={"file": (io.BytesIO(b"zip"), "a.zip")}))
    file = request.files["file"]

    request.close()

    assert file.stream.closed
