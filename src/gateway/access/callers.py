"""Finds the caller of a request by its bearer token, or by its session's cookie."""

from starlette.requests import HTTPConnection

from gateway.access.sessions import Sessions
from gateway.access.tokens import Principal, Role, authenticate
from gateway.database.connections import Database
from gateway.problems import Problem

ALLOWED_FOR = {
    Role.PROVIDER: {Role.PROVIDER, Role.ADMIN},
    Role.AGENT: {Role.AGENT, Role.SUPERVISOR, Role.ADMIN},
    Role.SUPERVISOR: {Role.SUPERVISOR, Role.ADMIN},
    Role.ADMIN: {Role.ADMIN},
}
"""Who may do what needs a role."""


class Callers:
    """Authenticates `Authorization: Bearer ...` (RFC 6750), or else a session's cookie."""

    def __init__(self, database: Database, sessions: Sessions) -> None:
        self._database = database
        self._sessions = sessions

    async def of(self, connection: HTTPConnection, needed: Role | None) -> Principal:
        """The caller, if it may; anybody with a valid token where no role is needed.

        Raises:
            Problem: 401 without a valid token, 403 if its role does not reach, or a session's
                cookie comes without its CSRF token.

        """
        secret = self._secret_of(connection)
        async with self._database.transaction() as session:
            principal = await authenticate(session, secret)
        if principal is None:
            raise unauthorised("the token is unknown, expired or revoked")
        if needed is not None and principal.role not in ALLOWED_FOR[needed]:
            detail = f"this needs the role {needed}, the token has {principal.role}"
            raise Problem(403, "Forbidden", detail)
        return principal

    def _secret_of(self, connection: HTTPConnection) -> str:
        authorization = connection.headers.get("authorization")
        if authorization is None:
            secret = self._sessions.secret_of(connection)
            if secret is None:
                raise unauthorised("send an API key: Authorization: Bearer sk_...")
            return secret
        scheme, _, secret = authorization.partition(" ")
        if scheme.lower() != "bearer" or not secret:
            raise unauthorised("send an API key: Authorization: Bearer sk_...")
        return secret.strip()


def unauthorised(detail: str) -> Problem:
    return Problem(401, "Unauthorized", detail, headers={"WWW-Authenticate": "Bearer"})
