"""What the operator sees of each request: an id, one log line, metrics."""

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from app.core.logs import LOG
from app.core.values import dataclass

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CALL: Final = "sternpost.call"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
FAILED: Final = ("401", "429")
"""Failed authentications; their lines name the address, so that the operator can bar it."""
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})


@dataclass(slots=True)
class Call:
    """What becomes known of a request while it is served; never bodies or credentials."""

    request_id: str
    started_s: float
    method: str
    action: str = "unknown"
    template: str = ""
    version: int | None = None
    tenant: str | None = None
    actor: str | None = None
    address: str = ""
    failure: Exception | None = None


class Metrics:
    """Counts of one process, or of all when PROMETHEUS_MULTIPROC_DIR is set; labels are of declared values only."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._children: dict[tuple[str, str, str], tuple[Counter, Histogram]] = {}
        self._requests = Counter(
            "sternpost_requests", "Requests answered", ["action", "method", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "sternpost_request_seconds",
            "Time from request to the end of its answer",
            ["action"],
            registry=self.registry,
        )
        self._refused = Counter(
            "sternpost_failed_authentications", "Credentials that opened nothing", registry=self.registry
        )

    def count(self, call: Call, status: str, seconds: float) -> None:
        """Count one request."""
        key = (call.action, call.method if call.method in METHODS else "other", status)
        counters = self._children.get(key)
        if counters is None:
            counters = self._children[key] = (self._requests.labels(*key), self._seconds.labels(call.action))
        counters[0].inc()
        counters[1].observe(seconds)
        if status in FAILED:
            self._refused.inc()

    def text(self) -> bytes:
        """Write all metrics as Prometheus reads them."""
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self.registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]  # the library leaves it untyped
        return generate_latest(together)


class ObserveMiddleware:
    """Outermost: gives each request its id, and when its answer is sent writes one line and counts it."""

    def __init__(self, app: "WSGIApplication", metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Serve one request as WSGI says."""
        call = Call(
            request_id=request_id(environ.get("HTTP_X_REQUEST_ID")),
            started_s=time.perf_counter(),
            method=environ["REQUEST_METHOD"],
            address=environ.get("REMOTE_ADDR") or "",
        )
        environ[CALL] = call
        status = "500"

        def start(line: str, headers: list[tuple[str, str]], *rest: Any) -> Any:  # noqa: ANN401  the WSGI protocol's
            nonlocal status
            status = line[:3]
            headers.append(("X-Request-Id", call.request_id))
            return start_response(line, headers, *rest)

        def finished() -> None:
            self._finish(call, status)

        return _Observed(self._app(environ, start), finished)

    def _finish(self, call: Call, status: str) -> None:
        seconds = time.perf_counter() - call.started_s
        self._metrics.count(call, status, seconds)
        LOG.info(
            "request",
            action=call.action,
            actor=call.actor,
            tenant=call.tenant,
            request_id=call.request_id,
            method=call.method,
            path=call.template,
            version=call.version,
            status=int(status),
            duration_ms=round(seconds * 1000, 2),
            **({"address": call.address} if status in FAILED else {}),
        )


class _Observed:
    """An answer under way; what closes it is said when it was sent, or broke off."""

    __slots__ = ("_answer", "_finished")

    def __init__(self, answer: Iterable[bytes], finished: Callable[[], None]) -> None:
        self._answer = answer
        self._finished = finished

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._answer)

    def close(self) -> None:
        try:
            close = getattr(self._answer, "close", None)
            if close is not None:
                close()
        finally:
            self._finished()


def request_id(sent: str | None) -> str:
    """Take the id that was sent if it is harmless, else make one."""
    if sent is not None and _REQUEST_ID.fullmatch(sent):
        return sent
    return os.urandom(16).hex()


def log_failure(call: Call, error: Exception) -> None:
    """Log what nobody foresaw, once, with its traceback."""
    call.failure = error
    LOG.error(
        "unhandled",
        actor=call.actor,
        tenant=call.tenant,
        request_id=call.request_id,
        action=call.action,
        failure=error,
    )
