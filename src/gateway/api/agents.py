"""Agents: the people who answer, and the tokens that they work with."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from channels.addresses import is_email, normalise_email
from gateway import rule_sets
from gateway.access.tokens import Principal, Role, issue
from gateway.api.callers import AdminCaller, Parts, SupervisorCaller
from gateway.api.keys import NewTokenOut, TokenIn, TokenOut, shown_once, tokens_where
from gateway.api.problems import documented
from gateway.api.texts import Name
from gateway.assignment import pools
from gateway.database.schema import AccessToken, Agent, Assignment, Workspace
from gateway.feed.scope import members_of, tell_members, tell_role
from gateway.ids import new_id
from gateway.problems import conflict, invalid, not_found
from gateway.wakeups import Topic
from routing.facts import Reference

router = APIRouter(prefix="/v1/agents", tags=["agents"], responses=documented(401, 403, 422, 503))

AgentRole = Literal["agent", "supervisor", "admin"]


Capacity = Annotated[
    int, Field(ge=0, le=1_000, description="How much the router gives at once; chats weigh more")
]
Skills = Annotated[
    dict[Name, Annotated[int, Field(ge=1, le=100)]],
    Field(max_length=100, description="Proficiency by skill"),
]


class AgentIn(BaseModel):
    """A `supervisor` may all that an agent may, and lead; `admin` may that and the settings too.

    Without `capacity` it is the workspace's default.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "Ada Rossi", "email": "ada@example.com"}]},
    )

    name: Name
    email: Name
    role: AgentRole = "agent"
    capacity: Capacity | None = None
    skills: Skills = {}


class AgentPatch(BaseModel):
    """Only what is given changes; a new role holds for the agent's tokens at once.

    A lower capacity takes nothing away.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"role": "admin"}]})

    name: Name | None = None
    email: Name | None = None
    role: AgentRole | None = None
    capacity: Capacity | None = None
    skills: Skills | None = None


class AgentOut(BaseModel):
    """`load` is the weight of all that the agent has or is offered."""

    id: UUID
    name: str
    email: str
    role: AgentRole
    capacity: int
    load: int
    skills: dict[str, int]
    is_draining: bool
    created_at: datetime
    archived_at: datetime | None


@router.get("")
async def list_agents(
    gateway: Parts,
    caller: AdminCaller,
    archived: bool = False,
) -> list[AgentOut]:
    """By name; `archived` shows those who have left, too."""
    statement = select(Agent).where(Agent.workspace_id == caller.workspace_id)
    if not archived:
        statement = statement.where(Agent.archived_at.is_(None))
    async with gateway.database.transaction() as session:
        agents = await session.scalars(statement.order_by(func.lower(Agent.name), Agent.id))
        return [_shown(agent) for agent in agents]


@router.post("", status_code=201, responses=documented(409))
async def create_agent(gateway: Parts, caller: AdminCaller, body: AgentIn) -> AgentOut:
    agent = Agent(
        workspace_id=caller.workspace_id,
        id=new_id(),
        name=body.name,
        email=_address(body.email),
        role=body.role,
        skills=body.skills,
    )
    async with gateway.database.transaction() as session:
        workspace = await session.get_one(Workspace, caller.workspace_id)
        agent.capacity = workspace.default_capacity if body.capacity is None else body.capacity
        session.add(agent)
        await _save(session)
        return _shown(agent)


@router.get("/{id}", responses=documented(404))
async def get_agent(gateway: Parts, caller: AdminCaller, id: UUID) -> AgentOut:  # noqa: A002
    async with gateway.database.transaction() as session:
        return _shown(await _find(session, caller.workspace_id, id))


@router.patch("/{id}", responses=documented(404, 409))
async def change_agent(
    gateway: Parts,
    caller: AdminCaller,
    id: UUID,  # noqa: A002
    body: AgentPatch,
) -> AgentOut:
    async with gateway.database.transaction() as session:
        agent = await present_agent(session, caller.workspace_id, id)
        agent.name = body.name or agent.name
        agent.email = _address(body.email) if body.email else agent.email
        if body.role is not None:
            agent.role = body.role
            await session.execute(
                update(AccessToken)
                .where(AccessToken.workspace_id == agent.workspace_id)
                .where(AccessToken.agent_id == agent.id)
                .values(role=body.role)
            )
        if body.capacity is not None:
            agent.capacity = body.capacity
        if body.skills is not None:
            agent.skills = body.skills
        await _save(session)
        if body.role is not None:
            await tell_role(session, caller.workspace_id, agent.id)
    gateway.wakeups.notify(Topic.ASSIGNMENT, Topic.FEED)
    return _shown(agent)


@router.post("/{id}/drain", responses=documented(404, 409))
async def drain_agent(gateway: Parts, caller: SupervisorCaller, id: UUID) -> AgentOut:  # noqa: A002
    """Let the agent run out of work: nothing more is given, offers go back, the rest stays."""
    return await _drain(gateway, caller, id, is_draining=True)


@router.post("/{id}/undrain", responses=documented(404, 409))
async def undrain_agent(gateway: Parts, caller: SupervisorCaller, id: UUID) -> AgentOut:  # noqa: A002
    return await _drain(gateway, caller, id, is_draining=False)


async def _drain(
    gateway: Parts, caller: Principal, agent_id: UUID, *, is_draining: bool
) -> AgentOut:
    async with gateway.database.transaction() as session:
        agent = await present_agent(session, caller.workspace_id, agent_id)
        agent.is_draining = is_draining
        await session.flush()
    gateway.wakeups.notify(Topic.ASSIGNMENT)
    return _shown(agent)


@router.delete("/{id}", status_code=204, responses=documented(404, 409))
async def archive_agent(gateway: Parts, caller: AdminCaller, id: UUID) -> None:  # noqa: A002
    """Let the agent go: all tokens are revoked; what they wrote keeps their name."""
    if id == caller.agent_id:
        raise conflict("this is you: ask another admin")
    async with pools.staffing(gateway.database, caller.workspace_id) as session:
        served = await pools.queues_of(session, caller.workspace_id, id)
        before = {queue: await members_of(session, caller.workspace_id, queue) for queue in served}
        await pools.leave(session, caller.workspace_id, id, served)
        agent = await present_agent(session, caller.workspace_id, id)
        held = await _held(session, agent)
        if held:
            raise conflict(f"the agent holds {held} conversations: release or solve them first")
        await rule_sets.require_unnamed(session, caller.workspace_id, Reference.AGENT, agent.id)
        agent.archived_at = func.now()
        await session.execute(
            update(AccessToken)
            .where(AccessToken.workspace_id == agent.workspace_id)
            .where(AccessToken.agent_id == agent.id, AccessToken.revoked_at.is_(None))
            .values(revoked_at=func.now())
        )
        await tell_members(session, caller.workspace_id, before)
    gateway.wakeups.notify(Topic.ACCESS, Topic.FEED)


@router.get("/{id}/tokens", responses=documented(404))
async def list_tokens(
    gateway: Parts,
    caller: AdminCaller,
    id: UUID,  # noqa: A002
) -> list[TokenOut]:
    """The agent's tokens, revoked ones included, newest first."""
    async with gateway.database.transaction() as session:
        await _find(session, caller.workspace_id, id)
    return await tokens_where(gateway, caller.workspace_id, AccessToken.agent_id == id)


@router.post("/{id}/tokens", status_code=201, responses=documented(404, 409))
async def create_token(
    gateway: Parts,
    caller: AdminCaller,
    id: UUID,  # noqa: A002
    body: TokenIn,
) -> NewTokenOut:
    """Issue a token with which the agent works; revoke it by DELETE /v1/tokens/{id}."""
    async with gateway.database.transaction() as session:
        agent = await present_agent(session, caller.workspace_id, id)
        new = await issue(
            session,
            caller.workspace_id,
            name=body.name,
            role=Role(agent.role),
            agent_id=agent.id,
            expires_at=body.expires_at,
        )
        return shown_once(new)


async def _find(session: AsyncSession, workspace_id: int, agent_id: UUID) -> Agent:
    agent = await session.get(Agent, (workspace_id, agent_id))
    if agent is None:
        raise not_found("agent")
    return agent


async def present_agent(session: AsyncSession, workspace_id: int, agent_id: UUID) -> Agent:
    """The agent, locked against whoever would give it a conversation now."""
    agent = await session.get(Agent, (workspace_id, agent_id), with_for_update=True)
    if agent is None:
        raise not_found("agent")
    if agent.archived_at is not None:
        raise conflict("the agent is archived")
    return agent


async def _held(session: AsyncSession, agent: Agent) -> int:
    statement = (
        select(func.count())
        .select_from(Assignment)
        .where(Assignment.workspace_id == agent.workspace_id, Assignment.agent_id == agent.id)
        .where(Assignment.ended_at.is_(None))
    )
    return await session.scalar(statement) or 0


async def _save(session: AsyncSession) -> None:
    try:
        await session.flush()
    except IntegrityError:
        raise conflict("another agent has this mail address") from None


def _address(text: str) -> str:
    address = normalise_email(text)
    if not is_email(address):
        raise invalid("the agent has mistakes", [("/email", "must be a mail address")])
    return address


def _shown(agent: Agent) -> AgentOut:
    return AgentOut.model_validate(agent, from_attributes=True)
