"""Every promise of the published text on API clients, in its order; panel and documents come with the console."""

import re

import jwt

from app.boot import Installation
from app.config import Config
from tests.installations import Server, configured
from tests.tenants.registering import PASSWORD, ask, bare, registered


def test_after_registration_there_is_a_complete_copy_except_for_users(server: Server) -> None:
    client = registered(server, "some.body@example.com")

    assert re.fullmatch(r"some\.body_[0-9]{6}", client.said["client"]["name"])
    for path in ("techniques", "rules", "directives", "groups", "parameters", "settings"):
        mine = client.call("GET", f"/api/25/{path}").json["data"]
        public = bare(server, "GET", f"/api/25/{path}").json["data"]
        for shown in (mine, public):
            shown.get("settings", {}).pop("allowed_networks", None)  # those of the machines, of which public has none
        assert mine == public, path


def test_other_clients_are_not_affected_by_what_one_does(server: Server) -> None:
    one, other = registered(server, "one@example.com"), registered(server, "other@example.com")

    assert one.call("PUT", "/api/25/parameters", json={"id": "p", "value": "v"}).status_code == 201
    assert other.call("GET", "/api/25/parameters/p").status_code == 404
    assert bare(server, "GET", "/api/25/parameters/p").status_code == 404


def test_the_client_is_set_up_before_the_answer_arrives(server: Server) -> None:

    client = registered(server)

    assert client.call("GET", "/api/25/rules").status_code == 200


def test_where_registration_is_closed_what_was_sent_is_not_looked_at(
    config: Config, installation: Installation
) -> None:
    closed = Server(configured(config.database_url, config.keys_dir, config.data_dir), installation)
    text = "Registration is closed on this server; ask its operator for a tenant"

    for body in ({"email": "john@example.com", "password": PASSWORD}, {"email": "none"}, {}, {"bogus": 1}):
        answer = bare(closed, "POST", "/auth/register", json=body)
        assert (answer.status_code, answer.json) == (403, {"detail": text})


def test_the_key_in_the_header_points_to_the_own_data(server: Server) -> None:
    client = registered(server)
    client.call("PUT", "/api/25/parameters", json={"id": "p", "value": "v"})

    assert client.call("GET", "/api/25/parameters/p", headers={"Api-Key": client.key}).status_code == 200


def test_access_lives_five_minutes_and_refresh_one_day(server: Server) -> None:
    client = registered(server)
    lives = {}
    for name in ("access", "refresh"):
        claims = jwt.decode(client.said[name], options={"verify_signature": False})
        lives[name] = claims["exp"] - claims["iat"]

    assert lives == {"access": 300, "refresh": 86400}


def test_the_response_codes_are_those_of_the_text(server: Server) -> None:
    client = registered(server)
    body = {"id": "p", "value": "v"}

    assert client.call("PUT", "/api/25/parameters", json=body).status_code == 201
    assert client.call("GET", "/api/25/parameters/p").status_code == 200
    wrong = client.call("PUT", "/api/25/rules", json={"displayName": "ab"})
    assert (wrong.status_code, list(wrong.json["errors"])) == (400, ["displayName"])
    assert client.call("PUT", "/api/25/parameters", json=body, headers={"Api-Key": client.key}).status_code == 401
    assert bare(server, "PUT", "/api/25/parameters", json=body).status_code == 403
    assert client.call("GET", "/api/25/parameters/none").status_code == 404
    assert ask(server, "john@example.com", PASSWORD).status_code == 400
