"""Who is at work: what agents say of themselves, and what the team sees of it."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gateway.api.callers import AgentCaller, Parts, acting_agent
from gateway.api.problems import documented
from gateway.assignment.presence import Here, Status, declare, team
from gateway.problems import invalid
from gateway.wakeups import Topic

router = APIRouter(prefix="/v1/presence", tags=["agents"], responses=documented(401, 403, 422, 503))

LONGEST_MOBILE = timedelta(hours=24)


class PresenceIn(BaseModel):
    """`away` gets no new work. With `mobile_until` the agent is here without an open feed."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"status": "online"}, {"status": "away"}]}
    )

    status: Status
    mobile_until: Annotated[
        AwareDatetime | None,
        Field(description="At most 24 hours from now; an open feed needs none"),
    ] = None


class PresenceOut(BaseModel):
    """`present`: may be given work, as far as `capacity`, unless `draining`.

    `until` is when that ends unless the feed's heartbeat, or the agent, renews it.
    """

    agent: UUID
    name: str
    status: Status
    present: bool
    mobile: bool
    until: datetime | None
    draining: bool
    capacity: int
    load: int


@router.get("")
async def list_presences(gateway: Parts, caller: AgentCaller) -> list[PresenceOut]:
    """Everybody of the team, by name, with how much they have to do."""
    async with gateway.database.transaction() as session:
        found = await team(session, caller.workspace_id, datetime.now(UTC))
    return [_shown(each) for each in found]


@router.put("", status_code=204)
async def set_presence(gateway: Parts, caller: AgentCaller, body: PresenceIn) -> None:
    """Say of yourself whether you are there; offers that you have go back when you are not."""
    agent_id = acting_agent(caller)
    now = datetime.now(UTC)
    if body.mobile_until and not now < body.mobile_until <= now + LONGEST_MOBILE:
        detail = "must be later than now, and at most 24 hours"
        raise invalid("nobody is here so long", [("/mobile_until", detail)])
    async with gateway.database.transaction() as session:
        await declare(session, caller.workspace_id, agent_id, body.status, body.mobile_until)
    gateway.wakeups.notify(Topic.ASSIGNMENT)


def _shown(here: Here) -> PresenceOut:
    return PresenceOut(
        agent=here.agent_id,
        name=here.name,
        status=cast("Status", here.status),
        present=here.is_present,
        mobile=here.is_mobile,
        until=here.until,
        draining=here.is_draining,
        capacity=here.capacity,
        load=here.load,
    )
