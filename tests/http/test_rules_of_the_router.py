"""Rules of the router: quick to add, and their URLs are right when somebody asks for one."""

from werkzeug.routing import Map

from app.http.rules import LateRule


def test_a_url_is_built_when_it_is_asked_for() -> None:
    rules = Map([LateRule("/static/<path:filename>", endpoint="static"), LateRule("/one/<one>", endpoint="one")])
    urls = rules.bind("localhost")

    for _ in range(2):
        assert urls.build("static", {"filename": "a/b.css"}) == "/static/a/b.css"
        assert urls.build("one", {"one": "x y", "page": 2}) == "/one/x%20y?page=2"
        assert urls.build("one", {"one": "x", "page": 2}, append_unknown=False) == "/one/x"
    assert urls.match("/static/a/b.css") == ("static", {"filename": "a/b.css"})
