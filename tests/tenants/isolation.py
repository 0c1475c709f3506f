"""What one tenant gets of every declared endpoint, compared before and after another tenant filled itself."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app.core.clock import now_ms
from app.http.endpoint import Endpoint
from app.http.versions import VERSIONS
from app.resources import ENDPOINTS
from app.store.accounts import find_by_hash, token_hash
from app.store.session import _OWNED as OWNED
from tests.installations import Server
from tests.tenants.filling import GLIMPSES, add_person, fill_delivery, fill_rows, fill_run, glimpsed
from tests.tenants.filling import MARKED as MARK

ONLY_A = "only-in-a"
UNKNOWN = "is-nowhere"
TWIN = "twin"
# These make a tenant or end the caller's own; requirements 1 to 5 and 22 are about them.
OWN_ENDS = {"register", "deleteClient", "rotateKey"}
WITHOUT_ID = {f"/users/{TWIN}", "/changeRequests"}
OF_THE_MACHINE = {"getHealthcheckResult"}
"""Tells of the machine, in the free space of its disk and in seconds, so no two answers are alike."""
_HOLE = re.compile(r"\{([A-Za-z]+)\}")


@dataclass(frozen=True)
class Tenant:
    """One tenant and the token of an account in it that may do everything."""

    server: Server
    id: str
    token: str

    def call(self, method: str, path: str, **more: Any) -> Any:
        """Call the API."""
        return self.server.call(method, path, token=self.token, **more)

    def made(self, method: str, path: str, body: Any, **more: Any) -> None:
        """Call what has to succeed."""
        answer = self.call(method, f"/api/25{path}", json=body, **more)
        assert answer.status_code == 200, (path, answer.get_data(as_text=True))

    def fill(self, mark: str, technique: str) -> None:
        """Make one object of every kind, under ids and names that the other tenant has too."""
        named = {"displayName": f"Named {TWIN}", "longDescription": mark}
        self.made("PUT", "/rules/categories", {"id": TWIN, "name": "Category", "description": mark})
        self.made("PUT", "/groups/categories", {"id": TWIN, "name": "Category", "description": mark})
        self.made("PUT", "/directives", {"id": TWIN, "techniqueName": technique, **named})
        self.made("PUT", "/groups", {"id": TWIN, "displayName": f"Named {TWIN}", "description": mark})
        self.made("PUT", "/rules", {"id": TWIN, "directives": [TWIN], "targets": ["special:all"], **named})
        self.made("PUT", "/parameters", {"id": TWIN, "value": mark, "description": mark})
        self.made("PUT", "/parameters", {"id": f"{TWIN}-secret", "value": mark, "secret": True})
        self.made("POST", "/inventories", {"id": TWIN, "hostname": mark})
        self.made("POST", f"/nodes/pending/{TWIN}", {"status": "accepted"})
        self.made("POST", "/apiaccounts", {"id": TWIN, "name": TWIN, "description": mark, "status": "enabled",
                                           "tenants": "*", "authorizationType": "ro"})  # fmt: skip
        fill_rows(self.server, self.id, TWIN, mark)
        self.made("PUT", "/roles", {"id": TWIN, "name": TWIN, "description": mark, "rights": ["rule_read"]})
        self.made("PUT", "/teams", {"id": TWIN, "name": mark, "members": [TWIN]})
        self.made("PUT", "/reviewPolicies", {"id": TWIN, "name": mark, "enabled": False, "require": [{"min": 1}]})
        self.made("PUT", "/images", {"id": TWIN, "name": mark, "image": "docker.io/library/nginx:1.27"})
        self.made("PUT", "/instances", {"id": TWIN, "name": mark, "nodeId": TWIN, "imageId": "nginx", "owner": TWIN,
                                        "memory": 64, "cpu": 1})  # fmt: skip
        self.made("PUT", "/webhooks", {"id": TWIN, "name": mark, "url": "https://hooks.example.com"})
        fill_delivery(self.server, self.id, TWIN, mark)
        edit = {"kind": "parameter", "id": TWIN, "action": "modify", "after": {"description": f"{mark}, asked for"}}
        mine = {"kind": "parameter", "id": f"only-in-{self.id}", "action": "create", "after": {"value": mark}}
        self.made("POST", "/changeRequests", {"name": mark, "draft": True, "changes": [edit, mine]})
        token = self.call("POST", f"/api/25/nodes/{TWIN}/token").json["data"]["nodes"][0]["token"]
        fill_run(self.server, TWIN, token, mark)

    def fill_alone(self) -> None:
        """Make what only this tenant has."""
        for path in ("/rules", "/directives", "/groups"):
            more = {"techniqueName": "motdConfiguration"} if path == "/directives" else {}
            self.made("PUT", path, {"id": ONLY_A, "displayName": MARK, **more})
        self.made("PUT", "/parameters", {"id": ONLY_A, "value": MARK})
        self.made("POST", "/inventories", {"id": ONLY_A, "hostname": f"{MARK}.{ONLY_A}"})
        self.made("POST", f"/nodes/pending/{ONLY_A}", {"status": "accepted"})
        add_person(self.server, self.id, ONLY_A, f"person-{ONLY_A}", MARK)
        self.made("PUT", "/teams", {"id": ONLY_A, "name": MARK, "members": [ONLY_A]})
        self.made("PUT", "/roles", {"id": ONLY_A, "name": ONLY_A, "description": MARK, "rights": ["rule_read"]})
        self.made("PUT", "/images", {"id": ONLY_A, "name": MARK, "image": "docker.io/library/nginx:1.27"})
        for path in ("/rules/categories", "/groups/categories"):
            self.made("PUT", path, {"id": ONLY_A, "name": MARK})
        account = {"id": ONLY_A, "name": MARK, "status": "enabled", "tenants": "*", "authorizationType": "ro"}
        self.made("POST", "/apiaccounts", account)
        self.made("POST", "/settings/global_policy_mode", {"value": "audit"})

    def tag(self) -> str:
        """Give the tag of the secret parameter."""
        shown = self.call("GET", f"/api/25/parameters/{TWIN}-secret").json["data"]["parameters"][0]
        return str(shown["value"]["$secret"])

    def fingerprint(self) -> list[tuple[str, str, str]]:
        """Give what the tenant holds."""
        with self.server.opened.database.everywhere("test") as connection:
            rows = connection.exec_driver_sql(
                f"SELECT kind, id, body FROM documents WHERE tenant = '{self.id}' "
                f"UNION ALL SELECT 'account', id, \"authorization\" || coalesce(token_hash, '') FROM accounts "
                f"WHERE tenant = '{self.id}' "
                f"UNION ALL SELECT 'node', id, status || hostname || properties || inventory FROM nodes "
                f"WHERE tenant = '{self.id}' "
                f"UNION ALL SELECT 'event', CAST(seq AS TEXT), hash FROM events "
                f"WHERE tenant = '{self.id}' ORDER BY 1, 2"
            )
            return [(row[0], row[1], row[2]) for row in rows]


def reads() -> Iterator[tuple[Endpoint, int]]:
    """Name every endpoint that only reads, in the first and last version of each era that it has."""
    for endpoint in ENDPOINTS:
        if not endpoint.writes and endpoint.action not in OF_THE_MACHINE:
            alive = [version for version in VERSIONS if version in endpoint.lifespan]
            yield from ((endpoint, version) for version in {alive[0], 24, 25} if version in endpoint.lifespan)


def writes() -> Iterator[tuple[Endpoint, str, int]]:
    """Name every endpoint that writes and takes an id."""
    for endpoint in ENDPOINTS:
        if endpoint.writes and "{" in endpoint.path and endpoint.action not in OWN_ENDS:
            for version in (24, 25):
                if version in endpoint.lifespan:
                    yield from ((endpoint, method, version) for method in endpoint.methods)


def filled(path: str, name: str) -> str:
    """Put ids into the holes of a path: technique names and versions that exist, numbers, or the id given."""
    known = {
        "seq": "1",
        **({"id": "1"} if path.startswith("/changeRequests") else {}),
        "version": "1.0",
        "name": "journalConfiguration",
        "key": "global_policy_mode",
    }
    return _HOLE.sub(lambda hole: known.get(hole[1], name), path)


Looked = tuple[int, str, str | None]
"""Status, digest and ETag of an answer."""


def looks(tenant: Tenant, names: Sequence[str], versions: Sequence[int]) -> Iterator[tuple[str, Looked]]:
    """Call everything that reads, with each of the names as the id that is asked for."""
    for endpoint, version in reads():
        for name in names if version in versions else ():
            path = f"/api/{version}{filled(endpoint.path, name)}"
            searched = {"json": {}} if "GET" not in endpoint.methods else {}
            answer = tenant.call(endpoint.methods[0], path, **searched)
            yield f"{path} {endpoint.action}", (answer.status_code, _digest(answer), answer.headers.get("ETag"))
            if MARK in answer.get_data(as_text=True):
                yield f"{path} {endpoint.action} shows the mark", (0, "", None)


def seen(tenant: Tenant) -> dict[str, Looked]:
    """Call everything that reads: ids that both have, that only the other one has, and that nobody has."""
    return dict(looks(tenant, (TWIN, ONLY_A), VERSIONS))


def stop_the_clock(server: Server) -> None:
    """Let the server see one moment only: what tells of time (how old a report is) then differs for no other reason."""
    now = now_ms()
    server.opened.committer.clock = lambda: now
    server.opened.last_uses.clock = lambda: 0  # so that it is never time to write them


def leaks_by_table(one: Tenant, other: Tenant, lacking: set[str]) -> dict[str, str]:
    """Fill both tenants and say, of each table, the first thing that `other` learns of `one` without its condition.

    `lacking` holds the names of the tables that have no condition now; with none in it, nothing is learned.
    """
    stop_the_clock(one.server)
    other.fill("of b", "motdConfiguration")
    one.fill(MARK, "journalConfiguration")
    one.fill_alone()
    usual = dict(looks(other, (TWIN,), (25,)))
    found = {
        "": next((f"{path} changed" for path, said in looks(other, (TWIN,), (25,)) if usual.get(path) != said), "")
    }
    for table in sorted(table.name for table in OWNED):
        if table in GLIMPSES and glimpsed(other.server, table, one.id, other.id):
            found[""] += f" {table} was seen with its condition"
        lacking.add(table)
        found[table] = _first_leak(one, other, table, usual)
        lacking.clear()
    return found


def _first_leak(one: Tenant, other: Tenant, table: str, usual: dict[str, Looked]) -> str:
    if table in GLIMPSES:
        return table if glimpsed(other.server, table, one.id, other.id) else ""
    if table == "idempotency":
        return next(_same_keys(one, other), "")
    return next((path for path, said in looks(other, (TWIN,), (25,)) if usual.get(path) != said), "")


def leaks(one: Tenant, other: Tenant) -> list[str]:
    """Fill both tenants and say what `other` learns of `one`."""
    stop_the_clock(one.server)
    other.fill("of b", "motdConfiguration")
    before = seen(other)
    one.fill(MARK, "journalConfiguration")
    one.fill_alone()
    after = seen(other)
    found = [f"{path} changed" for path in before.keys() | after.keys() if before.get(path) != after.get(path)]
    state = one.fingerprint()
    found += _written(other)
    found += _named_in_bodies(one, other)
    if one.fingerprint() != state:
        found.append("the first tenant was changed")
    return sorted([*found, *_same_keys(one, other)])


def _written(other: Tenant) -> Iterator[str]:
    """Try to write what only the other tenant has: the answer is that for an id which nobody has."""
    for endpoint, method, version in writes():
        if not _HOLE.search(endpoint.path) or filled(endpoint.path, ONLY_A) == filled(endpoint.path, UNKNOWN):
            continue
        texts = []
        for name in (ONLY_A, UNKNOWN):
            path = f"/api/{version}{filled(endpoint.path, name)}"
            more = {} if method == "DELETE" or endpoint.input is None else {"json": {"description": "taken"}}
            answer = other.call(method, path, **more)
            texts.append((answer.status_code, answer.get_data(as_text=True).replace(name, "ID")))
        if texts[0] != texts[1]:
            yield f"{method} {endpoint.path} in {version}: {texts}"


def _named_in_bodies(one: Tenant, other: Tenant) -> Iterator[str]:
    """Name what only the other tenant has in bodies, and use what is unique only within a tenant."""
    bodies: list[tuple[str, str, Any]] = [
        ("PUT", "/rules", {"displayName": "Rule", "directives": ["ID"]}),
        ("PUT", "/rules", {"displayName": "Rule", "targets": ["group:ID"]}),
        ("PUT", "/rules", {"displayName": "Rule", "categoryId": "ID"}),
        ("PUT", "/groups", {"displayName": "Group", "categoryId": "ID"}),
        ("PUT", "/directives", {"displayName": "Directive", "source": "ID"}),
        ("PUT", "/rules", {"displayName": "Rule", "source": "ID"}),
        ("PUT", "/rules/categories", {"name": "Category", "parent": "ID"}),
        ("PUT", "/groups", {"displayName": "Group", "dynamic": False, "nodeIds": ["ID"]}),
        ("PUT", "/teams", {"name": "Team", "members": ["ID"]}),
        ("PUT", "/reviewPolicies", {"name": "Policy", "require": [{"team": "ID", "min": 1}]}),
        ("POST", "/apiaccounts", {"name": "x", "status": "enabled", "tenants": "*", "owner": "ID"}),
        ("PUT", "/instances", {"name": "x", "nodeId": "ID", "imageId": "nginx", "owner": TWIN, "memory": 8, "cpu": 1}),
        ("PUT", "/instances", {"name": "x", "nodeId": TWIN, "imageId": "ID", "owner": TWIN, "memory": 8, "cpu": 1}),
        ("PUT", "/instances", {"name": "x", "nodeId": TWIN, "imageId": "nginx", "owner": "ID", "memory": 8, "cpu": 1}),
        ("POST", f"/users/{TWIN}", {"roles": ["ID"]}),
        ("POST", "/changeRequests", {"changes": [{"kind": "rule", "id": "ID", "action": "delete"}]}),
    ]
    for method, path, body in bodies:
        texts = []
        for name in (ONLY_A, UNKNOWN):
            sent = _with(body, name) if path in WITHOUT_ID else {"id": f"new-{name}", **_with(body, name)}
            answer = other.call(method, f"/api/25{path}", json=sent)
            texts.append((answer.status_code, _normal(answer.get_data(as_text=True), name)))
        if texts[0] != texts[1]:
            yield f"{method} {path} {body}: {texts}"
    answer = other.call("POST", f"/api/25/parameters/{TWIN}-secret", json={"value": {"$secret": one.tag()}})
    if answer.status_code != 400:
        yield f"the other tenant's secret was taken: {answer.status_code}"


def _same_keys(one: Tenant, other: Tenant) -> Iterator[str]:
    answers = []
    for tenant in (one, other):
        body, headers = {"id": f"key-{tenant.id}", "value": "v"}, {"Idempotency-Key": "the-same"}
        answers.append(tenant.call("PUT", "/api/25/parameters", json=body, headers=headers).status_code)
    if answers != [200, 200]:
        yield f"an Idempotency-Key reaches into another tenant: {answers}"
    with one.server.opened.database.everywhere("test") as connection:
        holder = find_by_hash(connection, token_hash(other.token))
    if holder is None or holder.tenant != other.id:
        yield "a token names another tenant"


def _with(body: Any, name: str) -> Any:
    if isinstance(body, dict):
        return {key: _with(value, name) for key, value in body.items()}
    if isinstance(body, list):
        return [_with(value, name) for value in body]
    return body.replace("ID", name) if isinstance(body, str) else body


def _normal(text: str, name: str) -> str:
    """Take out what differs between any two answers, and the id, also as a group's class has it."""
    text = text.replace(name, "ID").replace(name.replace("-", "_"), "ID")
    return re.sub(r'"(createdAt|updatedAt)":"[^"]*"', "", text)


def _digest(answer: Any) -> str:
    # When an account was last used is written beside everything else, whenever that may be.
    differs = r'"(lastAuthenticationDate|hasNoUsage|serverTime)":("[^"]*"|true),?'
    text = re.sub(differs, "", answer.get_data(as_text=True))
    return hashlib.sha256(text.encode()).hexdigest()
