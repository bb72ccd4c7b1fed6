"""Who has a conversation: taking, accepting, giving back, passing on, up and down."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.access.callers import ALLOWED_FOR
from gateway.access.tokens import Principal, Role
from gateway.api.callers import AgentCaller, Parts, SupervisorCaller, acting_agent
from gateway.api.conversations import Outcome, told
from gateway.api.problems import documented
from gateway.api.seeing import SEES_CONVERSATION, SERVES_QUEUE
from gateway.api.texts import Name, Text
from gateway.assignment import history, offers
from gateway.conversations import assigning, moving
from gateway.conversations.moving import Mover, Summary
from gateway.problems import not_found

router = APIRouter(
    prefix="/v1", tags=["conversations"], responses=documented(401, 403, 404, 409, 422, 503)
)


class Handover(BaseModel):
    """What the next one should know. `skills`, if given, are from now on those required."""

    model_config = ConfigDict(extra="forbid")

    note: Annotated[
        Text | None, Field(max_length=100_000, examples=["Refund failed twice: error 51."])
    ] = None
    tried: Annotated[
        list[Annotated[Text, Field(max_length=1_000)]],
        Field(max_length=50, description="What was tried, step by step"),
    ] = []
    skills: Annotated[list[Name] | None, Field(max_length=50)] = None

    @property
    def summary(self) -> Summary:
        return Summary(self.note, self.tried, self.skills)


class Escalate(Handover):
    """`note` is the summary for the next level: what the matter is."""

    queue: UUID
    note: Annotated[Text, Field(max_length=100_000, examples=["Refund failed twice: error 51."])]


class DeEscalate(Handover):
    """Without a `queue` it goes back to the one that it was last escalated from."""

    queue: UUID | None = None


class Transfer(Handover):
    """To another queue of the level, or to a colleague: one of the two."""

    queue: UUID | None = None
    agent: UUID | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.queue is None) == (self.agent is None):
            raise ValueError("give a queue or an agent, one of the two")
        return self


class Assign(Handover):
    """`agent` gets it whatever they have to do already."""

    agent: UUID


class Decline(BaseModel):
    """`reason` is for whoever looks at why conversations wait."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "busy"}]})

    reason: Literal["busy", "skills", "language", "conflict_of_interest", "other"] = "other"


class OfferOut(BaseModel):
    """Accept it before `expires_at`, or decline it, so that the next one is asked."""

    id: UUID
    conversation: UUID
    queue: UUID
    weight: int
    offered_at: datetime
    expires_at: datetime
    waiting_since: datetime


class AssignmentOut(BaseModel):
    """A hold of the conversation: `offered`, `active`, `wrap_up` or `ended`, and why it ended.

    `explanation` says for what the router gave whom it considered and why each was passed over.
    """

    id: UUID
    agent: UUID
    agent_name: str
    queue: UUID
    state: Literal["offered", "active", "wrap_up", "ended"]
    origin: str
    by: UUID | None
    weight: int
    offered_at: datetime | None
    assigned_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    end_detail: str | None
    explanation: dict[str, Any] | None


class TransferOut(BaseModel):
    """A move; `redirected` went to the supervisors, for it had moved too often."""

    id: UUID
    kind: Literal["escalated", "de_escalated", "transferred", "overflowed"]
    from_queue: UUID
    to_queue: UUID
    to_agent: UUID | None
    by: UUID | None
    note: UUID | None
    redirected: bool
    moved_at: datetime


class HistoryOut(BaseModel):
    """Oldest first."""

    assignments: list[AssignmentOut]
    transfers: list[TransferOut]


@router.get("/conversations/{id}/assignments", dependencies=[SEES_CONVERSATION])
async def get_history(gateway: Parts, caller: AgentCaller, id: UUID) -> HistoryOut:  # noqa: A002
    """Who has had the conversation or was offered it, and how it moved."""
    async with gateway.database.transaction() as session:
        found = await history.of_conversation(session, caller.workspace_id, id)
    if found is None:
        raise not_found("conversation")
    return HistoryOut(
        assignments=[
            AssignmentOut.model_validate(row, from_attributes=True) for row in found.assignments
        ],
        transfers=[
            TransferOut.model_validate(row, from_attributes=True) for row in found.transfers
        ],
    )


@router.get("/offers")
async def list_offers(gateway: Parts, caller: AgentCaller) -> list[OfferOut]:
    """What the calling agent is offered, most urgent first."""
    agent_id = acting_agent(caller)
    async with gateway.database.transaction() as session:
        found = await offers.of_agent(session, caller.workspace_id, agent_id)
    return [OfferOut.model_validate(row, from_attributes=True) for row in found]


@router.post("/offers/{id}/accept")
async def accept(gateway: Parts, caller: AgentCaller, id: UUID) -> Outcome:  # noqa: A002
    """Take what was offered; once more is harmless. 409 once it has expired or was withdrawn."""
    agent_id = acting_agent(caller)
    return told(gateway, await offers.accept(gateway.database, caller.workspace_id, id, agent_id))


@router.post("/offers/{id}/decline")
async def decline(
    gateway: Parts,
    caller: AgentCaller,
    id: UUID,  # noqa: A002
    body: Decline,
) -> Outcome:
    """Let the next agent be asked; once more is harmless."""
    done = await offers.decline(
        gateway.database, caller.workspace_id, id, acting_agent(caller), body.reason
    )
    return told(gateway, done)


@router.post("/conversations/{id}/take", dependencies=[SEES_CONVERSATION])
async def take(gateway: Parts, caller: AgentCaller, id: UUID) -> Outcome:  # noqa: A002
    """Assign the conversation to the calling agent."""
    return told(
        gateway,
        await assigning.take(gateway.database, caller.workspace_id, id, acting_agent(caller)),
    )


@router.post("/queues/{id}/take", dependencies=[SERVES_QUEUE])
async def take_next(gateway: Parts, caller: AgentCaller, id: UUID) -> Outcome | None:  # noqa: A002
    """Assign the conversation that is due first in the queue; null if nobody is waiting."""
    done = await assigning.take_next(
        gateway.database, caller.workspace_id, id, acting_agent(caller)
    )
    return told(gateway, done) if done else None


@router.post("/conversations/{id}/release", dependencies=[SEES_CONVERSATION])
async def release(gateway: Parts, caller: AgentCaller, id: UUID) -> Outcome:  # noqa: A002
    """Give the conversation back to its queue; it keeps the time it has waited."""
    return told(
        gateway,
        await assigning.release(gateway.database, caller.workspace_id, id, acting_agent(caller)),
    )


@router.post("/conversations/{id}/escalate", dependencies=[SEES_CONVERSATION])
async def escalate(
    gateway: Parts,
    caller: AgentCaller,
    id: UUID,  # noqa: A002
    body: Escalate,
) -> Outcome:
    """Move the conversation up to a queue of a higher level; it keeps the time it has waited."""
    done = await moving.escalate(
        gateway.database,
        caller.workspace_id,
        id,
        Mover(acting_agent(caller)),
        to_queue_id=body.queue,
        summary=body.summary,
    )
    return told(gateway, done)


@router.post("/conversations/{id}/de-escalate", dependencies=[SEES_CONVERSATION])
async def de_escalate(
    gateway: Parts,
    caller: AgentCaller,
    id: UUID,  # noqa: A002
    body: DeEscalate,
) -> Outcome:
    """Move the conversation down again; it keeps the time it has waited."""
    done = await moving.de_escalate(
        gateway.database,
        caller.workspace_id,
        id,
        Mover(acting_agent(caller)),
        to_queue_id=body.queue,
        summary=body.summary,
    )
    return told(gateway, done)


@router.post("/conversations/{id}/transfer", dependencies=[SEES_CONVERSATION])
async def transfer(
    gateway: Parts,
    caller: AgentCaller,
    id: UUID,  # noqa: A002
    body: Transfer,
) -> Outcome:
    """Move the conversation to another queue, or to a colleague who has room for it."""
    mover = _mover(caller)
    if body.queue is not None:
        done = await moving.transfer(
            gateway.database,
            caller.workspace_id,
            id,
            mover,
            to_queue_id=body.queue,
            summary=body.summary,
        )
        return told(gateway, done)
    return await _pass_on(gateway, caller, id, Mover(mover.agent_id), body.agent, body.summary)


@router.post("/conversations/{id}/assign", dependencies=[SEES_CONVERSATION])
async def assign(
    gateway: Parts,
    caller: SupervisorCaller,
    id: UUID,  # noqa: A002
    body: Assign,
) -> Outcome:
    """Give the conversation to an agent, whoever has it and however much they have to do."""
    return await _pass_on(gateway, caller, id, _mover(caller), body.agent, body.summary)


async def _pass_on(
    gateway: Parts,
    caller: Principal,
    conversation_id: UUID,
    mover: Mover,
    agent_id: UUID | None,
    summary: Summary,
) -> Outcome:
    assert agent_id is not None  # noqa: S101 - one of the two is there
    done = await moving.pass_on(
        gateway.database,
        caller.workspace_id,
        conversation_id,
        mover,
        to_agent_id=agent_id,
        summary=summary,
    )
    return told(gateway, done)


def _mover(caller: Principal) -> Mover:
    return Mover(acting_agent(caller), caller.role in ALLOWED_FOR[Role.SUPERVISOR])
