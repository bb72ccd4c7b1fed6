"""Whom the provider has sent: an agent by the account's key, the first time by the mail address."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from channels.addresses import is_email, normalise_email
from gateway.access.oidc.refusal import LoginRefused, Reason
from gateway.access.oidc.terms import Terms
from gateway.access.tokens import Role
from gateway.database.schema import AccessToken, Agent, AgentIdentity, Workspace
from gateway.feed.scope import tell_role
from gateway.ids import new_id

LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Person:
    """As the provider describes them; `email` is normalised, `name` what to call them."""

    issuer: str
    subject: str
    email: str | None
    is_verified: bool
    name: str
    role: Role | None


def person_of(claims: dict[str, Any], terms: Terms) -> Person:
    """Raises LoginRefused for whom the terms do not let in."""
    given = claims.get("email")
    email = normalise_email(given) if isinstance(given, str) and is_email(given) else None
    terms.require_domain(email)
    name = claims.get("name")
    return Person(
        issuer=claims["iss"],
        subject=claims["sub"],
        email=email,
        is_verified=claims.get("email_verified") is True,
        name=(name if isinstance(name, str) and name.strip() else email or "")[:LONGEST_NAME],
        role=terms.role_of(claims),
    )


async def agent_of(session: AsyncSession, workspace_id: int, person: Person, terms: Terms) -> Agent:
    """The person's agent, tied or created if need be, with the role that the provider gives.

    Raises:
        LoginRefused: there is none, or it must not be theirs.
    """
    agent = await _tied(session, workspace_id, person)
    if agent is None:
        agent = await _by_mail(session, workspace_id, person)
        if agent is None:
            agent = await _created(session, workspace_id, person, terms)
        await _tie(session, agent, person)
    if agent.archived_at is not None:
        raise LoginRefused(Reason.DEACTIVATED)
    if person.role is not None and agent.role != person.role:
        await _give_role(session, agent, person.role)
    return agent


async def _tied(session: AsyncSession, workspace_id: int, person: Person) -> Agent | None:
    statement = (
        select(Agent)
        .join(
            AgentIdentity,
            (AgentIdentity.workspace_id == Agent.workspace_id)
            & (AgentIdentity.agent_id == Agent.id),
        )
        .where(
            AgentIdentity.workspace_id == workspace_id,
            AgentIdentity.issuer == person.issuer,
            AgentIdentity.subject == person.subject,
        )
        .with_for_update(of=Agent)
    )
    found: Agent | None = await session.scalar(statement)
    return found


async def _by_mail(session: AsyncSession, workspace_id: int, person: Person) -> Agent | None:
    """Those who have left are looked for too: they come back by an admin alone."""
    if person.email is None or not person.is_verified:
        raise LoginRefused(Reason.UNVERIFIED)
    statement = (
        select(Agent)
        .where(Agent.workspace_id == workspace_id, func.lower(Agent.email) == person.email)
        .order_by(Agent.archived_at.desc().nulls_first())
        .limit(1)
        .with_for_update()
    )
    agent: Agent | None = await session.scalar(statement)
    if agent is not None and agent.archived_at is not None:
        raise LoginRefused(Reason.DEACTIVATED)
    return agent


async def _created(session: AsyncSession, workspace_id: int, person: Person, terms: Terms) -> Agent:
    if terms.new_role is None:
        raise LoginRefused(Reason.UNKNOWN)
    workspace = await session.get_one(Workspace, workspace_id)
    agent = Agent(
        workspace_id=workspace_id,
        id=new_id(),
        name=person.name,
        email=person.email,
        role=person.role or terms.new_role,
        capacity=workspace.default_capacity,
        skills={},
    )
    session.add(agent)
    await session.flush()
    return agent


async def _tie(session: AsyncSession, agent: Agent, person: Person) -> None:
    """One account of the provider: whoever inherits an address does not inherit the agent."""
    statement = select(AgentIdentity).where(
        AgentIdentity.workspace_id == agent.workspace_id,
        AgentIdentity.agent_id == agent.id,
        AgentIdentity.issuer == person.issuer,
    )
    if await session.scalar(statement) is not None:
        raise LoginRefused(Reason.TIED)
    session.add(
        AgentIdentity(
            workspace_id=agent.workspace_id,
            id=new_id(),
            agent_id=agent.id,
            issuer=person.issuer,
            subject=person.subject,
        )
    )
    await session.flush()


async def _give_role(session: AsyncSession, agent: Agent, role: Role) -> None:
    agent.role = role
    await session.execute(
        update(AccessToken)
        .where(AccessToken.workspace_id == agent.workspace_id)
        .where(AccessToken.agent_id == agent.id)
        .values(role=role)
    )
    await session.flush()
    await tell_role(session, agent.workspace_id, agent.id)
