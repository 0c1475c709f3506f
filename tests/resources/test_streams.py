"""Large answers hold at most half of the server's threads."""

from app.changes.change import Edit
from tests.installations import Server, submit


def _fill(server: Server) -> None:
    filler = "x" * 20_000
    submit(
        server.opened,
        *(Edit("rule", f"r-{n}", "create", {"displayName": "R", "longDescription": filler}) for n in range(60)),
    )


def test_a_large_answer_over_the_limit_is_refused_and_the_place_comes_back(server: Server) -> None:
    _fill(server)
    places = server.config.threads // 2
    held = [server.get("/api/25/rules", buffered=False) for _ in range(places)]

    refused = server.get("/api/25/rules")
    small = server.get("/api/25/rules?limit=1")
    held.pop().close()
    again = server.get("/api/25/rules")

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert small.status_code == 200
    assert again.status_code == 200
    assert len(again.get_json()["data"]["rules"]) == 60
    for answer in held:
        answer.close()
