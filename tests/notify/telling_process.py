"""Tells the webhooks what is due in a process of its own, to be killed on the way."""

from app.boot import installation
from app.config import load
from app.core.clock import now_ms
from app.store.webhooks import due_webhooks
from app.telling import deliverer_of

config = load()
with installation(config) as opened:
    deliverer = deliverer_of(config, opened)
    with opened.database.everywhere("test") as connection:
        due = due_webhooks(connection, now_ms(), 100)
    for one in due:
        deliverer.serve(*one)
