"""What a bundle asks for, as a list of tasks; and what became of each, as the server wants it reported."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from app.agent.faults import DistrustError

Outcome = Literal["ok", "changed", "failed", "noncompliant"]

FILE_ROLES: Mapping[str, tuple[str, ...]] = {
    "cronManagement": ("1.0",),
    "fileManagement": ("1.0",),
    "journalConfiguration": ("1.0",),
    "motdConfiguration": ("1.0",),
    "ntpConfiguration": ("1.0",),
    "sshServer": ("1.0",),
}
"""Techniques, with versions, whose work is in files, so that another root folder can stand in for the machine's."""
ROLES: Mapping[str, tuple[str, ...]] = {
    **FILE_ROLES,
    "commandExecution": ("1.0",),
    "groupManagement": ("1.0",),
    "instanceHosting": ("1.0",),
    "packageManagement": ("1.0", "1.1"),
    "serviceManagement": ("1.0",),
    "userManagement": ("8.0",),
}
"""Every technique that this agent carries out; the folder `roles` has one role for each."""

_STATUS: Mapping[tuple[str, Outcome], str] = {
    ("enforce", "ok"): "successAlreadyOK",
    ("enforce", "changed"): "successRepaired",
    ("enforce", "failed"): "error",
    ("enforce", "noncompliant"): "error",
    ("audit", "ok"): "auditCompliant",
    ("audit", "changed"): "auditNonCompliant",
    ("audit", "failed"): "auditError",
    ("audit", "noncompliant"): "auditNonCompliant",
}


@dataclass(frozen=True, slots=True)
class Task:
    """One component of a directive; `values` have their secrets in place."""

    directive: str
    rules: Sequence[str]
    technique: str
    version: str
    mode: str
    component: str
    value: str
    values: Mapping[str, Any]
    has_secrets: bool

    @property
    def is_known(self) -> bool:
        """Tell whether this agent can carry it out."""
        return self.version in ROLES.get(self.technique, ())

    def report(self, outcome: Outcome, message: str) -> dict[str, Any]:
        """Say what became of it."""
        return {
            "directive": self.directive,
            "rules": list(self.rules),
            "component": self.component,
            "value": self.value,
            "status": _STATUS[self.mode, outcome],
            "message": message,
        }


def tasks_of(bundle: Mapping[str, Any], secrets: Mapping[str, Any]) -> list[Task]:
    """List the components of a bundle in order.

    Raises:
        DistrustError: the bundle has not the form of one.
    """
    try:
        return [task for entry in bundle["directives"] for task in _tasks(entry, secrets)]
    except (KeyError, TypeError, AttributeError) as error:
        raise DistrustError(f"The bundle has not the form that this agent knows: {error}; upgrade the agent") from error


def fault_reports(bundle: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Report what the server could not resolve for this node."""
    for fault in bundle.get("faults", ()):
        yield {
            "directive": fault["directive"],
            "rules": list(fault["rules"]),
            "component": fault["component"],
            "value": "None",
            "status": "error",
            "message": fault["text"],
        }


def _tasks(entry: Mapping[str, Any], secrets: Mapping[str, Any]) -> Iterable[Task]:
    mode = str(entry["mode"])
    if mode not in ("enforce", "audit"):
        raise TypeError(f"mode '{mode}'")
    for component in entry["components"]:
        yield Task(
            directive=str(entry["directive"]),
            rules=[str(rule) for rule in entry["rules"]],
            technique=str(entry["technique"]),
            version=str(entry["version"]),
            mode=mode,
            component=str(component["component"]),
            value=str(component["value"]),
            values={str(name): _filled(value, secrets) for name, value in component["values"].items()},
            has_secrets=_has_secrets(component["values"]),
        )


def _filled(value: Any, secrets: Mapping[str, Any]) -> Any:  # noqa: ANN401  any JSON
    """Put the values of secrets where their tags stand."""
    if isinstance(value, dict):
        if value.keys() == {"$secret"}:
            return str(secrets[value["$secret"]])
        if value.keys() == {"$parts"}:
            return "".join(_filled(part, secrets) for part in value["$parts"])
        return {name: _filled(one, secrets) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, secrets) for one in value]
    return value


def _has_secrets(value: Any) -> bool:  # noqa: ANN401  any JSON
    if isinstance(value, dict):
        return "$secret" in value or any(map(_has_secrets, value.values()))
    return isinstance(value, list) and any(map(_has_secrets, value))
