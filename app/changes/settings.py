"""The settings that the write path itself reads, with what holds where a tenant has not set them."""

from collections.abc import Mapping

from app.core.canonical import JSON
from app.store.documents import Stored

DEFAULTS: Mapping[str, JSON] = {
    "enable_change_message": True,
    "mandatory_change_message": False,
    "change_message_prompt": "Please enter a reason explaining this change.",
    "enable_change_request": False,
    "enable_self_deployment": True,
    "enable_self_validation": False,
    "enable_validate_all": False,
    "global_policy_mode": "enforce",
}
"""Defaults by key (conventions, section 12)."""


def setting(key: str, stored: Stored | None) -> JSON:
    """Read a setting from its document; the default where there is none."""
    return DEFAULTS[key] if stored is None else stored.document["value"]
