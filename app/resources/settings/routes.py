"""Where settings are reached."""

from dataclasses import replace

from app.changes.change import Change
from app.changes.settings import setting
from app.changes.work import Work
from app.http.collection import head_of
from app.http.endpoint import Answer, Endpoint, Given, object_under
from app.http.history import AtQuery, history_endpoint
from app.http.resource import Resource
from app.http.versions import Lifespan
from app.http.why import why_endpoint
from app.http.writing import Writing
from app.resources.settings import service
from app.resources.settings.kind import SETTING
from app.resources.settings.network_routes import NETWORK_ENDPOINTS, READ, WRITE, moment_of
from app.resources.settings.schema import SettingInput, SettingsInput
from app.store.nodes import list_policy_servers

SETTINGS = object_under("settings")


def show_all(work: Work, given: Given) -> Answer:
    """Show every setting."""
    return Answer(value=service.read_all(_asking(work, given), moment_of(given)))


def show(work: Work, given: Given) -> Answer:
    """Show one setting."""
    key, at = given.path["key"], moment_of(given)
    value, stored = service.read_one(work, key, at)
    return Answer(value={key: value}, revision=stored.revision if stored is not None and at is None else None)


def modify(work: Work, given: Given) -> Answer:
    """Set one setting."""
    key = given.path["key"]
    value, stored = service.write_one(_asking(work, given), key, given.fields["value"], given.if_match)
    return Answer(value={key: value}, revision=stored.revision)


def modify_many(work: Work, given: Given) -> Answer:
    """Set several settings at once."""
    return Answer(value=service.write_many(_asking(work, given), given.document))


def state(work: Work, given: Given) -> str:
    """Name what all settings together depend on: the documents, and which policy servers there are."""
    return f"{head_of(work, given)} {list_policy_servers(work.session)}"


def _asking(work: Work, given: Given) -> service.Asking:
    return service.Asking(work, given.era.strict)


ENDPOINTS = (
    Endpoint(
        methods=("GET",),
        path="/settings",
        action="getAllSettings",
        summary="Show every setting",
        right=READ,
        configuration=True,
        view=show_all,
        container=SETTINGS,
        query=AtQuery,
        lifespan=Lifespan(6),
        state=state,
    ),
    Endpoint(
        methods=("POST",),
        path="/settings",
        action="modifySettings",
        summary="Change several settings at once",
        right=WRITE,
        dry_run=True,
        view=modify_many,
        container=SETTINGS,
        input=SettingsInput,
        lifespan=Lifespan(6),
    ),
    Endpoint(
        methods=("GET",),
        path="/settings/{key}",
        action="getSetting",
        summary="Show one setting",
        right=READ,
        configuration=True,
        view=show,
        container=SETTINGS,
        query=AtQuery,
        lifespan=Lifespan(6),
        id_from="path",
    ),
    Endpoint(
        methods=("POST",),
        path="/settings/{key}",
        action="modifySetting",
        summary="Change one setting",
        right=WRITE,
        dry_run=True,
        view=modify,
        container=SETTINGS,
        input=SettingInput,
        lifespan=Lifespan(6),
        id_from="path",
    ),
    *NETWORK_ENDPOINTS,
    *(
        replace(
            declare(SETTING, "/settings/{key}", "setting", READ, document_id=lambda given: given.path["key"]),
            configuration=True,
        )
        for declare in (history_endpoint, why_endpoint)
    ),
)


def _show(work: Work, change: Change) -> Answer:
    """Show the value that holds after a change: the default where the setting is no longer set."""
    revision = None if change.after is None else change.after.revision
    value = service.shown(work, change.id, setting(change.id, change.after))
    return Answer(value={change.id: value}, revision=revision)


MODIFY = next(one for one in ENDPOINTS if one.action == "modifySetting")

RESOURCE = Resource(
    name="settings",
    kinds=(SETTING,),
    paths={SETTING.name: "/settings"},
    endpoints=ENDPOINTS,
    writings={SETTING.name: Writing(create=MODIFY, modify=MODIFY, delete=MODIFY, show=_show)},
)
