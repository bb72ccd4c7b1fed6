"""API keys and agent tokens: random secrets of which only the SHA-256 digest is kept."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.schema import AccessToken, Agent
from gateway.ids import new_id

SECRET_BYTES = 32


class Role(StrEnum):
    """`provider` posts to the inbound doors only; `admin` may all that `agent` may, and more."""

    PROVIDER = "provider"
    AGENT = "agent"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated caller, bound to one workspace.

    `agent_id` is set for an agent's token: only then can conversations be taken and answered.
    """

    workspace_id: int
    token_id: UUID
    name: str
    role: Role
    agent_id: UUID | None


def digest_of(secret: str) -> bytes:
    """A fast hash is enough: the secret has 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()


@dataclass(frozen=True, slots=True)
class NewToken:
    """An issued token with its secret, which is shown once and never again."""

    token: AccessToken
    secret: str


async def issue(
    session: AsyncSession,
    workspace_id: int,
    *,
    name: str,
    role: Role,
    agent_id: UUID | None = None,
    expires_at: datetime | None = None,
) -> NewToken:
    """Create a token. `sk_` begins an API key's secret, `st_` an agent's."""
    secret = f"{'st' if agent_id else 'sk'}_{secrets.token_urlsafe(SECRET_BYTES)}"
    token = AccessToken(
        workspace_id=workspace_id,
        id=new_id(),
        name=name,
        role=role,
        agent_id=agent_id,
        digest=digest_of(secret),
        expires_at=expires_at,
    )
    session.add(token)
    await session.flush()
    return NewToken(token, secret)


async def authenticate(session: AsyncSession, secret: str) -> Principal | None:
    """The caller behind a secret; None for unknown, expired, revoked, or an archived agent's."""
    statement = (
        select(AccessToken)
        .outerjoin(
            Agent,
            (Agent.workspace_id == AccessToken.workspace_id) & (Agent.id == AccessToken.agent_id),
        )
        .where(
            AccessToken.digest == digest_of(secret),
            AccessToken.revoked_at.is_(None),
            or_(AccessToken.expires_at.is_(None), AccessToken.expires_at > func.now()),
            Agent.archived_at.is_(None),
        )
    )
    token = (await session.execute(statement)).scalar_one_or_none()
    if token is None:
        return None
    return Principal(token.workspace_id, token.id, token.name, Role(token.role), token.agent_id)
