"""One folder for each resource: kind, schema, routes. A new one is one line here."""

from app.resources.events.routes import RESOURCE as EVENTS
from app.resources.rules.routes import RESOURCE as RULES

RESOURCES = (RULES, EVENTS)
