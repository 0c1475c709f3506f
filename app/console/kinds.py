"""The kinds of documents as the pages of objects know them: their words, their paths, the schema of their forms."""

from collections.abc import Mapping
from typing import Any, Final

from app.console.rendering import in_path
from app.core.values import dataclass
from app.http.schemas import ApiSchema
from app.resources.directives.schema import DirectiveInput
from app.resources.groupcategories.schema import GroupCategoryInput
from app.resources.groups.schema import GroupInput
from app.resources.images.schema import ImageInput
from app.resources.instances.schema import InstanceInput
from app.resources.parameters.schema import ParameterInput
from app.resources.reviewpolicies.schema import ReviewPolicyInput
from app.resources.rulecategories.schema import RuleCategoryInput
from app.resources.rules.schema import RuleInput
from app.resources.settings.schema import SettingInput
from app.resources.teams.schema import TeamInput
from app.resources.techniques.schema import TechniqueInput

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectKind:
    """One kind: `path` in the API, `input` what its form is made from, `about` what it is for.

    `names` are the members that people search by, the first is the name that they see. `columns` are further members
    that the list shows. A kind with `lists` can be listed as it was at another time.
    """

    name: str
    singular: str
    plural: str
    path: str
    input: type[ApiSchema]
    about: str
    names: tuple[str, ...] = ("displayName", "id")
    columns: tuple[str, ...] = ()
    lists: bool = True

    def id_of(self, document: Json) -> str:
        """Give the id by which the document is known everywhere."""
        if self.name == "technique":
            return f"{document['id']}:{document['version']}"
        return str(document["id"])

    def name_of(self, document: Json) -> str:
        """Give the name that people see."""
        return str(document.get(self.names[0]) or self.id_of(document))

    def object_path(self, document_id: str) -> str:
        """Give the path of one document in the API."""
        if self.name == "technique":
            name, _, version = document_id.rpartition(":")
            return f"{self.path}/{in_path(name)}/{in_path(version)}"
        return f"{self.path}/{in_path(document_id)}"

    @property
    def page(self) -> str:
        """The page that lists it."""
        return f"/console/objects/{self.name}"

    def object_page(self, document_id: str) -> str:
        """The page of one document."""
        return f"{self.page}/{in_path(document_id)}"


def _kind(name: str, words: tuple[str, str], path: str, form: type[ApiSchema], about: str, **more: Any) -> ObjectKind:  # noqa: ANN401  the columns of the table below
    singular, plural = words
    return ObjectKind(name=name, singular=singular, plural=plural, path=path, input=form, about=about, **more)


KINDS: Final[Mapping[str, ObjectKind]] = {
    one.name: one
    for one in (
        _kind(
            "rule", ("Rule", "Rules"), "/rules", RuleInput,
            "Says which directives apply to which nodes", columns=("enabled",),
        ),
        _kind(
            "directive", ("Directive", "Directives"), "/directives", DirectiveInput,
            "Says how one technique is to be used: the values of its parameters", columns=("techniqueName", "enabled"),
        ),
        _kind(
            "technique", ("Technique", "Techniques"), "/techniques", TechniqueInput,
            "Knows how to bring one thing about on a node, and which values that takes",
            names=("name", "id"), columns=("version", "category"),
        ),
        _kind(
            "group", ("Group", "Groups"), "/groups", GroupInput,
            "Nodes that belong together: listed, or found by a query", columns=("dynamic", "enabled"),
        ),
        _kind(
            "parameter", ("Parameter", "Parameters"), "/parameters", ParameterInput,
            "A value that directives may refer to", names=("id",), columns=("description",),
        ),
        _kind(
            "ruleCategory", ("Rule category", "Rule categories"), "/rules/categories", RuleCategoryInput,
            "The tree that rules are sorted into", names=("name", "id"), columns=("parent",), lists=False,
        ),
        _kind(
            "groupCategory", ("Group category", "Group categories"), "/groups/categories", GroupCategoryInput,
            "The tree that groups are sorted into", names=("name", "id"), columns=("parent",), lists=False,
        ),
        _kind(
            "setting", ("Setting", "Settings"), "/settings", SettingInput,
            "How this tenant's server behaves", names=("id",), lists=False,
        ),
        _kind(
            "reviewPolicy", ("Review policy", "Review policies"), "/reviewPolicies", ReviewPolicyInput,
            "Says which changes wait for whom", names=("name", "id"), columns=("priority", "enabled"),
        ),
        _kind(
            "team", ("Team", "Teams"), "/teams", TeamInput,
            "People that a review policy can ask for", names=("name", "id"), columns=("description",),
        ),
        _kind(
            "image", ("Image", "Images"), "/images", ImageInput,
            "A program that instances run", names=("name", "id"), columns=("runtime",),
        ),
        _kind(
            "instance", ("Instance", "Instances"), "/instances", InstanceInput,
            "An image that runs on a node", names=("name", "id"), columns=("nodeId", "imageId"),
        ),
    )
}  # fmt: skip
"""By the name that a kind has in events and in change requests, in the order in which pages list them."""
