"""Who calls an endpoint, as its signature says it."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from gateway.access.sessions import SAFE_METHODS
from gateway.access.tokens import Principal, Role
from gateway.composition import Gateway
from gateway.database import acts
from gateway.database.acts import Act
from gateway.problems import Problem

bearer = HTTPBearer(
    auto_error=False, description="An API key (sk_...) or an agent's token (st_...)"
)
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


def gateway_of(request: Request) -> Gateway:
    gateway: Gateway = request.app.state.gateway
    return gateway


Parts = Annotated[Gateway, Depends(gateway_of)]


async def _agent(request: Request, gateway: Parts, _: Credentials) -> Principal:
    return await gateway.callers.of(request, Role.AGENT)


async def _supervisor(request: Request, gateway: Parts, _: Credentials) -> Principal:
    return await _deciding(request, gateway, Role.SUPERVISOR)


async def _admin(request: Request, gateway: Parts, _: Credentials) -> Principal:
    return await _deciding(request, gateway, Role.ADMIN)


async def _deciding(request: Request, gateway: Parts, needed: Role) -> Principal:
    """Whoever leads or administers; what they change is written down with the change."""
    caller = await gateway.callers.of(request, needed)
    if request.method not in SAFE_METHODS:
        acts.begin(_act(caller, request))
    return caller


def _act(caller: Principal, request: Request) -> Act:
    return Act(
        workspace_id=caller.workspace_id,
        token_id=caller.token_id,
        agent_id=caller.agent_id,
        action=f"{request.method} {request.scope['route'].path}",
        target=request.path_params.get("id"),
    )


async def _any(request: Request, gateway: Parts, _: Credentials) -> Principal:
    return await gateway.callers.of(request, None)


AnyCaller = Annotated[Principal, Depends(_any)]
"""Whoever has a valid token."""

AgentCaller = Annotated[Principal, Depends(_agent)]
"""Any agent's token, or an admin's key."""

SupervisorCaller = Annotated[Principal, Depends(_supervisor)]
"""A supervisor's or admin's token or key."""

AdminCaller = Annotated[Principal, Depends(_admin)]


def acting_agent(caller: Principal) -> UUID:
    """The agent behind a call that needs one; an API key is nobody in particular."""
    if caller.agent_id is None:
        detail = "this is done by an agent: use an agent's token (POST /v1/agents/{id}/tokens)"
        raise Problem(403, "Forbidden", detail)
    return caller.agent_id
