"""Finds the caller of a request by its bearer token."""

from starlette.requests import HTTPConnection

from gateway.access.tokens import Principal, Role, authenticate
from gateway.database.connections import Database
from gateway.problems import Problem

ALLOWED_FOR = {
    Role.PROVIDER: {Role.PROVIDER, Role.ADMIN},
    Role.AGENT: {Role.AGENT, Role.ADMIN},
    Role.ADMIN: {Role.ADMIN},
}
"""Who may do what needs a role."""


class Callers:
    """Authenticates `Authorization: Bearer ...` (RFC 6750)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, connection: HTTPConnection, needed: Role | None) -> Principal:
        """The caller, if it may; anybody with a valid token where no role is needed.

        Raises:
            Problem: 401 without a valid token, 403 if its role does not reach.

        """
        scheme, _, secret = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret:
            raise _unauthorised("send an API key: Authorization: Bearer sk_...")
        async with self._database.transaction() as session:
            principal = await authenticate(session, secret.strip())
        if principal is None:
            raise _unauthorised("the token is unknown, expired or revoked")
        if needed is not None and principal.role not in ALLOWED_FOR[needed]:
            detail = f"this needs the role {needed}, the token has {principal.role}"
            raise Problem(403, "Forbidden", detail)
        return principal


def _unauthorised(detail: str) -> Problem:
    return Problem(401, "Unauthorized", detail, headers={"WWW-Authenticate": "Bearer"})
