"""Deletes a node with its instances in a process of its own, to be killed on the way."""

import sys

from app.boot import installation
from app.changes.change import Edit
from app.config import load
from app.resources.nodes.creating import create_node
from app.resources.nodes.service import delete_node_with_instances
from app.store.nodes import Node
from app.store.people import User, insert_user
from tests.installations import as_account, submit

NODE, OWNER = "node-1", "alice"


def main() -> None:
    """Make a node with two instances, then delete all three at once."""
    with installation(load()) as opened:
        with opened.database.writing("default") as connection:
            insert_user(connection, User(tenant="default", id=OWNER, username=OWNER, created=1, updated=1))
        work = opened.work(as_account())
        create_node(work, Node(id=NODE, hostname="node-1.example.org", created=0))
        fields = {"name": "Web", "nodeId": NODE, "imageId": "nginx", "owner": OWNER, "memory": 1, "cpu": 1}
        submit(opened, *(Edit("instance", one, "create", fields) for one in ("i-1", "i-2")))
        sys.stdout.write("acknowledged 1\n")
        sys.stdout.flush()
        delete_node_with_instances(work, NODE)
        sys.stdout.write("acknowledged 2\n")


main()
