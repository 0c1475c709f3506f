"""Zones: the parts of one tenant that objects may be tagged with in `security` (conventions, section 15b)."""

from app.core.canonical import JSON
from app.core.errors import InvalidError

OPEN = "open"


def check_security(value: JSON) -> None:
    """Refuse a tag that names a zone; there are none yet.

    Raises:
        InvalidError: it cannot be read, or names zones.
    """
    if value is None or value == OPEN:
        return
    names = value.get("tenants") if isinstance(value, dict) and len(value) == 1 else None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        text = 'is neither "open" nor {"tenants":[...]}'
        raise InvalidError(f"security: {text}", fields={"security": [text]})
    if names:
        listed = ",".join(map(str, names))
        text = f"tenant(s) '{listed}' don't exist"
        remedy = f'{text}; send "open", or leave security out'
        raise InvalidError(f"security: {remedy}", fields={"security": [remedy]}, rudder=text)
