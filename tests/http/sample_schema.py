"""The JSON forms of the sample resource."""

from typing import ClassVar

from app.http.fields import Choice, CommaList, Flag, Former, JsonValue, Number, Record, Tags, Text, TextList
from app.http.schemas import ApiSchema


class LimitSchema(ApiSchema):
    name = Text(required=True)
    most = Number(metadata={"since": 24})


class LampInput(ApiSchema):
    ignored: ClassVar[tuple[str, ...]] = ("overridable",)

    id = Text(max_length=200)
    name = Text(
        data_key="displayName",
        required=True,
        min_length=3,
        metadata={"rudder_missing": "Missing manadatory parameter 'displayName'"},
    )
    category = Text(data_key="categoryId", metadata={"formerly": Former("category", 21)})
    enabled = Flag()
    priority = Number(least=0, most=10)
    mode = Choice(("default", "audit"), spelled={"keep": "default"}, data_key="policyMode")
    directives = TextList(is_set=True)
    targets = TextList(objects=True)
    tags = Tags()
    value = JsonValue(plain_text=True)
    query = JsonValue(shape="object")
    limits = Record(LimitSchema, many=True)
    source = Text(metadata={"stored": "source"})


class LampSchema(ApiSchema):
    change_request = Text(data_key="changeRequestId", metadata={"omit_empty": True})
    id = Text()
    name = Text(data_key="displayName")
    category = Text(data_key="categoryId", metadata={"formerly": Former("category", 21)})
    enabled = Flag()
    directives = TextList()
    tags = Tags()
    mode = Text(data_key="policyMode", metadata={"omit_empty": True})
    lamp_class = TextList(data_key="lampClass", metadata={"since": 7})
    value = JsonValue()
    limits = Record(LimitSchema, many=True, metadata={"omit_empty": True})
    status = JsonValue()


class LampQuery(ApiSchema):
    include = CommaList()
    level = Number(least=1, most=10)
