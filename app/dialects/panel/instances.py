"""What the panel does with instances: list, find, deploy, suspend, delete."""

import re
import secrets
from typing import Final

from app.changes.change import Change, Edit, Outcome
from app.changes.work import Work
from app.core.canonical import JSON, Document, parse
from app.core.errors import InvalidError, NotFoundError
from app.dialects.panel.answers import Reply, waiting
from app.dialects.panel.reading import Asked, checked_text, loose_text
from app.dialects.panel.showing import Shower
from app.fleet.hosting.ports import read_ports
from app.resources.instances.placing import warnings_of
from app.store.documents import Stored, find_document, list_documents
from app.store.people import find_user
from app.store.sources import documents_with

NOT_FOUND: Final = "Instance not found"
_REQUIRED: Final = ("image", "memory", "cpu", "ports", "nodeId", "name", "user", "primary")
_DIGITS: Final = re.compile(r"[0-9]{1,10}")
_DECIMAL: Final = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,6})?")
_SAID: Final = {"nodeId": "Invalid node", "imageId": "Invalid image", "name": "Invalid name", "disk": "Invalid disk"}


def list_instances(work: Work, _asked: Asked) -> Reply:
    """List the instances by id."""
    return Reply(200, Shower(work).many(list_documents(work.session, "instance")))


def of_user(work: Work, asked: Asked) -> Reply:
    """List the instances that a user owns."""
    user_id = asked.text("userId", 'Parameter "userId" is required')
    if find_user(work.session, user_id) is None:
        raise InvalidError("User not found")
    return Reply(200, Shower(work).many(documents_with(work.session, "instance", "owner", user_id)))


def get_instance(work: Work, asked: Asked) -> Reply:
    """Show one instance."""
    stored = _found(work, asked.text("id", 'Parameter "id" is required'))
    return Reply(200, Shower(work).one(stored))


def deploy(work: Work, asked: Asked) -> Reply:
    """Make an instance, and so put it into its node's policy."""
    if any(asked.value(name) is None for name in _REQUIRED):
        raise InvalidError("Missing parameters")
    fields: Document = {
        "name": checked_text("name", asked.value("name")),
        "nodeId": checked_text("node", asked.value("nodeId")),
        "owner": checked_text("user", asked.value("user")),
        "memory": _whole("memory", asked.value("memory")),
        "cpu": _decimal("cpu", asked.value("cpu")),
        "disk": 0 if asked.value("disk") is None else _decimal("disk", asked.value("disk"), least=0),
        **_ports(asked),
        "variables": _variables(asked.value("variables")),
        "imageId": _image(work, asked),
    }
    edit = Edit("instance", secrets.token_hex(4), "create", fields)
    try:
        outcome = work.submit([edit])
    except InvalidError as error:
        raise _in_its_words(error) from error
    if outcome.change_request is not None:
        return waiting(outcome.change_request)
    shown = Shower(work).one(outcome.asked[0].shown)
    told: Document = {
        "message": "DEPLOYMENT COMPLETE",
        "containerId": shown["ContainerId"],
        "volumeId": shown["VolumeId"],
    }
    lacking: list[JSON] = [*warnings_of(work.session, outcome.asked[0].shown.document)]
    return Reply(201, {**told, **shown, **({"warnings": lacking} if lacking else {})})


def delete(work: Work, asked: Asked) -> Reply:
    """Take an instance out of everything."""
    instance_id = asked.identity("id", "Missing ID parameter")
    outcome = _submit(work, Edit("instance", instance_id, "delete"))
    if outcome.change_request is not None:
        return waiting(outcome.change_request)
    return Reply(201, {"Message": "The instance has successfully been deleted."})


def suspend(work: Work, asked: Asked) -> Reply:
    """Stop an instance and keep all it has."""
    return _set_suspended(work, asked, suspended=True)


def unsuspend(work: Work, asked: Asked) -> Reply:
    """Let an instance run again."""
    return _set_suspended(work, asked, suspended=False)


def _set_suspended(work: Work, asked: Asked, *, suspended: bool) -> Reply:
    sent = asked.value("id")
    if sent is not None:
        checked_text("id", sent)
        if asked.path_id and sent != asked.path_id:
            raise InvalidError("Ids differ")
    instance_id = asked.path_id or asked.text("id", 'Parameter "id" is required')
    outcome = _submit(work, Edit("instance", instance_id, "modify", {"suspended": suspended}))
    if outcome.change_request is not None:
        return waiting(outcome.change_request)
    changed: Change = outcome.asked[0]
    return Reply(200, Shower(work).one(changed.shown))


def _submit(work: Work, edit: Edit) -> Outcome:
    try:
        return work.submit([edit])
    except NotFoundError as error:
        raise InvalidError(NOT_FOUND) from error


def _found(work: Work, instance_id: str) -> Stored:
    stored = find_document(work.session, "instance", instance_id)
    if stored is None:
        raise InvalidError(NOT_FOUND)
    return stored


def _image(work: Work, asked: Asked) -> str:
    """Choose among the images of this value: the one of this name, else the first by name."""
    value = checked_text("image", asked.value("image"))
    named = asked.value("imagename")
    found = documents_with(work.session, "image", "image", value)
    if named is not None:
        found = [one for one in found if one.document["name"] == checked_text("image", named)]
    if not found:
        raise InvalidError("Invalid image")
    return min(found, key=lambda one: (str(one.document["name"]), one.id)).id


def _ports(asked: Asked) -> Document:
    ports = loose_text("ports", asked.value("ports"))
    primary = loose_text("primary", asked.value("primary"))
    try:
        mappings = read_ports(ports)
    except InvalidError as error:
        raise InvalidError("Invalid ports") from error
    try:
        wanted = read_ports(primary)
    except InvalidError as error:
        raise InvalidError("Invalid primary") from error
    known = set(mappings) if ":" in primary else {one.host for one in mappings}
    if len(wanted) != 1 or (wanted[0] if ":" in primary else wanted[0].host) not in known:
        raise InvalidError("Invalid primary")
    return {"ports": ports, "primary": primary}


def _variables(value: JSON) -> Document:
    if isinstance(value, str):
        try:
            value = parse(value)
        except InvalidError as error:
            raise InvalidError("Invalid variables") from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidError("Invalid variables")
    return value


def _whole(name: str, value: JSON) -> int:
    text = loose_text(name, value)
    if _DIGITS.fullmatch(text) is None or not 0 < int(text) < 2**31:
        raise InvalidError(f"Invalid {name}")
    return int(text)


def _decimal(name: str, value: JSON, *, least: float = 1e-6) -> int | float:
    text = loose_text(name, value)
    if _DECIMAL.fullmatch(text) is None or float(text) < least:
        raise InvalidError(f"Invalid {name}")
    number = float(text)
    return int(number) if number.is_integer() else number


def _in_its_words(error: InvalidError) -> InvalidError:
    """Tell a refusal of the instance in the panel's words; what it has no words for is told as it is."""
    field = next(iter(error.fields), "")
    if field == "owner" and error.message.startswith("owner:"):
        return InvalidError("User not found")
    if field.startswith("variables"):
        return InvalidError("Invalid variables", fields=error.fields)
    said = _SAID.get(field) or (f"Invalid {field}" if error.message.startswith(f"{field}: ") else error.message)
    return InvalidError(said, fields=error.fields)
