"""Git over HTTP, read-only: `git clone https://<token>@host/git/<tenant>.git`, and a mailmap of people's names."""

import base64
import binascii
import tempfile
import zlib
from collections.abc import Callable
from typing import IO, Final

from flask import Flask, Request, Response, request

from app.core.context import Context, Source
from app.core.errors import (
    ForbiddenError,
    InvalidError,
    NotFoundError,
    SternpostError,
    TooLargeError,
    UnauthenticatedError,
)
from app.core.rights import read_of
from app.core.tenancy import refuse_inactive
from app.http import problems
from app.http.answers import TEXT_TYPE
from app.http.auth import API_TOKEN, BEARER, Attempt, Caller, authorize
from app.http.dispatch import Dispatcher
from app.http.endpoint import TEXT, Endpoint
from app.http.exchange import Exchange
from app.http.observe import CALL, log_failure
from app.http.responses import WrittenResponse
from app.http.versions import LATEST, TRUE
from app.store.git.serving import PIECE_BYTES, Pack, advertise

SERVICE: Final = "git-upload-pack"
READ_ONLY: Final = "This repository is read-only: it is a replay of the log; change it through the API"
NEEDED: Final = read_of(
    *("administration", "directive", "group", "image", "instance", "parameter", "reviewPolicy", "rule", "team"),
    "technique",
)
"""A repository holds documents of every kind, so a person must be allowed to read them all."""
_MOST_SPOOLED: Final = 1 << 20
_ENDPOINT: Final = Endpoint(
    methods=("GET", "POST"),
    path="/git/{repository}",
    action="git",
    summary="Read the repository",
    right="configuration_read",
    view=lambda _work, _given: None,  # type: ignore[arg-type, return-value]  # never called: git is no endpoint of the API
    container=TEXT,
    write=False,
    configuration=True,
)


def mount_git(app: Flask, dispatcher: Dispatcher) -> None:
    """Serve every tenant's repository to its own readers."""
    server = _GitServer(dispatcher)

    def guarded(serve: Callable[[str], Response]) -> Callable[[str], Response]:
        def view(tenant: str) -> Response:
            try:
                return serve(tenant)
            except Exception as error:  # noqa: BLE001  the edge: git shows a text, whatever it is
                return server.refuse(error)

        return view

    routes = (
        ("/git/<tenant>.git/info/refs", "GET", server.refs),
        ("/git/<tenant>.git/git-upload-pack", "POST", server.pack),
        ("/git/<tenant>.git/git-receive-pack", "POST", server.receive),
        ("/git/<tenant>.mailmap", "GET", server.mailmap),
    )
    for path, method, serve in routes:
        app.add_url_rule(path, path, guarded(serve), methods=[method])


class _GitServer:
    """The answers to a git client."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._wiring = dispatcher.wiring

    def refs(self, tenant: str) -> Response:
        """Say what there is."""
        self._admit(tenant, "gitRefs")
        service = request.args.get("service")
        if service == "git-receive-pack":
            raise ForbiddenError(READ_ONLY)
        if service != SERVICE:
            raise ForbiddenError("This repository is read by git's smart protocol only; update git")
        repository = self._wiring.find_repository(tenant)
        said = advertise(repository, request.headers.get("Git-Protocol"))
        return _answer(said, "application/x-git-upload-pack-advertisement")

    def pack(self, tenant: str) -> Response:
        """Send what the client lacks."""
        self._admit(tenant, "gitUploadPack")
        repository = self._wiring.find_repository(tenant)
        asked = _spooled(request, self._wiring.max_body_bytes)
        response = WrittenResponse(
            Pack(repository, request.headers.get("Git-Protocol"), asked),
            headers={"Cache-Control": "no-cache"},
            content_type="application/x-git-upload-pack-result",
        )
        self._dispatcher.hold_stream(response)
        return response

    def receive(self, tenant: str) -> Response:
        """Refuse a push."""
        self._admit(tenant, "gitReceivePack")
        raise ForbiddenError(READ_ONLY)

    def mailmap(self, tenant: str) -> Response:
        """Give the names of those whose handles stand in commits."""
        caller = self._admit(tenant, "gitMailmap")
        if caller.is_nobody or (caller.grant.authorization == "rights" and "user_read" not in caller.grant.rights):
            raise ForbiddenError(f"User '{caller.actor.handle}' may not read people's names: the right user_read lacks")
        return _answer("".join(f"{line}\n" for line in self._wiring.find_names(tenant)).encode(), TEXT_TYPE)

    def refuse(self, error: Exception) -> Response:
        """Say in a text what went wrong, as git shows it."""
        error, call = problems.translated(error), request.environ[CALL]
        if not isinstance(error, SternpostError):
            log_failure(call, error)
        headers = problems.headers_of(error, TRUE)
        if isinstance(error, UnauthenticatedError):
            headers["WWW-Authenticate"] = 'Basic realm="Sternpost: any user name, a token as the password"'
        text = problems.text_of(error, TRUE, call.request_id)
        status = problems.status_of(type(error), TRUE)
        return WrittenResponse(f"{text}\n", status=status, headers=headers, content_type=TEXT_TYPE)

    def _admit(self, tenant: str, action: str) -> Caller:
        """Let the tenant's readers pass.

        Raises:
            UnauthenticatedError, ForbiddenError, NotFoundError: the others.
        """
        exchange = Exchange(request, request.environ[CALL], LATEST, ())
        exchange.call.action, exchange.call.template = action, "/git/{tenant}"
        token = _basic(request)
        heard = None if token is None else {API_TOKEN: token}
        caller = self._dispatcher.authenticate(exchange, heard)
        if caller.tenant != tenant:
            if caller.is_nobody and not caller.credential and token is None:
                raise UnauthenticatedError("Send a token: git clone https://TOKEN@HOST/git/TENANT.git")
            raise NotFoundError(f"There is no repository '{tenant[:100]}.git' that this token may read")
        try:
            _authorize(caller)
        except ForbiddenError as refusal:
            agent, call = request.environ.get("HTTP_USER_AGENT"), exchange.call
            source = Source(call.address or None, agent, call.request_id)
            self._wiring.denied(Context(caller.tenant, caller.actor, caller.credential, source=source), refusal.message)
            raise
        refuse_inactive(caller.state)
        return caller


def _authorize(caller: Caller) -> None:
    if caller.grant.authorization == "rights" and not caller.is_nobody:
        lacking = NEEDED - caller.grant.rights
        if lacking or caller.grant.within == "none":
            named = ", ".join(sorted(lacking)) or "those of its token"
            raise ForbiddenError(f"User '{caller.actor.handle}' may not read the repository; rights that lack: {named}")
        return
    segments = tuple(request.path.strip("/").split("/"))
    authorize(caller, Attempt(_ENDPOINT, request.method, LATEST, segments))


def _basic(asked: Request) -> str | None:
    """Read the token of an `Authorization: Basic`: the password, or the user name where there is none."""
    header = asked.environ.get(BEARER, "")
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(encoded.strip(), validate=True).decode("latin-1").partition(":")
    except (binascii.Error, ValueError):
        raise UnauthenticatedError("The credential of the URL cannot be read; write https://x:TOKEN@HOST/...") from None
    return password or user


def _spooled(asked: Request, most: int) -> IO[bytes]:
    """Take the body into a file, unpacked, because git reads it while it writes its answer.

    Raises:
        TooLargeError: it is over the limit.
        InvalidError: it is not the gzip that it says.
    """
    unzip = zlib.decompressobj(zlib.MAX_WBITS | 16) if asked.headers.get("Content-Encoding") == "gzip" else None
    file = tempfile.TemporaryFile()  # noqa: SIM115  git closes it, by Pack
    size = 0
    while piece := asked.stream.read(PIECE_BYTES):
        while piece:
            try:
                plain = piece if unzip is None else unzip.decompress(piece, PIECE_BYTES)
            except zlib.error:
                file.close()
                raise InvalidError("The body says that it is gzip and is not") from None
            size += len(plain)
            if size > most:
                file.close()
                raise TooLargeError(f"The request is larger than {most} bytes; fetch in smaller steps (--depth)")
            file.write(plain)
            piece = b"" if unzip is None else unzip.unconsumed_tail
    file.seek(0)
    return file


def _answer(body: bytes, kind: str) -> Response:
    headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    return WrittenResponse(body, headers=headers, content_type=kind)
