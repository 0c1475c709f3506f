"""The serving processes: one bound socket, gunicorn's threads on it, and what is said to the operator."""

import ctypes
import errno
import gc
import os
import signal
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication

from app.config import Config, ConfigError
from app.keeper import Keeper

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_COLLECT_AFTER = 10_000
"""Objects made and not yet freed before the youngest are looked through."""
_PR_SET_PDEATHSIG = 1
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  compared with, not bound to
_LONGEST_LINE = 8190  # gunicorn's most; Rudder's own server takes as much, and scripts send whole rules in the URL


class _Gunicorn(BaseApplication):  # type: ignore[misc]  # gunicorn is untyped
    """Gunicorn with options from a mapping, not from its command line, files or variables."""

    def __init__(self, options: Mapping[str, object], load_app: "Callable[[], WSGIApplication]") -> None:
        self._options = options
        self._load_app = load_app
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> "WSGIApplication":
        return self._load_app()


class Ending:
    """Knows whether this serving process is about to end, so that answers without end do not hold it up."""

    def __init__(self) -> None:
        self._has_come: Callable[[], bool] = lambda: False

    def follow(self, has_come: Callable[[], bool]) -> None:
        """Ask this from now on."""
        self._has_come = has_come

    def pause(self, seconds: float) -> bool:
        """Wait, and tell whether the process is about to end."""
        time.sleep(seconds)
        return self._has_come()


def bind(config: Config) -> socket.socket:
    """Take the port before any other work, so that a taken one costs nothing and is said in one sentence.

    Raises:
        ConfigError: the address cannot be used.
    """
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((config.host, config.port))
    except OSError as fault:
        listener.close()
        raise ConfigError(_bind_fault(config, fault)) from fault
    return listener


def url_of(listener: socket.socket) -> str:
    """Give a URL that works on this machine."""
    host, port = listener.getsockname()[:2]
    host = _ANY_ADDRESS.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def announcement(url: str, *, token_file: Path, header_file: Path) -> str:
    """Say where the server is, where its token is, and a curl line that works."""
    return (
        f"Sternpost listens on {url}\n"
        f"Token: {_short(token_file)} (system account, new at each start)\n"
        f"Try:   curl --header @{_short(header_file)} {url}/api/latest/rules"
    )


def run(
    config: Config,
    listener: socket.socket,
    *,
    load_app: "Callable[[], WSGIApplication]",
    when_listening: Callable[[], None],
    keeper: Keeper | None,
    ending: Ending | None = None,
) -> None:
    """Serve until a signal ends it; `load_app` runs once in each serving process, `ending` learns when that ends."""

    def begin(worker: Any) -> None:  # noqa: ANN401  gunicorn is untyped
        if ending is not None:
            ending.follow(lambda: not worker.alive)
        settle_memory()

    options = _options(config) | {
        "bind": f"fd://{listener.detach()}",  # gunicorn closes this descriptor itself
        "when_ready": lambda server: when_listening(),  # noqa: ARG005  gunicorn's signature
        "post_worker_init": begin,
        "post_fork": lambda server, worker: _after_fork(keeper),  # noqa: ARG005  gunicorn's signature
        "on_exit": lambda server: keeper.end() if keeper else None,  # noqa: ARG005  gunicorn's signature
    }
    _Gunicorn(options, load_app).run()


def settle_memory() -> None:
    """Keep what start-up made out of every later garbage collection, and collect less often.

    A request makes hundreds of rows and tuples, none of them in a cycle; with Python's defaults each one paid for
    several collections, and now and then for one over every class and function of the program: a tenth of its time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 10, 10)


def _options(config: Config) -> dict[str, Any]:
    shared_memory = Path("/dev/shm")  # noqa: S108  gunicorn makes an unnamed file in it
    return {
        "worker_class": "gthread",
        "workers": config.processes,
        "threads": config.threads,
        "timeout": max(30, config.request_timeout_s),
        "graceful_timeout": min(30, config.request_timeout_s),
        "keepalive": 15,
        "limit_request_line": _LONGEST_LINE,
        "limit_request_field_size": _LONGEST_LINE,
        "forwarded_allow_ips": ",".join(config.trusted_proxies),
        # The heartbeat file must not wait for a busy disk.
        "worker_tmp_dir": str(shared_memory if os.access(shared_memory, os.W_OK) else config.run_dir),
        "control_socket_disable": True,
        "loglevel": "debug" if config.log_level == "debug" else "warning",
        "proc_name": "sternpost",
    }


def _after_fork(keeper: Keeper | None) -> None:
    if keeper:
        keeper.let_go()
    # A killed main process would leave the port taken for a second: gunicorn's processes look only that often.
    libc = ctypes.CDLL(None, use_errno=True)
    if hasattr(libc, "prctl"):
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _bind_fault(config: Config, fault: OSError) -> str:
    remedy = "set STERNPOST_LISTEN to an address of this machine, for example 127.0.0.1:8080"
    if fault.errno == errno.EADDRINUSE:
        other = config.port + 1 if config.port < 65535 else 8080  # noqa: PLR2004  the last port there is
        remedy = f"another program listens there; stop it, or set STERNPOST_LISTEN, for example to 127.0.0.1:{other}"
    elif fault.errno == errno.EACCES:
        remedy = "ports below 1024 need a privilege; set STERNPOST_LISTEN to a higher one, for example 127.0.0.1:8080"
    return f"Cannot listen on {config.listen}: {remedy}"


def _short(path: Path) -> str:
    """Write a path as it is typed from the working directory."""
    here = Path.cwd()
    return f"./{path.relative_to(here)}" if path.is_relative_to(here) else str(path)
