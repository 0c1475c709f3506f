"""People, teams and policies for tests of review; calls that say what they expect."""

import threading
from dataclasses import dataclass, field
from typing import Any

from werkzeug.test import TestResponse

from app.changes.change import Edit
from app.core.clock import now_ms
from app.core.context import Context
from app.store.accounts import token_hash
from app.store.logins import PersonalToken, insert_token
from app.store.nodes import Node, put_node
from app.store.people import User, insert_user
from app.store.writes import lock_tenant
from tests.installations import Server

Json = dict[str, Any]
TENANT = "default"


@dataclass
class Caller:
    """Somebody with a token."""

    server: Server
    id: str
    token: str

    def call(self, method: str, path: str, *, version: int = 25, **more: Any) -> TestResponse:
        """Call the API in a version."""
        return self.server.call(method, f"/api/{version}{path}", token=self.token, **more)

    def ok(self, method: str, path: str, **more: Any) -> Json:
        """Call what must succeed."""
        answer = self.call(method, path, **more)
        said: Json = answer.get_json()
        assert answer.status_code == 200, said
        return said

    def refused(self, status: int, method: str, path: str, **more: Any) -> Json:
        """Call what must be refused, and see that no event was written."""
        before = seq(self.server)
        answer = self.call(method, path, **more)
        said: Json = answer.get_json()
        assert (answer.status_code, said["result"]) == (status, "error"), said
        assert seq(self.server) == before, "a refusal wrote an event"
        return said

    def request(self, number: int | str) -> Json:
        """Read a change request."""
        (shown,) = self.ok("GET", f"/changeRequests/{number}")["data"]["changeRequests"]
        found: Json = shown
        return found

    def asks(self, method: str, path: str, **more: Any) -> int:
        """Write what must be held for review, and give the id of its change request."""
        said = self.ok(method, path, **more)
        (objects,) = said["data"].values()
        shown = objects[0] if isinstance(objects, list) else objects
        assert next(iter(shown)) == "changeRequestId", said
        return int(shown["changeRequestId"])

    def approve(self, number: int, **more: Any) -> TestResponse:
        """Approve a change request."""
        return self.call("POST", f"/changeRequests/{number}/reviews", json={"verdict": "approve", **more})

    def deploy(self, number: int, **more: Any) -> TestResponse:
        """Deploy a change request."""
        return self.call("POST", f"/changeRequests/{number}/deploy", json=more)


@dataclass
class Cast:
    """The people of a test, made without passwords; `ci` is an account that belongs to nobody."""

    server: Server
    people: dict[str, Caller] = field(default_factory=dict)

    def nodes(self, *ids: str) -> None:
        """Accept nodes."""
        with self.server.opened.database.writing(TENANT) as connection:
            lock_tenant(connection, TENANT)
            for node_id in ids:
                node = Node(id=node_id, hostname=node_id, created=1)
                put_node(connection, TENANT, node, is_new=True, now_ms=1)

    @property
    def ci(self) -> Caller:
        return Caller(self.server, "ci", self.server.token)

    def person(self, name: str, *roles: str, tenant: str = TENANT, token: str = "rw") -> Caller:
        """Make a person with roles, and a token of theirs."""
        clear = f"stp{name:y<29}"
        user_id = f"id-{name}"
        with self.server.opened.database.writing(tenant) as connection:
            known = dict.fromkeys(roles or ("administrator",))
            user = User(tenant=tenant, id=user_id, username=name, roles=known, created=1, updated=1)
            insert_user(connection, user)
            made = PersonalToken(
                tenant=tenant,
                user_id=user_id,
                id=f"t-{name}",
                name=name,
                token_hash=token_hash(clear),
                created=now_ms(),
                authorization=token,
            )
            insert_token(connection, made)
        self.people[name] = Caller(self.server, user_id, clear)
        return self.people[name]

    def account(self, name: str, owner: Caller | None = None, **more: Any) -> Caller:
        """Make an account."""
        return Caller(self.server, name, self.server.account(name, owner=owner.id if owner else None, **more))

    def switch_on(self, **settings: Any) -> None:
        """Switch the workflow on, as the system, so that no review holds it back."""
        self.system(
            *(
                Edit("setting", key, "modify", {"value": value})
                for key, value in {**settings, "enable_change_request": True}.items()
            )
        )

    def team(self, name: str, *members: Caller) -> None:
        """Make a team."""
        self.system(Edit("team", name, "create", {"name": name, "members": sorted(one.id for one in members)}))

    def policy(self, name: str, **members: Any) -> None:
        """Make a policy."""
        self.system(Edit("reviewPolicy", name, "create", members))

    def system(self, *edits: Edit) -> None:
        """Change documents as the system does, past every review."""
        work = self.server.opened.work(Context.system(TENANT, "test"))
        work.submit(edits)
        work.release()


def seq(server: Server, tenant: str = TENANT) -> int:
    """Read how many events the tenant has."""
    work = server.opened.work(Context.system(tenant, "test"))
    try:
        return work.session.head().seq
    finally:
        work.release()


def at_once(*acts: Any) -> list[Any]:
    """Do things in threads that start together, and give what each returned."""
    answers: list[Any] = [None] * len(acts)
    gate = threading.Barrier(len(acts))

    def run(place: int, act: Any) -> None:
        gate.wait()
        answers[place] = act()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
