"""One folder for each resource: kind, schema, routes. A new one is one line here."""

from app.resources.accounts.routes import RESOURCE as ACCOUNTS
from app.resources.directives.routes import RESOURCE as DIRECTIVES
from app.resources.parameters.routes import RESOURCE as PARAMETERS
from app.resources.rules.routes import RESOURCE as RULES
from app.resources.settings.routes import RESOURCE as SETTINGS
from app.resources.techniques.routes import RESOURCE as TECHNIQUES

RESOURCES = (
    ACCOUNTS,
    SETTINGS,
    TECHNIQUES,
    PARAMETERS,
    DIRECTIVES,
    RULES,
)
