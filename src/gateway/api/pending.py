"""Conversations laid aside: until the customer writes, or until an instant."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gateway.api.callers import AgentCaller, Parts, acting_agent
from gateway.api.conversations import Outcome, told
from gateway.api.problems import documented
from gateway.api.seeing import SEES_CONVERSATION
from gateway.conversations import pending

router = APIRouter(
    prefix="/v1/conversations",
    tags=["conversations"],
    responses=documented(401, 403, 404, 409, 422, 503),
    dependencies=[SEES_CONVERSATION],
)


class Pend(BaseModel):
    """Without `until` it waits for the customer alone, who wakes it in any case.

    Kept, it stays the agent's and goes on taking their capacity; else it goes back to its queue
    once it is woken.
    """

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"until": "2127-01-04T08:00:00Z"}]}
    )

    until: Annotated[AwareDatetime | None, Field(description="When to go on with it")] = None
    keep: bool = True


@router.post("/{id}/pend")
async def pend(gateway: Parts, caller: AgentCaller, id: UUID, body: Pend) -> Outcome:  # noqa: A002
    """Lay the conversation aside; its SLA clocks stand still."""
    done = await pending.pend(
        gateway.database,
        caller.workspace_id,
        id,
        acting_agent(caller),
        until=body.until,
        keep=body.keep,
    )
    return told(gateway, done)


@router.post("/{id}/wake")
async def wake(gateway: Parts, caller: AgentCaller, id: UUID) -> Outcome:  # noqa: A002
    """Go on with a pending conversation."""
    agent_id = acting_agent(caller)
    return told(gateway, await pending.wake(gateway.database, caller.workspace_id, id, agent_id))
