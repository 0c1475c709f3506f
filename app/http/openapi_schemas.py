"""The schemas of an OpenAPI document: envelopes, objects, and the three forms of a body."""

from typing import Any, Final

from apispec.ext.marshmallow.common import make_schema_key
from flask_smorest import Api
from marshmallow import fields

from app.http import fields as ours
from app.http.routing import Route
from app.http.schemas import ApiSchema, nested_class, versioned
from app.http.versions import TRUE

Spec = dict[str, Any]

TEXT: Final[Spec] = {"type": "string"}
DETAIL: Final[Spec] = {"type": "object", "required": ["detail"], "properties": {"detail": {"type": "string"}}}
"""The body of a refusal without envelope that is about no field."""
FIELDS: Final[Spec] = {"type": "object", "additionalProperties": {"type": "array", "items": TEXT}}
"""Texts by wrong field."""
BOOLEAN_TEXT: Final = "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$"
TIME: Final[Spec] = {"type": "string", "format": "date-time"}
OURS: Final[Spec] = {
    "revision": {"type": "integer", "minimum": 1},
    "createdAt": TIME,
    "updatedAt": TIME,
    "changeRequestId": TEXT,
}


class Components:
    """Makes the schemas of one document, each named once."""

    def __init__(self, api: Api) -> None:
        self._spec = api.spec
        self._converter = api.ma_plugin.converter
        self._converter.add_attribute_function(_described)
        self._names: dict[object, str] = {}

    def success(self, route: Route) -> Spec:
        """Describe the envelope of a success."""
        endpoint = route.endpoint
        container = endpoint.container
        if container.shape == "text":
            return TEXT
        if endpoint.bare:
            return {"type": "object"}
        one = self._object(route)
        if container.wrap:
            one = _object({container.wrap: one}, required=[container.wrap])
        inner: Spec = {"type": "array", "items": one} if container.shape == "list" else one
        data = _object({container.name: inner}, required=[container.name]) if container.name else inner
        properties: Spec = {"action": TEXT, "id": TEXT, "result": {"const": "success"}}
        required = ["action", "result"]
        if container.shape != "none":
            properties["data"] = data
            required.append("data")
        if endpoint.paging is not None and route.era is TRUE:
            properties["meta"] = _object({"limit": {"type": "integer"}, "next": TEXT}, required=["limit"])
        return _object(properties, required=required)

    def error(self, route: Route) -> Spec:
        """Describe the envelope of an error."""
        properties: Spec = {"action": TEXT, "id": TEXT, "result": {"const": "error"}, "errorDetails": TEXT}
        if route.era is TRUE:
            properties["errors"] = FIELDS
        if route.endpoint.half_done:
            # Rudder tells what was not done in the data alone.
            return _object({**properties, "data": {"type": "object"}}, required=["action", "result"])
        name = self._named(
            ("error", route.era.name), "Refusal", _object(properties, required=["action", "result", "errorDetails"])
        )
        return self._ref(name)

    def body(self, route: Route) -> Spec | None:
        """Describe the body that an action reads, in each form that it may have."""
        endpoint, reader = route.endpoint, route.input
        if reader is None:
            return {"required": True, "content": {"application/json": {"schema": {}}}} if endpoint.json_only else None
        plain = type(reader.schema).__name__.removesuffix("Schema").removesuffix("Input")
        name = plain + ("Update" if endpoint.partial else "")
        json: Spec = self._converter.fields2jsonschema(reader.fields, partial=endpoint.partial)
        required = json.get("required", [])
        json["properties"] = {
            key: value if key in required else {"anyOf": [value, {"type": "null"}]}
            for key, value in json["properties"].items()
        }
        form = _object({key: form_property(field) for key, field in reader.fields.items()}, required=required)
        if route.era.strict:
            ignored = {
                key: {"description": "accepted and ignored"} for key in sorted(reader.known | route.known_output)
            }
            json["properties"] = {**ignored, **json["properties"]}
            json["additionalProperties"] = form["additionalProperties"] = False
        if endpoint.upload is not None:
            file: Spec = {"type": "string", "contentMediaType": "application/octet-stream"}
            parts = {**form, "properties": {endpoint.upload.part: file, **form["properties"]}}
            parts["required"] = [endpoint.upload.part, *required]
            schema = self._ref(self._named((name, "upload"), f"{name}Upload", parts))
            return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
        content = {"application/json": {"schema": self._ref(self._named((name, "json"), f"{name}Input", json))}}
        content |= {kind: {"schema": {"type": "string"}} for kind in endpoint.text_types}
        if not endpoint.json_only:
            schema = self._ref(self._named((name, "form"), f"{name}Form", form))
            content |= {
                kind: {"schema": schema} for kind in ("application/x-www-form-urlencoded", "multipart/form-data")
            }
        return {"required": bool(required), "content": content}

    def _object(self, route: Route) -> Spec:
        schema = route.endpoint.output
        if schema is None:
            return {}
        return self._ref(self._output(schema, route.version, ours_too=route.era is TRUE))

    def _output(self, schema: type[ApiSchema], version: int, *, ours_too: bool) -> str:
        key = (schema, "output")
        if key not in self._names:
            for field in schema().fields.values():
                if isinstance(field, ours.Record):
                    self._output(nested_class(field), version, ours_too=ours_too)
            made = versioned(schema, version)()
            shown = {name: field for name, field in made.fields.items() if not field.load_only}
            json: Spec = self._converter.fields2jsonschema(shown, partial=True)
            json["properties"] = {name: _or_null(value) for name, value in json["properties"].items()}
            if ours_too:
                json["properties"] = {**json["properties"], **OURS}
            name = self._named(key, schema.__name__.removesuffix("Schema"), json)
            self._converter.refs.setdefault(make_schema_key(made), name)  # where another schema holds it as a record
        return self._names[key]

    def _named(self, key: object, wanted: str, schema: Spec) -> str:
        """Register a schema under a name that no other has; the same key again is the same schema."""
        if key in self._names and self._spec.components.schemas.get(self._names[key]) == schema:
            return self._names[key]
        name, number = wanted, 2
        while name in self._spec.components.schemas:
            name, number = f"{wanted}{number}", number + 1
        self._spec.components.schema(name, schema)
        self._names[key] = name
        return name

    @staticmethod
    def _ref(name: str) -> Spec:
        return {"$ref": f"#/components/schemas/{name}"}


def _object(properties: Spec, *, required: list[str]) -> Spec:
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


def _or_null(value: Spec) -> Spec:
    """Let a stored member be unset; it is written as null where the stored body is shown as it is."""
    return {"anyOf": [{key: part for key, part in value.items() if key != "readOnly"}, {"type": "null"}]}


def _described(_converter: object, field: fields.Field[Any], *, ret: Spec, **_: object) -> Spec:
    """Say what our fields take, beyond what their marshmallow parents say."""
    for kind, describe in DESCRIPTIONS.items():
        if isinstance(field, kind):
            ret.pop("type", None)
            ret.pop("items", None)
            ret.pop("additionalProperties", None)
            described: Spec = describe(field)
            return described
    return {}


def _text(field: ours.Text) -> Spec:
    limits: Spec = {"type": "string", "maxLength": field.max_length}
    if field.min_length:
        limits["minLength"] = field.min_length
    if field.pattern is not None:
        limits["pattern"] = f"^{field.pattern.pattern}$"
    return limits


def _choice(field: ours.Choice) -> Spec:
    return {"type": "string", "enum": [*field.allowed, *sorted(field.spelled)]}


def _flag(_field: ours.Flag) -> Spec:
    return {"anyOf": [{"type": "boolean"}, {"type": "string", "pattern": BOOLEAN_TEXT}]}


def _number(field: ours.Number) -> Spec:
    digits = {"type": "string", "pattern": "^[+-]?[0-9]{1,17}$"}
    return {"anyOf": [{"type": "integer", "minimum": field.least, "maximum": field.most}, digits]}


def _text_list(field: ours.TextList) -> Spec:
    item: Spec = {"anyOf": [TEXT, {"type": "object"}]} if field.objects else TEXT
    one = [{"type": "object"}] if field.objects else []
    return {"anyOf": [{"type": "array", "items": item, "maxItems": field.max_items}, TEXT, *one]}


def _comma_list(_field: ours.CommaList) -> Spec:
    return {"anyOf": [TEXT, {"type": "array", "items": TEXT}]}


def _tags(field: ours.Tags) -> Spec:
    tag = {"anyOf": [{"type": "object", "additionalProperties": TEXT}, {"type": "string", "pattern": "^[^:]+:"}]}
    return {"anyOf": [{"type": "array", "items": tag, "maxItems": field.max_items}, *tag["anyOf"]]}


def _json(field: ours.JsonValue) -> Spec:
    return {} if field.shape == "any" else {"type": {"object": "object", "list": "array"}[field.shape]}


DESCRIPTIONS: Final[dict[type, Any]] = {
    ours.Choice: _choice,
    ours.Text: _text,
    ours.Flag: _flag,
    ours.Number: _number,
    ours.TextList: _text_list,
    ours.CommaList: _comma_list,
    ours.Tags: _tags,
    ours.JsonValue: _json,
}


def form_property(field: fields.Field[Any]) -> Spec:
    """Describe a field as one or several values of a form."""
    for kind, describe in FORM_DESCRIPTIONS.items():
        if isinstance(field, kind):
            described: Spec = describe(field)
            return described
    return TEXT


FORM_DESCRIPTIONS: Final[dict[type, Any]] = {
    ours.Choice: _choice,
    ours.Text: _text,
    ours.Flag: lambda _: {"type": "boolean"},
    ours.Number: lambda field: {"type": "integer", "minimum": field.least, "maximum": field.most},
    ours.TextList: lambda _: {"type": "array", "items": TEXT},
    ours.Tags: lambda _: {"type": "array", "items": {"type": "string", "pattern": "^[^:]+:"}},
    ours.JsonValue: lambda _: {"type": "string", "contentMediaType": "application/json"},
    ours.Record: lambda _: {"type": "string", "contentMediaType": "application/json"},
}
