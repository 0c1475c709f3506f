"""Who looks at a page: the session that the browser's cookie names, and the tokens that forms carry."""

import hmac
import secrets
from typing import Final

from flask import Request, Response

from app.core.values import dataclass
from app.http.auth import SESSION_COOKIE, AccountGrant, Resolve
from app.people.sessions import Session, form_token, is_form_token
from app.store.secrets import KeyRing

FORM_COOKIE: Final = "sternpost_form"
FORM_FIELD: Final = "csrf"
LONGEST_FORM_COOKIE: Final = 100


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody with a session: who it is, the rights, and the token for this session's forms."""

    grant: AccountGrant
    cookie: str
    csrf: str

    @property
    def handle(self) -> str:
        """The person's user name."""
        return self.grant.actor.handle

    @property
    def tenant(self) -> str:
        """The tenant in which the person works."""
        return self.grant.tenant


@dataclass(frozen=True, slots=True)
class Door:
    """Knows sessions and sets cookies; `secure` cookies come back over https only."""

    find: Resolve
    ring: KeyRing
    secure: bool

    def find_visitor(self, request: Request) -> Visitor | None:
        """Read the cookie; None for one that opens nothing (any more)."""
        cookie = request.cookies.get(SESSION_COOKIE, "")
        grant = self.find(cookie) if cookie else None
        return None if grant is None else Visitor(grant, cookie, form_token(self.ring, cookie))

    def is_own_form(self, request: Request, visitor: Visitor) -> bool:
        """Tell whether a form was sent by a page of this very session."""
        return is_form_token(self.ring, visitor.cookie, request.form.get(FORM_FIELD, ""))

    def begin(self, request: Request, response: Response, session: Session) -> None:
        """Give the browser its session."""
        self._set(request, response, SESSION_COOKIE, session.cookie, path="/", ends_s=session.ends_s)

    def end(self, response: Response) -> None:
        """Take the session from the browser."""
        response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="Lax", secure=self.secure)

    def stranger_token(self, request: Request) -> str:
        """Give the token for the form of somebody without session: the one that the browser has, or a new one."""
        known = request.cookies.get(FORM_COOKIE, "")
        good = known.isascii() and known.isalnum() and len(known) <= LONGEST_FORM_COOKIE
        return known if known and good else secrets.token_hex(24)

    def keep_stranger(self, request: Request, response: Response, token: str) -> None:
        """Let the browser keep what its form carries: another site can set neither."""
        self._set(request, response, FORM_COOKIE, token, path="/console", strict=True)

    @staticmethod
    def is_stranger_form(request: Request) -> bool:
        """Tell whether a form without session came from our own page."""
        known, given = request.cookies.get(FORM_COOKIE, ""), request.form.get(FORM_FIELD, "")
        return bool(known) and hmac.compare_digest(known.encode(), given.encode("utf-8", "replace"))

    def _set(  # noqa: PLR0913  what a cookie has
        self,
        request: Request,
        response: Response,
        name: str,
        value: str,
        *,
        path: str,
        ends_s: int | None = None,
        strict: bool = False,
    ) -> None:
        # Lax, because a link in a mail must find the session; every write asks for the form's token besides.
        response.set_cookie(
            name,
            value,
            expires=ends_s,
            path=path,
            secure=self.secure or request.is_secure,
            httponly=True,
            samesite="Strict" if strict else "Lax",
        )
