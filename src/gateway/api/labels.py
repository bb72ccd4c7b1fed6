"""What is written on conversations: tags, attributes, and how urgent they are."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from gateway.api.callers import AgentCaller, Parts, acting_agent
from gateway.api.conversations import Outcome, told
from gateway.api.problems import documented
from gateway.api.seeing import SEES_CONVERSATION
from gateway.api.texts import Given, Name
from gateway.attributes import keeping
from gateway.conversations import labelling
from routing.priority import Priority

router = APIRouter(
    prefix="/v1/conversations",
    tags=["conversations"],
    responses=documented(401, 403, 404, 409, 422, 503),
    dependencies=[SEES_CONVERSATION],
)


class TagChange(BaseModel):
    """Tags to give and to take away; what is so already stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"add": ["vip"]}]})

    add: Annotated[list[Name], Field(max_length=20)] = []
    remove: Annotated[list[Name], Field(max_length=20)] = []


class TypeChange(BaseModel):
    """The type that the conversation is of, as rules give it, too; null: of none."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"type": "refund"}]})

    type: Name | None


class AttributeChange(BaseModel):
    """Attributes of conversations (GET /v1/attributes) to set; null takes one away."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"attributes": {"order": 4711}}]}
    )

    attributes: Annotated[dict[str, Given], Field(min_length=1, max_length=50)]


class PriorityChange(BaseModel):
    """How urgent it is, whatever rules say; null leaves it to the rules again."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"priority": "high"}]}
    )

    priority: Priority | None


@router.post("/{id}/priority")
async def change_priority(
    gateway: Parts,
    caller: AgentCaller,
    id: UUID,  # noqa: A002
    body: PriorityChange,
) -> Outcome:
    """Say how urgent a conversation is, whoever has it; where it waits, its place changes.

    Rules neither raise nor lower it until it is solved. To say the same again changes nothing, so
    that a call may be repeated.
    """
    return told(
        gateway,
        await labelling.set_priority(
            gateway.database, caller.workspace_id, id, acting_agent(caller), body.priority
        ),
    )


@router.post("/{id}/tags")
async def change_tags(
    gateway: Parts,
    caller: AgentCaller,
    id: UUID,  # noqa: A002
    body: TagChange,
) -> Outcome:
    """Give a conversation tags and take others away, whoever has it."""
    return told(
        gateway,
        await labelling.change_tags(
            gateway.database, caller.workspace_id, id, add=body.add, remove=body.remove
        ),
    )


@router.post("/{id}/type")
async def change_type(
    gateway: Parts,
    caller: AgentCaller,
    id: UUID,  # noqa: A002
    body: TypeChange,
) -> Outcome:
    """Say what type a conversation is of: figures count by it, and suggestions learn from it."""
    return told(
        gateway,
        await labelling.change_type(gateway.database, caller.workspace_id, id, body.type),
    )


@router.post("/{id}/attributes")
async def change_attributes(
    gateway: Parts,
    caller: AgentCaller,
    id: UUID,  # noqa: A002
    body: AttributeChange,
) -> Outcome:
    """Set attributes, whoever has the conversation; the event names them without their values."""
    definitions = gateway.configuration.workspace(caller.workspace_id).attributes
    done = await keeping.set_attributes(
        gateway.database, caller.workspace_id, id, body.attributes, definitions
    )
    return told(gateway, done)
