"""API keys, agents' tokens and sessions: random secrets of which only the digest is kept."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.schema import AccessToken, Agent
from gateway.ids import new_id

SECRET_BYTES = 32

SESSION_IDLE = timedelta(hours=12)
SESSION_LIFE = timedelta(days=30)
"""A session ends when it has not been used for so long, and after so long in any case."""


class Role(StrEnum):
    """`provider` posts to the inbound doors only; each of the others may all that those before may.

    A `supervisor` gives work to whom they want, stops queues and lets agents run out of work.
    """

    PROVIDER = "provider"
    AGENT = "agent"
    SUPERVISOR = "supervisor"
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
    is_session: bool = False,
) -> NewToken:
    """Create a token. `sk_` begins an API key's secret, `st_` an agent's, `ss_` a session's."""
    sort = "ss" if is_session else "st" if agent_id else "sk"
    secret = f"{sort}_{secrets.token_urlsafe(SECRET_BYTES)}"
    token = AccessToken(
        workspace_id=workspace_id,
        id=new_id(),
        name=name,
        role=role,
        agent_id=agent_id,
        digest=digest_of(secret),
        expires_at=expires_at,
        is_session=is_session,
    )
    session.add(token)
    await session.flush()
    return NewToken(token, secret)


async def open_session(
    session: AsyncSession, workspace_id: int, agent_id: UUID, role: Role, *, name: str
) -> NewToken:
    """Begin a session of an agent; `authenticate` renews it while it is used."""
    return await issue(
        session,
        workspace_id,
        name=name,
        role=role,
        agent_id=agent_id,
        expires_at=datetime.now(UTC) + SESSION_IDLE,
        is_session=True,
    )


async def end_sessions(
    session: AsyncSession, workspace_id: int, agent_id: UUID, *, but: UUID | None = None
) -> None:
    """End an agent's sessions, but for one of them."""
    statement = update(AccessToken).where(
        AccessToken.workspace_id == workspace_id,
        AccessToken.agent_id == agent_id,
        AccessToken.is_session,
        AccessToken.revoked_at.is_(None),
    )
    if but is not None:
        statement = statement.where(AccessToken.id != but)
    await session.execute(statement.values(revoked_at=func.now()))


async def authenticate(session: AsyncSession, secret: str) -> Principal | None:
    """The caller behind a secret; None for unknown, expired, revoked, or an archived agent's."""
    return await _valid(session, AccessToken.digest == digest_of(secret))


async def principal_of(
    session: AsyncSession, workspace_id: int, token_id: UUID
) -> Principal | None:
    """The caller behind a token that is known by its id; None as for `authenticate`."""
    return await _valid(
        session, and_(AccessToken.workspace_id == workspace_id, AccessToken.id == token_id)
    )


async def _valid(session: AsyncSession, which: ColumnElement[bool]) -> Principal | None:
    statement = (
        select(AccessToken)
        .outerjoin(
            Agent,
            (Agent.workspace_id == AccessToken.workspace_id) & (Agent.id == AccessToken.agent_id),
        )
        .where(
            which,
            AccessToken.revoked_at.is_(None),
            or_(AccessToken.expires_at.is_(None), AccessToken.expires_at > func.now()),
            Agent.archived_at.is_(None),
        )
    )
    token = (await session.execute(statement)).scalar_one_or_none()
    if token is None:
        return None
    if token.is_session:
        _renew(token, datetime.now(UTC))
    return Principal(token.workspace_id, token.id, token.name, Role(token.role), token.agent_id)


def _renew(token: AccessToken, now: datetime) -> None:
    """Not at every use: a row that is written with each request is dear."""
    assert token.expires_at is not None  # noqa: S101 - `open_session` sets it
    if token.expires_at - now < SESSION_IDLE / 2:
        token.expires_at = min(now + SESSION_IDLE, token.created_at + SESSION_LIFE)
