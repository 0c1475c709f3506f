"""The JSON form of group categories."""

from app.http.fields import Text, TextList
from app.http.schemas import ApiSchema


class GroupCategoryInput(ApiSchema):
    """What a caller may send for a group category."""

    ignored = ("system",)

    id = Text(max_length=1000)
    name = Text(
        required=True,
        metadata={
            "rudder_missing": (
                "Could not create group category; cause was: Inconsistency: "
                "Could not create group Category, cause: name is not defined"
            )
        },
    )
    description = Text(max_length=10_000)
    parent = Text(max_length=200, metadata={"aliases": ("Parent",)})


class GroupCategorySchema(ApiSchema):
    """A group category as it is shown, with the ids of what is in it."""

    change_request = Text(data_key="changeRequestId", metadata={"omit_empty": True})
    id = Text()
    name = Text()
    description = Text()
    parent = Text()
    categories = TextList()
    groups = TextList()
    targets = TextList()
