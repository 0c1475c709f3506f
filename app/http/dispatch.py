"""Runs one request: version, credential, path, right, state, input, view, answer; every refusal in an envelope."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from threading import BoundedSemaphore
from typing import Final

from flask import Request, Response

from app.core.context import Context, Source
from app.core.deadline import ending_in, present, under
from app.core.errors import ForbiddenError, SternpostError, UnauthenticatedError, UnavailableError, UnknownPathError
from app.core.tenancy import refuse_inactive
from app.http import answers, problems, reviewing, search_errors
from app.http.auth import PUBLIC_CALLER, Attempt, Authenticator, Caller, authorize, check_form, listened
from app.http.endpoint import Answer, Given
from app.http.envelope import JSON_TYPE, Envelope, dump, prettify
from app.http.exchange import Exchange
from app.http.given import NO_INTENT, Asked, named, read_given, read_intent
from app.http.negotiation import ASKED_PATH, KIND, REFUSAL, SHARED
from app.http.observe import CALL, log_failure
from app.http.paging import cursor_of, link_to
from app.http.params import MULTIPART, Rules, Sent, form_of, general_of, is_pretty, texts_of, wants_pretty
from app.http.problems import wrong_method
from app.http.responses import Unchanged, matches, respond, watched
from app.http.routing import Match, Route, Routes
from app.http.seams import Intent, Work
from app.http.throttle import Throttle
from app.http.versions import DEPRECATED, DEPRECATION_HEADERS
from app.http.waiting import awaited, wait_s
from app.http.wiring import Wiring

STREAM_RETRY_S: Final = 5
UNKNOWN: Final = "unknown"
OK, CREATED = 200, 201


class Dispatcher:
    """Answers requests by the table of endpoints."""

    def __init__(self, routes: Routes, wiring: Wiring) -> None:
        self.routes = routes
        self.wiring = wiring
        self.streams = BoundedSemaphore(wiring.most_streams)
        self.authenticator = Authenticator(
            wiring.resolvers, Throttle(wiring.now_s), wiring.public_read, wiring.resolve_token
        )

    def serve(self, request: Request, version: int, segments: Sequence[str]) -> Response | Unchanged:
        """Answer a request for a path of a version; `segments` are what follows the version."""
        exchange = Exchange(request, request.environ[CALL], version, segments)
        exchange.call.version = version
        try:
            with under(ending_in(self.wiring.request_timeout_s)) as deadline:
                response: Response | Unchanged = self._serve(exchange)
                if response.is_streamed:
                    deadline.lift()
        except Exception as error:  # noqa: BLE001  the edge: whatever it is, the caller gets an envelope
            response = self.refuse(exchange, error)
        if version in DEPRECATED and isinstance(response, Response):
            response.headers.extend(DEPRECATION_HEADERS)
        return response

    def _serve(self, exchange: Exchange) -> Response | Unchanged:
        request, version = exchange.request, exchange.version
        refusal = request.environ.get(REFUSAL)
        if refusal is not None:
            raise refusal
        match = self._match(exchange)
        public = isinstance(match, Match) and match.route.is_public
        heard = listened(exchange.route.endpoint.greets if exchange.route else (), request.environ)
        caller = PUBLIC_CALLER if public and not heard else self.authenticate(exchange, heard)
        if request.method == "OPTIONS":
            return self._options(exchange)
        if isinstance(match, SternpostError):
            raise match
        endpoint = match.route.endpoint
        exchange.call.template = endpoint.path
        if endpoint.streams:
            present().lift()
        context = self._context(exchange, caller)
        try:
            if not public:
                authorize(caller, Attempt(endpoint, request.method, version, tuple(exchange.segments)))
                refuse_inactive(caller.state)
                check_form(caller, endpoint, request.environ, self.wiring.is_form)
            return self._run(exchange, match.route, caller, context)
        except ForbiddenError as refused:
            if not public and not caller.is_nobody:
                self.wiring.denied(context, refused.message)
            raise

    def authenticate(self, exchange: Exchange, heard: Mapping[str, object] | None = None) -> Caller:
        """Name the caller, for the answer and for the log; `heard` are the only headers to look at."""
        environ, call = heard or exchange.request.environ, exchange.call
        call.address = exchange.request.remote_addr or call.address
        glance = exchange.glance = exchange.named_document()
        caller = self.authenticator.caller(environ, call.address, strict=exchange.era.strict, glance=glance)
        call.actor, call.tenant = caller.actor.handle, caller.tenant
        exchange.dialect = caller.dialect
        return caller

    def _match(self, exchange: Exchange) -> Match | SternpostError:
        """Find the route; a miss is kept until the credential was checked."""
        try:
            found = self.routes.get(exchange.version, exchange.request.method, exchange.segments)
        except SternpostError as miss:
            return miss
        exchange.route = found.route
        texts = found.values if exchange.era.strict else map(_plus, found.values)
        exchange.call.action = found.route.endpoint.action
        exchange.values = dict(zip(found.route.parameters, texts, strict=True))
        return found

    @staticmethod
    def _context(exchange: Exchange, caller: Caller) -> Context:
        agent = exchange.request.environ.get("HTTP_USER_AGENT")
        source = Source(exchange.call.address or None, agent, exchange.call.request_id)
        grant, known = caller.grant, (caller.tenant, caller.actor, caller.credential)
        return Context(*known, source=source, only_reads=grant.only_reads, holds=grant.holds, opens=grant.opens)

    def _options(self, exchange: Exchange) -> Response:
        allowed = self.routes.allowed(exchange.version, exchange.segments)
        if not allowed:
            self.routes.get(exchange.version, "GET", exchange.segments)
            raise wrong_method("OPTIONS", allowed)
        return Response(b"", status=200, headers={"Allow": ", ".join(allowed)}, content_type=JSON_TYPE)

    def _run(self, exchange: Exchange, route: Route, caller: Caller, context: Context) -> Response | Unchanged:
        endpoint, request = route.endpoint, exchange.request
        rules = Rules(endpoint.action, route.version, route.era)
        exchange.url = texts_of(exchange.query)
        if endpoint.upload is not None and request.mimetype == MULTIPART and request.content_length is not None:
            # Without a declared length the body is read into memory first, so it has the limit of the others.
            request.max_content_length = self.wiring.max_upload_bytes
        # Before the form is read: reading it consumes the body that an Idempotency-Key is bound to.
        intent = read_intent(request, route) if route.writes and route.era.strict else NO_INTENT
        sent = Sent(exchange.url, form_of(request) if route.writes else {})
        general = general_of(sent.texts, rules)
        reasoned = context.because(general.reason) if route.writes else context
        work = self._open_work(exchange, reasoned, named(intent, general))
        try:
            if endpoint.gate is not None:
                endpoint.gate(work)
            given = read_given(request, route, Asked(sent, general, intent, exchange.values or {}))
            if endpoint.needs is not None:
                for needed in endpoint.needs(work, given):
                    method = needed.endpoint.methods[0]
                    authorize(caller, Attempt(needed.endpoint, method, route.version, needed.segments))
            response = self._answer(exchange, route, work, given)
        except BaseException as failure:
            work.release()
            if isinstance(failure, UnauthenticatedError):
                # What a body held opened nothing: that counts like a header.
                self.authenticator.count_failure(exchange.call.address)
            raise
        if isinstance(response, Response) and response.is_streamed:
            response.call_on_close(work.release)
            self.hold_stream(response)
        else:
            work.release()
        return response

    def _open_work(self, exchange: Exchange, context: Context, intent: Intent) -> Work:
        work = self.wiring.open_work(context, intent)
        if exchange.glance is not None and exchange.glance.seen is not None:
            work.foresee(exchange.glance.seen)
        return work

    def hold_stream(self, response: Response) -> None:
        """Keep some threads free for short answers while large ones are being sent."""
        if not self.streams.acquire(blocking=False):
            response.close()
            text = "The server sends as many large answers as it may at once; try again soon, or ask for pages (limit=)"
            raise UnavailableError(text, retry_after_s=STREAM_RETRY_S)
        response.call_on_close(self.streams.release)

    def _answer(self, exchange: Exchange, route: Route, work: Work, given: Given) -> Response | Unchanged:
        endpoint = route.endpoint
        etag = None
        if endpoint.state is not None and route.era.strict:
            state = endpoint.state
            longest_s = wait_s(given.query.get("wait"))
            etag = exchange.tag(state(work, given))
            if longest_s and matches(exchange.request, etag):

                def again() -> str:
                    work.release()
                    return exchange.tag(state(work, given))

                etag = awaited(again, etag, longest_s, self.streams, self.wiring.pause)
            if matches(exchange.request, etag):
                return Unchanged(etag)
        answer = reviewing.told(endpoint.view(work, given), endpoint, work, given)
        if not route.era.strict:
            answer = answers.without_page(answer)
        elif etag is None and answer.revision is not None and exchange.request.method != "DELETE":
            etag = f'"{answer.revision}"'
            if not route.writes and matches(exchange.request, etag):
                return Unchanged(etag)
        return self._respond(exchange, route, answer, etag)

    def _respond(self, exchange: Exchange, route: Route, answer: Answer, etag: str | None) -> Response:
        endpoint = route.endpoint
        pretty = is_pretty(exchange.url or {})
        envelope_id = answer.id if endpoint.id_from == "result" else self._path_id(exchange)
        if endpoint.bare:
            body: bytes | Iterator[bytes] = dump(answer.value).encode()
        else:
            body = answers.write(route, answer, envelope_id, pretty=pretty)
        if not isinstance(body, bytes):
            body = watched(exchange.call, body)
        plain = answers.TEXT_TYPE if endpoint.container.shape == "text" else JSON_TYPE
        kind = answer.content_type or endpoint.media_type or plain
        headers = dict(answer.headers)
        if etag is not None:
            headers["ETag"] = etag
        if answer.next is not None:
            path = str(exchange.request.environ.get(ASKED_PATH, ""))
            headers["Link"] = link_to(path, exchange.url or {}, cursor_of(answer.next))
        fresh = route.era.strict and not route.writes
        headers.setdefault("Cache-Control", "private, no-cache" if fresh else "no-store")
        # Natively a creation is 200 in every version; who comes through the tenant API is told 201 (decisions 3).
        created = endpoint.creates and exchange.dialect == "tenant" and route.era.strict and answer.status == OK
        return respond(exchange.request, body, CREATED if created else answer.status, headers, kind)

    def _path_id(self, exchange: Exchange) -> str | None:
        route = exchange.route
        if route is None or route.endpoint.id_from != "path" or not exchange.values:
            return None
        return exchange.values[route.parameters[-1]]

    def _is_search(self, exchange: Exchange) -> bool:
        """Say whether the path is one of a search, whatever the method."""
        route = exchange.route
        if route is None and tuple(exchange.segments[-1:]) == ("search",):
            with suppress(SternpostError):
                route = self.routes.get(exchange.version, "POST", exchange.segments).route
        return route is not None and route.endpoint.search_errors

    def refuse(self, exchange: Exchange, error: Exception) -> Response:
        """Put an error into the envelope of its era."""
        error, era, call = problems.translated(error), exchange.era, exchange.call
        if not isinstance(error, SternpostError):
            log_failure(call, error)
        action = UNKNOWN
        if exchange.route is not None and not isinstance(error, UnknownPathError):
            action = exchange.route.endpoint.action
        if REFUSAL in exchange.request.environ:
            action = str(exchange.request.environ.get(KIND, UNKNOWN))
        if exchange.route is not None and exchange.route.endpoint.bare:
            body = dump(problems.bare_body(error, call.request_id))
        else:
            text, members = problems.text_of(error, era, call.request_id), problems.members_of(error, era)
            if isinstance(error, UnauthenticatedError) and exchange.request.environ.get(SHARED):
                # Whoever forgot the credential may speak either dialect, so both are told.
                members = {**members, "error": text}
            of_search = self._is_search(exchange)
            if of_search:
                text, meta = search_errors.said(error, problems.status_of(type(error), era), text)
                members = {**members, "meta": meta}
            body = Envelope(action, self._path_id(exchange), members).error(text, null_data=of_search)
        if wants_pretty(exchange.query):
            body = prettify(body)
        headers = {**problems.headers_of(error, era), "Cache-Control": "no-store"}
        status = problems.status_of(type(error), era)
        return respond(exchange.request, body.encode("utf-8", "replace"), status, headers, JSON_TYPE)


def _plus(text: str) -> str:
    """Read an id of the path as Rudder does: a space means the plus of `uid+revision`."""
    return text.replace(" ", "+")
