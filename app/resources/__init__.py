"""One folder for each resource: kind, schema, routes. A new one is one line here."""

from app.resources.directives.routes import RESOURCE as DIRECTIVES
from app.resources.rules.routes import RESOURCE as RULES
from app.resources.techniques.routes import RESOURCE as TECHNIQUES

RESOURCES = (
    TECHNIQUES,
    DIRECTIVES,
    RULES,
)
