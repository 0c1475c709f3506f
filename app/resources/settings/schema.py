"""The JSON form of settings: one value, or one for each key."""

from typing import Any, ClassVar

from marshmallow import ValidationError, fields

from app.changes.settings import SETTINGS
from app.core.canonical import JSON
from app.http.fields import JsonValue, Texts
from app.http.schemas import ApiSchema

TOO_MANY = "Too much values defined, only need one"


class OneValue(JsonValue):
    """A value of a setting: JSON as it is, or the one text of a form; the setting's own form says what it may be."""

    many_values: ClassVar[bool] = True

    def from_texts(self, texts: Texts) -> JSON:
        """Take the one text."""
        if len(texts) != 1:
            raise ValidationError(f"takes one value, and {len(texts)} were given")
        return texts[0]


class SettingInput(ApiSchema):
    """What a caller may send for one setting."""

    value = OneValue(
        required=True,
        metadata={"rudder_missing": "No value defined in request", "rudder_invalid": TOO_MANY},
    )


_BY_KEY: dict[str, fields.Field[Any]] = {key: OneValue(metadata={"rudder_invalid": TOO_MANY}) for key in SETTINGS}


class SettingsInput(ApiSchema.from_dict(_BY_KEY, name="SettingsByKey")):  # type: ignore[misc]  # one field for each key
    """What a caller may send for several settings."""
