"""The JSON form of settings: one value, or one for each key, and the networks of one policy server."""

from typing import Any, ClassVar

from marshmallow import ValidationError, fields

from app.changes.networks import MOST
from app.changes.settings import SETTINGS
from app.core.canonical import JSON
from app.http.fields import JsonValue, Record, TextList, Texts
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


_BY_KEY: dict[str, fields.Field[Any]] = {
    key: OneValue(metadata={"rudder_invalid": TOO_MANY, **({"since": 25} if setting.ours else {})})
    for key, setting in SETTINGS.items()
}


class SettingsInput(ApiSchema.from_dict(_BY_KEY, name="SettingsByKey")):  # type: ignore[misc]  # one field for each key
    """What a caller may send for several settings."""


class NetworksInput(ApiSchema):
    """What a caller may send to set the networks of one policy server."""

    ignored = ("id",)  # the list of all of them shows it, and clients post it back

    networks = TextList(data_key="allowed_networks", required=True, max_items=MOST)


class NetworksDiff(ApiSchema):
    """Networks to add and to take away."""

    add = TextList(max_items=MOST)
    delete = TextList(max_items=MOST)


class NetworksDiffInput(ApiSchema):
    """What a caller may send to change some of the networks of one policy server."""

    diff = Record(NetworksDiff, data_key="allowed_networks", required=True)
