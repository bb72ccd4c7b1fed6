"""Invitations: how an agent gets a password, or another one when it is forgotten."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.access.logins import locked_login
from gateway.access.tokens import SECRET_BYTES, digest_of, end_sessions
from gateway.api.agents import present_agent
from gateway.api.callers import AdminCaller, Parts
from gateway.api.passwords import NewPassword
from gateway.api.problems import documented
from gateway.api.texts import Name
from gateway.database.schema import Agent, Invitation, Login
from gateway.ids import new_id
from gateway.problems import Problem, not_found
from gateway.wakeups import Topic

router = APIRouter(prefix="/v1", tags=["access"], responses=documented(422, 503))

INVITATION_LIFE = timedelta(days=3)


class InvitationOut(BaseModel):
    """`secret` is shown this once: whoever has it sets the agent's password, once."""

    id: UUID
    secret: str
    expires_at: datetime


@router.post("/agents/{id}/invitations", status_code=201, responses=documented(401, 403, 404, 409))
async def invite(gateway: Parts, caller: AdminCaller, id: UUID) -> InvitationOut:  # noqa: A002
    """Let an agent choose a password, within three days; earlier invitations end."""
    secret = f"si_{secrets.token_urlsafe(SECRET_BYTES)}"
    async with gateway.database.transaction() as session:
        agent = await present_agent(session, caller.workspace_id, id)
        await _end_invitations(session, agent)
        invitation = Invitation(
            workspace_id=agent.workspace_id,
            id=new_id(),
            agent_id=agent.id,
            digest=digest_of(secret),
            expires_at=datetime.now(UTC) + INVITATION_LIFE,
        )
        session.add(invitation)
        return InvitationOut(id=invitation.id, secret=secret, expires_at=invitation.expires_at)


@router.delete(
    "/agents/{id}/second-factor", status_code=204, responses=documented(401, 403, 404, 409)
)
async def remove_second_factor(gateway: Parts, caller: AdminCaller, id: UUID) -> None:  # noqa: A002
    """Let an agent who has lost it log in without; all sessions of theirs end."""
    async with gateway.database.transaction() as session:
        agent = await present_agent(session, caller.workspace_id, id)
        login = await locked_login(session, agent.workspace_id, agent.id)
        if login is None or login.totp_secret is None:
            raise not_found("second factor of an agent")
        login.totp_secret = login.totp_since = None
        login.recovery_digests = []
        await end_sessions(session, agent.workspace_id, agent.id)
    gateway.wakeups.notify(Topic.ACCESS)


class PasswordIn(BaseModel):
    """The secret of an invitation, and the password that it lets one choose."""

    model_config = ConfigDict(extra="forbid")

    invitation: Annotated[Name, Field(examples=["si_..."])]
    password: NewPassword


@router.post("/passwords", status_code=204, responses=documented(404))
async def set_password(gateway: Parts, body: PasswordIn) -> None:
    """Choose a password by an invitation; sessions that were open end."""
    digest = digest_of(body.invitation)
    async with gateway.database.transaction() as session:
        await _standing(session, digest)
    hashed = await gateway.logins.passwords.hashed(body.password.get_secret_value())
    async with gateway.database.transaction() as session:
        invitation = await _standing(session, digest)
        agent = await session.get_one(Agent, (invitation.workspace_id, invitation.agent_id))
        await _end_invitations(session, agent)
        await end_sessions(session, agent.workspace_id, agent.id)
        login = await locked_login(session, agent.workspace_id, agent.id)
        if login is None:
            session.add(
                Login(workspace_id=agent.workspace_id, agent_id=agent.id, password_hash=hashed)
            )
        else:
            login.password_hash, login.changed_at = hashed, datetime.now(UTC)
    gateway.wakeups.notify(Topic.ACCESS)


async def _standing(session: AsyncSession, digest: bytes) -> Invitation:
    """The invitation, locked, so that it is used once."""
    statement = (
        select(Invitation)
        .join(
            Agent,
            (Agent.workspace_id == Invitation.workspace_id) & (Agent.id == Invitation.agent_id),
        )
        .where(
            Invitation.digest == digest,
            Invitation.used_at.is_(None),
            Invitation.expires_at > datetime.now(UTC),
            Agent.archived_at.is_(None),
        )
        .with_for_update(of=Invitation)
    )
    found = await session.scalar(statement)
    if found is None:
        detail = "the invitation is unknown, over or used: ask an admin for another one"
        raise Problem(404, "Not Found", detail)
    return found


async def _end_invitations(session: AsyncSession, agent: Agent) -> None:
    await session.execute(
        update(Invitation)
        .where(
            Invitation.workspace_id == agent.workspace_id,
            Invitation.agent_id == agent.id,
            Invitation.used_at.is_(None),
        )
        .values(used_at=datetime.now(UTC))
    )
