"""`ApiSchema`: one description of a JSON form, read as any version's input and written as any version's output."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from functools import cache
from typing import Any, ClassVar

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields

from app.core.canonical import JSON, Document
from app.core.errors import InvalidError
from app.http.fields import Former, JsonValue, Record, Texts, path_text, shown
from app.http.versions import Lifespan, era_of

OURS: frozenset[str] = frozenset({"revision", "createdAt", "updatedAt", "changeRequestId"})
"""Members that our answers add to every object, so clients post them back."""

Raw = Mapping[str, "JSON | Texts"]


class ApiSchema(Schema):
    """A JSON object of the API; fields are written in the order in which they are declared.

    `ignored` are further input names that clients post back and nobody reads.
    """

    ignored: ClassVar[tuple[str, ...]] = ()


class Branches(JsonValue):
    """A list of objects of the very schema that it stands in: the branches of a tree."""

    def __init__(self) -> None:
        super().__init__(shape="list")


def lifespan_of(field: fields.Field[Any]) -> Lifespan:
    """Say in which versions a field exists."""
    return Lifespan(field.metadata.get("since", 2), field.metadata.get("until"))


def json_name(field: fields.Field[Any], version: int) -> str:
    """Give the name that a bound field has in a version's JSON."""
    former = field.metadata.get("formerly")
    if isinstance(former, Former) and version <= former.until:
        return former.name
    return field.data_key or str(field.name)


def stored_name(field: fields.Field[Any]) -> str:
    """Give the name that a bound field has in stored documents."""
    return str(field.metadata.get("stored") or field.data_key or field.name)


def alive(schema: Schema, version: int) -> Iterator[fields.Field[Any]]:
    """List a schema's fields that exist in a version, as declared."""
    return (field for field in schema.fields.values() if version in lifespan_of(field))


def versioned_fields(schema: type[ApiSchema], version: int) -> dict[str, fields.Field[Any]]:
    """Copy a schema's fields as they are in one version: its names, and the nested schemas of that version too."""
    copies: dict[str, fields.Field[Any]] = {}
    for field in alive(schema(), version):
        copy = deepcopy(schema._declared_fields[str(field.name)])  # noqa: SLF001  marshmallow has no public copy of unbound fields
        name = json_name(field, version)
        copy.data_key = None if name == field.name else name
        if isinstance(copy, Record):
            copy.nested = versioned(nested_class(copy), version)
            copy.unknown = RAISE if era_of(version).strict else EXCLUDE
        copies[str(field.name)] = copy
    return copies


@cache
def versioned(schema: type[ApiSchema], version: int) -> type[Schema]:
    """Make the class of a schema as it is in one version, under the same name."""
    living = versioned_fields(schema, version)
    dead = tuple(name for name in schema._declared_fields if name not in living)  # noqa: SLF001  as above
    body: dict[str, Any] = {**living, "__doc__": schema.__doc__, "__module__": schema.__module__}
    body["Meta"] = type("Meta", (), {"register": False, "exclude": dead})
    return type(schema.__name__, (schema,), body)


def nested_class(field: Record) -> type[ApiSchema]:
    """Give the schema class of a nested record."""
    nested = field.nested
    if isinstance(nested, type) and issubclass(nested, ApiSchema):
        return nested
    raise TypeError(f"Record field {field.name} must name an ApiSchema class")


class Reader:
    """Reads one endpoint's input in one version."""

    def __init__(
        self, schema: type[ApiSchema], version: int, *, partial: bool, hint: str = "", in_path: Iterable[str] = ()
    ) -> None:
        self.hint = hint
        self.strict = era_of(version).strict
        self.schema = versioned(schema, version)(unknown=EXCLUDE, partial=partial)
        inputs = [field for field in schema().fields.values() if not field.dump_only]
        taken = set(in_path)
        self.fields = {
            json_name(field, version): self.schema.fields[str(field.name)]
            for field in inputs
            if version in lifespan_of(field) and json_name(field, version) not in taken
        }
        self.aliases = {
            alias: json_name(field, version)
            for field in inputs
            for alias in _aliases(field, version)
            if json_name(field, version) in self.fields
        }
        self.known = OURS | taken | set(schema.ignored) | set(self.fields) | set(self.aliases) | _every_name(schema)
        self.stored = {str(field.name): stored_name(field) for field in inputs}

    def find(self, name: str) -> fields.Field[Any] | None:
        """Find the field that a name of the input means."""
        return self.fields.get(self.aliases.get(name, name))

    def load(self, raw: Raw) -> tuple[Document, Document]:
        """Check and convert input, by Python names and by stored names.

        Raises:
            InvalidError: with every wrong field in `fields`.
        """
        sent = self._named(raw)
        try:
            loaded = self.schema.load(sent)
        except ValidationError as error:
            raise self._refusal(error) from error
        by_json = {json: str(field.name) for json, field in self.fields.items()}
        names = {by_json[json] for json in sent}
        by_name: Document = {name: value for name, value in loaded.items() if name in names}
        return by_name, {self.stored[name]: value for name, value in by_name.items()}

    def _named(self, raw: Raw) -> dict[str, Any]:
        """Give what was sent by the names of the version; null is as good as absent."""
        sent: dict[str, Any] = {}
        for name, value in raw.items():
            main = self.aliases.get(name, name)
            if value is None or main not in self.fields:
                continue
            if main != name and raw.get(main) is not None:
                if self.strict and raw[main] != value:
                    text = f"'{name}' and '{main}' are the same field; send one of them"
                    raise InvalidError(text, fields={name: [text]})
                continue
            sent[main] = value
        return sent

    def _refusal(self, error: ValidationError) -> InvalidError:
        found: dict[str, list[str]] = {}
        for path, text in _flat(error.messages, ()):
            found.setdefault(path_text(path), []).append(text)
        said = "; ".join(f"{name}: {text}" for name, texts in found.items() for text in texts)
        return InvalidError(said, fields=found, rudder=self._rudder_text(found))

    def _rudder_text(self, found: Mapping[str, list[str]]) -> str:
        """Say it as Rudder does: the field's own sentence, or the hint and the path."""
        for name, texts in found.items():
            field = self.fields.get(name)
            key = "rudder_missing" if texts == [_MISSING] else "rudder_invalid"
            if field is not None and key in field.metadata:
                return str(field.metadata[key])
        said = "; ".join(f".{name}({'missing' if texts == [_MISSING] else texts[0]})" for name, texts in found.items())
        return hinted(self.hint, said)


def hinted(hint: str, text: str) -> str:
    """Put Rudder's words for unreadable input before the reason."""
    said = f"Unexpected: {text.removeprefix('Unexpected: ')}"  # the parser's texts begin so already
    return f"{hint}; cause was: {said}" if hint else said


_MISSING = "is required and was not sent"


def _aliases(field: fields.Field[Any], version: int) -> set[str]:
    former = field.metadata.get("formerly")
    names = {field.data_key or str(field.name), *field.metadata.get("aliases", ())}
    if isinstance(former, Former):
        names.add(former.name)
    return names - {json_name(field, version)}


def _every_name(schema: type[ApiSchema]) -> set[str]:
    found: set[str] = set()
    for field in schema().fields.values():
        found |= {json_name(field, 0), field.data_key or str(field.name), *field.metadata.get("aliases", ())}
    return found


def _flat(messages: object, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(messages, dict):
        for key, inner in messages.items():
            yield from _flat(inner, path if key == "_schema" else (*path, key))
    elif isinstance(messages, list):
        for inner in messages:
            yield from _flat(inner, path)
    else:
        text = str(messages)
        yield path, _MISSING if text == fields.Field.default_error_messages["required"] else text


def unknown_names(names: Iterable[str], known: Iterable[str], allowed: Iterable[str]) -> InvalidError | None:
    """Make the refusal of names that nothing knows, naming the allowed ones; None when all are known."""
    listed = ", ".join(sorted(allowed)) or "none"
    wrong = sorted(set(names) - set(known))
    if not wrong:
        return None
    texts = {name: [f"unknown field; allowed are: {listed}"] for name in wrong}
    said = f"Unknown field {', '.join(shown(name) for name in wrong)}; allowed are: {listed}"
    return InvalidError(said, fields=texts)


Reshape = Callable[[Document], Document]


@cache
def reshaper(schema: type[ApiSchema], version: int) -> Reshape:
    """Make the function that writes a document as one version shows it: its fields, names and order."""
    plan = [
        (
            stored_name(field),
            json_name(field, version),
            bool(field.metadata.get("omit_empty")),
            bool(field.metadata.get("nullable")),
            _inner(field, version, lambda document: reshape(document)),  # noqa: PLW0108  it is defined below
        )
        for field in alive(schema(), version)
        if not field.load_only
    ]

    def reshape(document: Document) -> Document:
        written: Document = {}
        for source, name, omit_empty, nullable, inner in plan:
            value = document.get(source)
            if (value is None and not nullable) or (omit_empty and value in ("", [], {})):
                continue
            written[name] = value if inner is None else _nested(inner, value)
        return written

    return reshape


def _inner(field: fields.Field[Any], version: int, same: Reshape) -> Reshape | None:
    """Give what writes the objects inside a field; `same` is what writes the object around it."""
    if isinstance(field, Branches):
        return same
    return reshaper(nested_class(field), version) if isinstance(field, Record) else None


def _nested(inner: Reshape, value: JSON) -> JSON:
    if isinstance(value, list):
        return [inner(item) if isinstance(item, dict) else item for item in value]
    return inner(value) if isinstance(value, dict) else value
