"""The JSON form of questions about roles."""

from app.http.fields import TextList
from app.http.schemas import ApiSchema


class CoverageInput(ApiSchema):
    """The roles that are looked at, and the rights that they are to amount to."""

    permissions = TextList(required=True, is_set=True, metadata={"description": "roles; rights among them are no role"})
    authz = TextList(required=True, is_set=True, metadata={"description": "rights, such as rule_read or node_all"})
