"""One folder for each resource: kind, schema, routes. A new one is one line here.

The order of `RESOURCES` is that in which the documents of one change set are judged: what is referred to comes first.
"""

from app.http.information import information_endpoints
from app.http.resource import Resource
from app.http.search import search_endpoints
from app.resources.accounts.routes import RESOURCE as ACCOUNTS
from app.resources.archives.routes import archives_resource
from app.resources.audit.routes import RESOURCE as AUDIT
from app.resources.changerequests.routes import change_requests_resource
from app.resources.compliance.routes import RESOURCE as COMPLIANCE
from app.resources.directives.routes import RESOURCE as DIRECTIVES
from app.resources.events.routes import events_resource
from app.resources.gitarchives.routes import RESOURCE as GIT_ARCHIVES
from app.resources.groupcategories.routes import RESOURCE as GROUP_CATEGORIES
from app.resources.groups.routes import RESOURCE as GROUPS
from app.resources.images.routes import RESOURCE as IMAGES
from app.resources.instances.routes import RESOURCE as INSTANCES
from app.resources.logins.routes import RESOURCE as LOGINS
from app.resources.nodes.routes import RESOURCE as NODES
from app.resources.parameters.routes import RESOURCE as PARAMETERS
from app.resources.policies.routes import policies_resource
from app.resources.reports.routes import RESOURCE as REPORTS
from app.resources.reviewpolicies.routes import RESOURCE as REVIEW_POLICIES
from app.resources.roles.routes import RESOURCE as ROLES
from app.resources.rulecategories.routes import RESOURCE as RULE_CATEGORIES
from app.resources.rules.routes import RESOURCE as RULES
from app.resources.settings.routes import RESOURCE as SETTINGS
from app.resources.system.routes import RESOURCE as SYSTEM
from app.resources.teams.routes import RESOURCE as TEAMS
from app.resources.techniques.routes import RESOURCE as TECHNIQUES
from app.resources.tenants.routes import RESOURCE as TENANTS
from app.resources.usermanagement.routes import RESOURCE as USER_MANAGEMENT
from app.resources.users.routes import RESOURCE as USERS
from app.resources.validatedusers.routes import RESOURCE as VALIDATED_USERS
from app.resources.webhooks.routes import RESOURCE as WEBHOOKS

_CONFIGURATION: tuple[Resource, ...] = (
    SETTINGS,
    TECHNIQUES,
    RULE_CATEGORIES,
    GROUP_CATEGORIES,
    PARAMETERS,
    DIRECTIVES,
    GROUPS,
    RULES,
    IMAGES,
    INSTANCES,
    TEAMS,
    REVIEW_POLICIES,
)

WRITINGS = {kind: writing for resource in _CONFIGURATION for kind, writing in resource.writings.items()}
"""How documents are written, by kind."""

_DESCRIBED: tuple[Resource, ...] = (
    *_CONFIGURATION,
    ACCOUNTS,
    events_resource(WRITINGS),
    AUDIT,
    USERS,
    VALIDATED_USERS,
    ROLES,
    LOGINS,
    USER_MANAGEMENT,
    TENANTS,
    SYSTEM,
    NODES,
    GIT_ARCHIVES,
    WEBHOOKS,
    archives_resource(WRITINGS),
    policies_resource(WRITINGS),
    REPORTS,
    COMPLIANCE,
    change_requests_resource(WRITINGS),
)

_SEARCH = Resource(name="search", endpoints=search_endpoints([one for each in _DESCRIBED for one in each.searchables]))

_INFORMATION = Resource(
    name="info",
    endpoints=information_endpoints(endpoint for each in (*_DESCRIBED, _SEARCH) for endpoint in each.endpoints),
)

RESOURCES: tuple[Resource, ...] = (*_DESCRIBED, _SEARCH, _INFORMATION)

ENDPOINTS = tuple(endpoint for resource in RESOURCES for endpoint in resource.endpoints)
"""All that is answered below `/api/<version>`."""
