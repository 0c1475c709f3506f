"""The JSON form of rule categories."""

from app.http.fields import Text, TextList
from app.http.schemas import ApiSchema


class RuleCategoryInput(ApiSchema):
    """What a caller may send for a rule category."""

    id = Text(max_length=1000)
    name = Text(
        required=True,
        metadata={
            "rudder_missing": (
                "Could not create rule category; cause was: Inconsistency: "
                "Could not create rule Category, cause: name is not defined"
            )
        },
    )
    description = Text(max_length=10_000)
    parent = Text(max_length=200, metadata={"aliases": ("Parent",)})


class RuleCategorySchema(ApiSchema):
    """A rule category as it is shown, with the ids of what is in it."""

    change_request = Text(data_key="changeRequestId", metadata={"omit_empty": True})
    id = Text()
    name = Text()
    description = Text()
    parent = Text()
    categories = TextList()
    rules = TextList()
