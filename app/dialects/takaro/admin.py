"""The shared secret of the installation's administrators: two header names, compared in constant time."""

import hmac
from collections.abc import Mapping
from typing import Final

from app.core.errors import ForbiddenError, ThrottledError, UnauthenticatedError
from app.core.values import dataclass
from app.http.throttle import Throttle

HEADERS: Final = ("HTTP_X_ADMIN_TOKEN", "HTTP_X_TAKARO_ADMIN_TOKEN")
"""WSGI variables of the header and of its published alias; both are equal in power."""


@dataclass(frozen=True, slots=True)
class AdminGuard:
    """Lets those pass who know the secret; an installation without a secret has no administration over HTTP."""

    secret: str
    throttle: Throttle

    def check(self, environ: Mapping[str, object], address: str) -> None:
        """Let a request pass, or not.

        Raises:
            UnauthenticatedError: there is no header, or no secret is configured.
            ForbiddenError: the secret is another, or the two headers differ.
            ThrottledError: the same, once too often from this address.
        """
        given = [str(environ[name]).encode("latin-1") for name in HEADERS if name in environ]
        if not given or not self.secret:
            raise UnauthenticatedError("Send the secret of STERNPOST_ADMIN_TOKEN in the header X-Admin-Token")
        same = [hmac.compare_digest(one, self.secret.encode()) for one in given]
        if not all(same):
            wait_s = self.throttle.fail(address)
            if wait_s:
                text = f"Too many wrong secrets from this address; try again in {wait_s} s"
                raise ThrottledError(text, retry_after_s=wait_s)
            raise ForbiddenError("The secret in the header X-Admin-Token is wrong")
