"""The pages of settings: what holds in the tenant, one page for each."""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from flask import Request, Response

from app.changes.settings import SETTINGS, Flag, Number, OneOf
from app.console.acting import Act, FormError, Said, Sent, sought, told
from app.console.api import Api, Reply
from app.console.change_requests import refused
from app.console.kinds import KINDS
from app.console.objects import document_of
from app.console.pages import Page
from app.console.rendering import in_path, page
from app.console.sessions import Visitor
from app.console.site import Site

DONE: Final[Mapping[str, str]] = {"change": "It is saved and counts from now on."}

GROUPS: Final[Mapping[str, Mapping[str, str]]] = {
    "Review": {
        "enable_change_request": "Changes wait for approval",
        "enable_validate_all": "Every change waits, not only those that reach supervised nodes",
        "enable_self_validation": "Authors may approve their own change requests",
        "enable_self_deployment": "Authors may deploy their own change requests",
        "validated_users": "User names and accounts whose changes the built-in policy lets pass",
        "supervised_targets": "The targets whose nodes are not supervised",
    },
    "Reasons": {
        "enable_change_message": "A reason is kept with each change",
        "mandatory_change_message": "No change without a reason",
        "change_message_prompt": "What people are asked for a reason with",
    },
    "Policies of nodes": {
        "global_policy_mode": "Whether nodes change anything (enforce) or only look (audit)",
        "global_policy_mode_overridable": "Nodes, directives and rules may say otherwise",
        "run_frequency": "Minutes between two runs of the agent",
        "splay_time": "Minutes over which the runs of the nodes are spread",
        "first_run_hour": "The hour from which runs are counted (UTC)",
        "first_run_minute": "The minute from which runs are counted",
        "reporting_mode": "What nodes report",
        "node_onaccept_default_state": "The state of a node that is accepted",
        "node_onaccept_default_policyMode": "The policy mode of a node that is accepted",
        "allowed_networks": "The networks from which nodes may come",
    },
    "Instances": {
        "instance_capacity_check": "What happens when an instance does not fit its node",
        "instance_port_check": "What happens when a host port is taken",
        "instance_limit_per_user": "Instances that one owner may have; 0 sets no limit",
        "instance_memory_limit_per_user": "MiB that one owner may have; 0 sets no limit",
        "instance_cpu_limit_per_user": "Cores that one owner may have; 0 sets no limit",
    },
}
"""What most people look for, in the words of docs/settings.md; all others follow them by key."""
OTHERS: Final = "Kept for scripts and other clients"
HINTS: Final = {key: hint for group in GROUPS.values() for key, hint in group.items()}


def show_settings(site: Site, request: Request, visitor: Visitor) -> Response:
    """Show every setting with its value."""
    reply = site.api(request, visitor).get("/settings")
    if not reply.is_good:
        return refused(visitor, reply)
    values = reply.body["data"]["settings"]
    text = sought(request).casefold()
    groups = {**GROUPS, OTHERS: {key: "" for key in values if key not in HINTS}}
    shown = {
        title: [
            (key, hint, _text(values[key]))
            for key, hint in hints.items()
            if key in values and (text in key.casefold() or text in hint.casefold())
        ]
        for title, hints in groups.items()
    }
    groups_shown = {title: found for title, found in shown.items() if found}
    return page("settings.html", visitor, groups=groups_shown, sought=sought(request), said=Said())


def show_setting(site: Site, request: Request, visitor: Visitor, one: str) -> Response:
    """Show one setting, what it may be and what it was; and change it."""
    api, path = site.api(request, visitor), f"/settings/{in_path(one)}"

    def save(api: Api, sent: Sent) -> Reply:
        return api.send("POST", path, {"value": _value(one, sent)}, reason=sent.text("reason"))

    said = told(api, request, {"change": Act(save)}, DONE)
    if isinstance(said, Response):
        return said
    reply = api.get(path)
    if not reply.is_good:
        return refused(visitor, reply)
    value = document_of(KINDS["setting"], reply, one)["value"]
    history = api.get(f"{path}/history", {"limit": "20"})
    return page(
        "setting.html", visitor, status=said.status, said=said, key=one, value=_text(value), hint=HINTS.get(one, ""),
        history=_told(history.items("history") if history.is_good else []), **_form(one, value),
    )  # fmt: skip


def _told(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Say of each revision who made it which value, as text."""
    return [
        {**entry, "made": [_text(change.get("new")) for change in entry["changes"] if change["path"] == "/value"]}
        for entry in history
    ]


def _form(key: str, value: object) -> dict[str, Any]:
    """Say how a setting is filled in: by choosing, as a number, as a line, or as JSON."""
    form = SETTINGS[key].form if key in SETTINGS else None
    if isinstance(form, Flag):
        return {"options": ("true", "false"), "allowed": form.allowed}
    if isinstance(form, OneOf):
        return {"options": form.texts, "allowed": form.allowed}
    allowed = "" if form is None or not hasattr(form, "allowed") else form.allowed
    return {"options": (), "allowed": allowed, "is_json": not isinstance(value, str | int | float)}


def _value(key: str, sent: Sent) -> Any:  # noqa: ANN401  any JSON
    form = SETTINGS[key].form if key in SETTINGS else None
    text = sent.raw("value")
    if isinstance(form, Flag | OneOf):
        return text
    if isinstance(form, Number):
        return text.strip()
    default = SETTINGS[key].default if key in SETTINGS else ""
    if isinstance(default, str):
        return text
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as wrong:
        raise FormError("value", f"This is no JSON: {wrong}") from None


def _text(value: object) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


PAGES: Final = (
    Page("/settings", show_settings, "settings"),
    Page("/settings/<one>", show_setting, "setting", takes_forms=True),
)
