"""Sessions of browsers: a token in a cookie that scripts cannot read, renewed while it is used.

Since browsers send cookies on behalf of any page, what changes something must also carry the
session's CSRF token in a header, which pages of other origins can neither read nor send.
"""

import base64
import hmac
from typing import Literal, TypedDict

from starlette.requests import HTTPConnection
from starlette.responses import Response

from gateway.access.secret_box import SecretBox
from gateway.access.tokens import SESSION_LIFE, digest_of
from gateway.problems import Problem

COOKIE = "sportello_session"
CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})  # RFC 9110, section 9.2.1
PURPOSE = b"csrf"


class Guard(TypedDict):
    secure: bool
    httponly: bool
    samesite: Literal["lax"]


class Sessions:
    """`is_secure`: whether browsers reach us by https alone."""

    def __init__(self, box: SecretBox, *, is_secure: bool) -> None:
        self._key = box.derived(PURPOSE)
        self._is_secure = is_secure

    def csrf_token(self, secret: str) -> str:
        """What must stand in `X-CSRF-Token` beside the session's cookie."""
        digest = hmac.digest(self._key, digest_of(secret), "sha256")
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def secret_of(self, connection: HTTPConnection) -> str | None:
        """The session's secret that a request carries; None without a cookie.

        Raises:
            Problem: 403, it would change something and has not the session's CSRF token.
        """
        secret = connection.cookies.get(COOKIE)
        if secret is None or connection.scope.get("method", "GET") in SAFE_METHODS:
            return secret
        given = connection.headers.get(CSRF_HEADER, "")
        if not hmac.compare_digest(given.encode(), self.csrf_token(secret).encode()):
            detail = f"send the session's token (GET /v1/session) as {CSRF_HEADER}"
            raise Problem(403, "Forbidden", detail)
        return secret

    def give(self, response: Response, secret: str) -> None:
        """The cookie lives as long as its session may; whether that is so the database says."""
        life = int(SESSION_LIFE.total_seconds())
        response.set_cookie(COOKIE, secret, max_age=life, **self.guarded)

    def take(self, response: Response) -> None:
        response.delete_cookie(COOKIE, **self.guarded)

    @property
    def guarded(self) -> Guard:
        """What keeps a cookie from scripts, and from other sites' calls that change something."""
        return {"secure": self._is_secure, "httponly": True, "samesite": "lax"}
