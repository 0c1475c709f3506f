"""The documents that bundles are compiled from, kept current in memory by following the log."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from typing import TypeVar

from app.changes.following import Derivation
from app.changes.settings import setting
from app.core.canonical import JSON, Document
from app.core.values import dataclass
from app.fleet.bundles.facts import Configuration
from app.fleet.bundles.sharing import SharedBundles
from app.fleet.hosting.hosted import Hosted
from app.fleet.keeping import kept_of
from app.fleet.techniques.definition import Technique
from app.fleet.techniques.stored import technique_of
from app.store.documents import Stored

T = TypeVar("T")

_SCHEDULE: Mapping[str, str] = {
    "runFrequency": "run_frequency",
    "splayTime": "splay_time",
    "startHour": "first_run_hour",
    "startMinute": "first_run_minute",
    "reportingMode": "reporting_mode",
}
"""What an agent is told of its runs, and the settings that say it."""
_USED = (*_SCHEDULE.values(), "global_policy_mode", "global_policy_mode_overridable")


@dataclass(slots=True)
class Sources:
    """What the policies of one tenant are made of; another thread may bring it up to date, so it is read locked."""

    rules: dict[str, Document] = field(default_factory=dict)
    directives: dict[str, Document] = field(default_factory=dict)
    techniques: dict[str, Technique] = field(default_factory=dict)
    parameters: dict[str, JSON] = field(default_factory=dict)
    said: dict[str, Document] = field(default_factory=dict)
    """Parameters as properties that every node inherits."""
    settings: dict[str, JSON] = field(default_factory=lambda: {key: setting(key, None) for key in _USED})
    hosted: Hosted = field(default_factory=Hosted)
    changes: int = 0
    """How many documents were taken; another number means that policies may be others."""
    _shared: SharedBundles = field(default_factory=SharedBundles)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def put(self, kind: str, document_id: str, stored: Stored | None) -> None:
        """Take a document as it is now; None when it is gone."""
        document = None if stored is None else stored.document
        with self._lock:
            self._shared.clear()
            self.changes += 1
            if kind == "setting":
                if document_id in _USED:
                    self.settings[document_id] = setting(document_id, stored)
            elif kind == "technique":
                _keep(self.techniques, document_id, None if stored is None else technique_of(stored.body))
            elif kind == "parameter":
                self._put_parameter(document_id, document)
            elif kind == "instance":
                self.hosted.put_instance(document_id, document)
            elif kind == "rule":
                _keep(self.rules, document_id, None if document is None else kept_of(document))
            else:
                _keep(self.hosted.images if kind == "image" else self.directives, document_id, document)

    def _put_parameter(self, name: str, document: Document | None) -> None:
        self.parameters.pop(name, None)
        _keep(self.said, name, None if document is None else {**document, "name": name})
        if document is not None:
            self.parameters[name] = document["value"]  # null is a value too

    @contextmanager
    def reading(self) -> Iterator["Sources"]:
        """Keep them as they are inside."""
        with self._lock:
            yield self

    def configuration(self) -> Configuration:
        """Give the configuration; for who holds the lock, or the only reference."""
        return Configuration(
            rules=self.rules,
            directives=self.directives,
            techniques=self.techniques,
            parameters=self.parameters,
            global_mode=str(self.settings["global_policy_mode"]),
            overridable=self.settings["global_policy_mode_overridable"] is True,
            schedule={name: self.settings[key] for name, key in _SCHEDULE.items()},
            hosted=self.hosted,
        )

    @property
    def shared(self) -> SharedBundles:
        """Give the bundles that were compiled of these very documents; for who holds the lock."""
        return self._shared

    def changed(self, documents: Mapping[tuple[str, str], Stored | None]) -> "Sources":
        """Give sources of the caller's own, as they would be with some documents by (kind, id)."""
        with self._lock:
            kept = (self.rules, self.directives, self.techniques, self.parameters, self.said, self.settings)
            after = Sources(*map(dict, kept))  # type: ignore[arg-type]  # each is copied into its own place
            after.hosted = self.hosted.copy()
        for (kind, document_id), stored in documents.items():
            if kind in SOURCES.kinds:
                after.put(kind, document_id, stored)
        return after


def _keep(known: dict[str, T], key: str, value: T | None) -> None:
    if value is None:
        known.pop(key, None)
    else:
        known[key] = value


_KINDS = ("rule", "directive", "technique", "parameter", "setting", "image", "instance")
SOURCES = Derivation("policy sources", _KINDS, Sources, Sources.put)
