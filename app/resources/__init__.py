"""One folder for each resource: kind, schema, routes. A new one is one line here."""

from app.resources.groupcategories.routes import RESOURCE as GROUP_CATEGORIES
from app.resources.groups.routes import RESOURCE as GROUPS
from app.resources.rulecategories.routes import RESOURCE as RULE_CATEGORIES
from app.resources.rules.routes import RESOURCE as RULES

RESOURCES = (RULE_CATEGORIES, GROUP_CATEGORIES, GROUPS, RULES)
