"""One folder for each resource: kind, schema, routes. A new one is one line here."""

from app.resources.rules.routes import RESOURCE as RULES

RESOURCES = (RULES,)
