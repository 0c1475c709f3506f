"""Where allowed networks are reached; up to version 17 the answers say `settings` where they mean them."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from app.changes.networks import ALLOWED_NETWORKS, ServerEdit
from app.changes.work import Work
from app.core.canonical import JSON
from app.http.endpoint import Answer, Endpoint, Given, object_under
from app.http.history import AtQuery, history_endpoint
from app.http.versions import Lifespan
from app.http.why import why_endpoint
from app.resources.settings import networks, service
from app.resources.settings.kind import SETTING
from app.resources.settings.schema import NetworksDiffInput, NetworksInput, SettingInput

READ, WRITE = "administration_read", "administration_write"
ALL, ONE = "/settings/allowed_networks", "/settings/allowed_networks/{nodeId}"

View = Callable[[Work, Given], Answer]

FIRST, NOW = Lifespan(11, 17), Lifespan(18)
OF_SETTINGS, OF_NETWORKS = object_under("settings"), object_under(ALLOWED_NETWORKS)


def moment_of(given: Given) -> str | None:
    """Read the moment as of which settings are asked for."""
    at = given.query.get("at")
    return None if at is None else str(at)


def show_all(work: Work, given: Given) -> Answer:
    """Show the networks of every policy server."""
    return Answer(value=networks.read_all(work, moment_of(given)))


def show(work: Work, given: Given) -> Answer:
    """Show the networks of one policy server."""
    at = moment_of(given)
    found, stored = networks.read_server(work, given.path["nodeId"], at)
    return Answer(value=[*found], revision=stored.revision if stored is not None and at is None else None)


def show_as_setting(work: Work, given: Given) -> Answer:
    """Show the networks of one policy server as the first versions do: a setting among settings."""
    answer = show(work, given)
    return replace(answer, value={ALLOWED_NETWORKS: answer.value})


def modify(work: Work, given: Given) -> Answer:
    """Set the networks of one policy server."""
    return _write(work, given, ServerEdit(given.path["nodeId"], networks=_texts(given.fields["networks"])))


def modify_some(work: Work, given: Given) -> Answer:
    """Add networks to one policy server and take some away."""
    diff = given.fields["diff"]
    sent = diff if isinstance(diff, dict) else {}
    edit = ServerEdit(given.path["nodeId"], add=_texts(sent.get("add")), delete=_texts(sent.get("delete")))
    return _write(work, given, edit)


def modify_all(work: Work, given: Given) -> Answer:
    """Set the networks of every policy server; one that is not named has its default again."""
    asking = service.Asking(work, given.era.strict)
    value, stored = service.write_one(asking, ALLOWED_NETWORKS, given.fields["value"], given.if_match)
    return Answer(value={ALLOWED_NETWORKS: value}, revision=stored.revision, id=ALLOWED_NETWORKS)


def _write(work: Work, given: Given, edit: ServerEdit) -> Answer:
    found, stored = networks.write_server(work, edit, given.if_match, strict=given.era.strict)
    return Answer(value=[*found], revision=stored.revision)


def _texts(value: JSON) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _both(declared: Endpoint, first: View | None = None) -> Iterator[Endpoint]:
    """Declare an endpoint in both of its shapes; `first` is the view of the older one where it differs."""
    yield replace(declared, lifespan=NOW, container=OF_NETWORKS)
    yield replace(declared, lifespan=FIRST, container=OF_SETTINGS, view=first or declared.view)


_SHOW_ALL = Endpoint(
    methods=("GET",),
    path=ALL,
    action="getAllAllowedNetworks",
    summary="Show the allowed networks of every policy server",
    right=READ,
    view=show_all,
    query=AtQuery,
)
_SHOW = Endpoint(
    methods=("GET",),
    path=ONE,
    action="getAllowedNetworks",
    summary="Show the allowed networks of one policy server",
    right=READ,
    view=show,
    query=AtQuery,
    id_from="path",
)
_MODIFY = Endpoint(
    methods=("POST",),
    path=ONE,
    action="modifyAllowedNetworks",
    summary="Set the allowed networks of one policy server",
    right=WRITE,
    dry_run=True,
    view=modify,
    input=NetworksInput,
    json_only=True,
    id_from="path",
)
_MODIFY_SOME = Endpoint(
    methods=("POST",),
    path=f"{ONE}/diff",
    action="modifyDiffAllowedNetworks",
    summary="Add allowed networks to one policy server, and take some away",
    right=WRITE,
    dry_run=True,
    view=modify_some,
    input=NetworksDiffInput,
    json_only=True,
    id_from="path",
)
# What stands at /settings/{key} for other keys: in 25 a path belongs to one shape alone.
_MODIFY_ALL = Endpoint(
    methods=("POST",),
    path=ALL,
    action="modifySetting",
    summary="Set the allowed networks of every policy server",
    right=WRITE,
    dry_run=True,
    view=modify_all,
    container=OF_SETTINGS,
    input=SettingInput,
    lifespan=Lifespan(25),
    id_from="result",
)

NETWORK_ENDPOINTS = (
    *_both(_SHOW_ALL),
    *_both(_SHOW, show_as_setting),
    *_both(_MODIFY),
    *_both(_MODIFY_SOME),
    _MODIFY_ALL,
    *(
        replace(declare(SETTING, ALL, "setting", READ, document_id=lambda _given: ALLOWED_NETWORKS), id_from=None)
        for declare in (history_endpoint, why_endpoint)
    ),
)
