"""Logging in and out."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from gateway.access.logins import Credentials
from gateway.api.callers import AgentCaller, Parts
from gateway.api.passwords import Code, Password
from gateway.api.problems import documented
from gateway.api.single_sign_on import forget_provider, logout_url
from gateway.api.texts import Name, Value
from gateway.composition import Gateway
from gateway.database.schema import AccessToken
from gateway.doors.exchange import client_of
from gateway.problems import conflict
from gateway.wakeups import Topic

router = APIRouter(prefix="/v1", tags=["access"], responses=documented(401, 403, 422, 503))


class LoginIn(BaseModel):
    """`code`: of the second factor, or a recovery code. `workspace`: its name, seldom needed."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"email": "ada@example.com", "password": "a long phrase of hers"}]
        },
    )

    email: Value
    password: Password
    code: Code | None = None
    workspace: Name | None = None
    name: Name = "Browser"
    token: Annotated[
        bool, Field(description="Answer with a token to send as a bearer, and set no cookie")
    ] = False


class SessionOut(BaseModel):
    """`csrf` must stand in the header X-CSRF-Token of what changes something by the cookie.

    `secret` is there where a token was asked for: send it as `Authorization: Bearer`. `logout_url`
    is where a browser that has come by the provider ends its session there, after the one here.
    """

    agent: UUID
    workspace: int
    role: str
    csrf: str | None
    secret: str | None
    expires_at: datetime
    logout_url: str | None = None


@router.post("/sessions", status_code=201, responses=documented(429))
async def log_in(gateway: Parts, request: Request, response: Response, body: LoginIn) -> SessionOut:
    """Begin a session, which ends after 12 hours without use."""
    new = await gateway.logins.enter(
        Credentials(body.email, body.password.get_secret_value(), body.code, body.workspace),
        client=client_of(request.scope, gateway.settings.proxies),
        name=body.name,
    )
    if not body.token:
        gateway.sessions.give(response, new.secret)
    return _shown(new.token, gateway, new.secret, as_token=body.token)


@router.get("/session", responses=documented(409))
async def get_session(gateway: Parts, request: Request, caller: AgentCaller) -> SessionOut:
    """The session that the call carries as its cookie, with its CSRF token."""
    secret = gateway.sessions.secret_of(request)
    async with gateway.database.transaction() as session:
        token = await session.get_one(AccessToken, (caller.workspace_id, caller.token_id))
    if secret is None or not token.is_session:
        raise conflict("this call carries no session's cookie: log in (POST /v1/sessions)")
    shown = _shown(token, gateway, secret, as_token=False)
    return shown.model_copy(update={"logout_url": await logout_url(gateway, request)})


@router.delete("/session", status_code=204)
async def log_out(gateway: Parts, response: Response, caller: AgentCaller) -> None:
    """End the session that the call is made with."""
    async with gateway.database.transaction() as session:
        token = await session.get_one(AccessToken, (caller.workspace_id, caller.token_id))
        if token.is_session:
            token.revoked_at = datetime.now(UTC)
    gateway.wakeups.notify(Topic.ACCESS)
    gateway.sessions.take(response)
    forget_provider(gateway, response)


def _shown(token: AccessToken, gateway: Gateway, secret: str, *, as_token: bool) -> SessionOut:
    assert token.agent_id is not None  # noqa: S101 - sessions are agents'
    assert token.expires_at is not None  # noqa: S101 - and end
    return SessionOut(
        agent=token.agent_id,
        workspace=token.workspace_id,
        role=token.role,
        csrf=None if as_token else gateway.sessions.csrf_token(secret),
        secret=secret if as_token else None,
        expires_at=token.expires_at,
    )
