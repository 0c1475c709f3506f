"""One folder for each resource: kind, schema, routes. A new one is one line here.

The order of `RESOURCES` is that in which the documents of one change set are judged: what is referred to comes first.
"""

from app.http.resource import Resource
from app.resources.accounts.routes import RESOURCE as ACCOUNTS
from app.resources.directives.routes import RESOURCE as DIRECTIVES
from app.resources.events.routes import RESOURCE as EVENTS
from app.resources.gitarchives.routes import RESOURCE as GIT_ARCHIVES
from app.resources.groupcategories.routes import RESOURCE as GROUP_CATEGORIES
from app.resources.groups.routes import RESOURCE as GROUPS
from app.resources.parameters.routes import RESOURCE as PARAMETERS
from app.resources.rulecategories.routes import RESOURCE as RULE_CATEGORIES
from app.resources.rules.routes import RESOURCE as RULES
from app.resources.settings.routes import RESOURCE as SETTINGS
from app.resources.system.routes import RESOURCE as SYSTEM
from app.resources.techniques.routes import RESOURCE as TECHNIQUES

RESOURCES: tuple[Resource, ...] = (
    SETTINGS,
    TECHNIQUES,
    RULE_CATEGORIES,
    GROUP_CATEGORIES,
    PARAMETERS,
    DIRECTIVES,
    GROUPS,
    RULES,
    ACCOUNTS,
    EVENTS,
    SYSTEM,
    GIT_ARCHIVES,
)
