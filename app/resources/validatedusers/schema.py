"""The JSON form of validated users and supervised targets."""

from app.http.fields import Flag, Text, TextList
from app.http.schemas import ApiSchema


class ValidatedUsersInput(ApiSchema):
    """The whole list: names of people, names or ids of accounts."""

    users = TextList(data_key="validatedUsers", required=True, max_items=10_000)


class ValidatedUserSchema(ApiSchema):
    """Somebody, and whether their changes need no validation."""

    username = Text()
    is_validated = Flag(data_key="isValidated")
    exists = Flag(data_key="userExists")


class SupervisedInput(ApiSchema):
    """Every target that is supervised; those that are not named are not."""

    supervised = TextList(required=True, max_items=10_000)
