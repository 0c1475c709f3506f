"""Where rules are reached."""

from collections.abc import Mapping

from app.changes.work import Work
from app.core.canonical import JSON
from app.http.collection import Collection, Computed, Kept, collection_endpoints
from app.http.resource import Resource
from app.resources.rules.kind import DEFAULTS, RULE
from app.resources.rules.schema import RuleInput, RuleSchema
from app.resources.rules.status import PARTS, rule_computed
from app.store.documents import Stored


def _computed(work: Work) -> Computed:
    parts = work.derived(PARTS)

    def computed(stored: Stored) -> Mapping[str, JSON]:
        return rule_computed(stored.document, parts)

    return Kept(computed, parts.texts)


RULES = Collection(
    kind=RULE,
    path="/rules",
    singular="Rule",
    plural="rules",
    right="rule",
    input=RuleInput,
    output=RuleSchema,
    computed=_computed,
    empty={**DEFAULTS, "displayName": "", "enabled": False},
    unreadable_create="Could not extract rule parameters from request",
    unreadable_update="Could not extract a rule from request.",
)

RESOURCE = Resource(name="rules", kinds=(RULE,), paths={RULE.name: RULES.path}, endpoints=collection_endpoints(RULES))
