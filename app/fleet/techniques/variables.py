"""Variables and sections: the description of a directive's parameters, read from and written to JSON."""

from collections.abc import Iterator

from app.core.canonical import Document
from app.core.values import dataclass
from app.fleet.techniques.types import Constraint, ValueType

ROOT_SECTION = "sections"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One value that a directive gives; a `default` of "" is none."""

    name: str
    description: str
    long_description: str
    type: ValueType
    default: str
    required: bool
    secret: bool
    constraint: Constraint

    def to_json(self) -> Document:
        """Give the complete JSON form."""
        limits = self.constraint
        return {
            "name": self.name,
            "description": self.description,
            "longDescription": self.long_description,
            "type": self.type.name,
            "default": self.default,
            "required": self.required,
            "secret": self.secret,
            "constraint": {
                "regex": limits.regex,
                "min": limits.min,
                "max": limits.max,
                "minLength": limits.min_length,
                "maxLength": limits.max_length,
                "choices": [{"value": choice.value, "label": choice.label} for choice in limits.choices],
            },
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Variables that belong together; a multivalued section may be given many times, in an order that is kept.

    A required multivalued section must be given at least once; any other section is always there.
    """

    name: str
    description: str
    multivalued: bool
    required: bool
    variables: tuple[Variable, ...]
    sections: tuple["Section", ...]

    def to_json(self) -> Document:
        """Give the complete JSON form; the root section has no name and is always there once."""
        content: Document = {
            "variables": [variable.to_json() for variable in self.variables],
            "sections": [section.to_json() for section in self.sections],
        }
        if self.name == ROOT_SECTION:
            return content
        return {
            "name": self.name,
            "description": self.description,
            "multivalued": self.multivalued,
            "required": self.required,
            **content,
        }

    def all_variables(self) -> Iterator[Variable]:
        """Walk over the variables of this section and of those inside it."""
        yield from self.variables
        for section in self.sections:
            yield from section.all_variables()
