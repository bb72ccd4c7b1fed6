"""What an agent's UI tells while somebody looks at a conversation: reading and writing."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from gateway.api.callers import AgentCaller, Parts, acting_agent
from gateway.api.problems import documented
from gateway.api.seeing import SEES_CONVERSATION
from gateway.conversations.read_marks import mark_read
from gateway.database.schema import Agent
from gateway.database.schema import Conversation as Row
from gateway.feed.ephemerals import Typing
from gateway.problems import not_found
from gateway.wakeups import Topic

router = APIRouter(
    prefix="/v1",
    tags=["conversations"],
    responses=documented(401, 403, 404, 409, 422, 503),
    dependencies=[SEES_CONVERSATION],
)


class ReadIn(BaseModel):
    seq: Annotated[int, Field(ge=1, le=2**31 - 1, description="The last message that was seen")]


class TypingIn(BaseModel):
    on: bool = True


@router.post("/conversations/{id}/read", status_code=204)
async def read(gateway: Parts, caller: AgentCaller, id: UUID, body: ReadIn) -> None:  # noqa: A002
    """Say that an agent has read up to a message; a chat's visitor sees it."""
    acting_agent(caller)
    if await mark_read(gateway.database, caller.workspace_id, id, "agent", body.seq):
        gateway.wakeups.notify(Topic.FEED)


@router.post("/conversations/{id}/typing", status_code=204)
async def typing(
    gateway: Parts,
    caller: AgentCaller,
    id: UUID,  # noqa: A002
    body: TypingIn,
) -> None:
    """Say that the agent writes, or has stopped; kept nowhere. Repeat it every few seconds."""
    agent_id = acting_agent(caller)
    async with gateway.database.transaction() as session:
        row = await session.get(Row, (caller.workspace_id, id))
        agent = await session.get_one(Agent, (caller.workspace_id, agent_id))
    if row is None:
        raise not_found("conversation")
    signal = Typing(
        workspace_id=caller.workspace_id,
        conversation_id=id,
        by="agent",
        on=body.on,
        name=agent.name,
        agent_id=agent_id,
        queue_id=row.queue_id,
        assignee_id=row.assignee_id,
    )
    gateway.signals.tell(signal)
