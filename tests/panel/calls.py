"""Calling the panel as a dashboard does."""

from dataclasses import dataclass
from typing import Any

from werkzeug.test import TestResponse

from tests.installations import Server


@dataclass
class Dashboard:
    """A dashboard with the key of an account that may do everything."""

    server: Server
    key: str

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> TestResponse:
        """Call with the key."""
        headers = {"x-api-key": self.key, **more.pop("headers", {})}
        answer: TestResponse = self.server.client.open(path, method=method, json=body, headers=headers, **more)
        assert answer.content_type == "application/json; charset=utf-8"
        return answer

    def get(self, path: str) -> Any:
        """GET a list."""
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json

    def post(self, path: str, body: Any) -> TestResponse:
        """POST a body."""
        return self.call("POST", path, body)

    def delete(self, path: str, body: Any) -> TestResponse:
        """DELETE with a body."""
        return self.call("DELETE", path, body)

    def node(self, **more: Any) -> str:
        """Make a node and give its id."""
        answer = self.post("/api/nodes/create", {**NODE, **more})
        assert answer.status_code == 201, answer.text
        return str(answer.json["id"])

    def user(self, username: str = "alice", **more: Any) -> str:
        """Make a user and give its id."""
        body = {"username": username, "email": f"{username}@example.com", "password": "x", **more}
        answer = self.post("/api/auth/create-user", body)
        assert answer.status_code == 201, answer.text
        return str(answer.json["userId"])

    def instance(self, node: str, user: str, **more: Any) -> dict[str, Any]:
        """Deploy an instance and give the answer."""
        answer = self.post("/api/instances/deploy", {**deployment(node, user), **more})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json
        return made


NODE = {
    "name": "Node 1",
    "tags": "eu,fast",
    "ram": "4096",
    "disk": 100,
    "processor": "4",
    "address": "node1.example.com",
    "port": 3001,
}


def deployment(node: str, user: str) -> dict[str, Any]:
    """Give the body with which a real dashboard deploys."""
    return {
        "user": user,
        "nodeId": node,
        "image": "docker.io/library/nginx:1.27-alpine",
        "memory": 1024,
        "cpu": 1,
        "ports": "25611:25611",
        "primary": "25611:25611",
        "name": "My server",
        "imagename": "nginx",
    }
