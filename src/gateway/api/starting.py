"""Beginning a conversation with a customer."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.api.callers import AgentCaller, Parts, acting_agent
from gateway.api.conversations import IdempotencyKey, Outcome, told
from gateway.api.drafts import Say, drafted
from gateway.api.problems import documented
from gateway.api.seeing import require_served
from gateway.api.texts import Name, Value
from gateway.conversations.starting import SPACES, Start, start
from gateway.wakeups import Topic

router = APIRouter(
    prefix="/v1/conversations",
    tags=["conversations"],
    responses=documented(401, 403, 404, 409, 422, 503),
)

channels = APIRouter(tags=["conversations"], responses=documented(401, 403, 503))

EXAMPLE: dict[str, Any] = {
    "channel": "0190a2b4-0000-7000-8000-000000000001",
    "address": "ann@example.com",
    "subject": "Your parcel",
    "text": "We have found it.",
}


class StartIn(Say):
    """Whom to write to: an `address`, or a `contact` at the address of the channel used last.

    `name` is what a contact is called that is new by this. `queue` is where the conversation goes
    if the agent gives it back; the default one if not told.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    channel: UUID
    address: Annotated[Value | None, Field(max_length=320)] = None
    contact: UUID | None = None
    name: Name | None = None
    subject: Annotated[Value | None, Field(max_length=900, description="Mail alone has one")] = None
    queue: UUID | None = None

    @model_validator(mode="after")
    def _one_recipient(self) -> Self:
        if (self.address is None) == (self.contact is None):
            raise ValueError("say whom to write to: give either `address` or `contact`")
        return self


class WritableChannel(BaseModel):
    id: UUID
    name: str
    kind: Literal["email", "sms"]
    address: str


@channels.get("/v1/writable-channels")
async def list_writable_channels(gateway: Parts, caller: AgentCaller) -> list[WritableChannel]:
    """The channels over which agents can write to a customer first, by name."""
    found = gateway.configuration.workspace(caller.workspace_id).channels.values()
    writable = [each for each in found if each.config.kind in SPACES]
    return [
        WritableChannel(
            id=each.config.id,
            name=each.name,
            kind=each.config.kind,
            address=each.config.address,
        )
        for each in sorted(writable, key=lambda each: (each.name, each.config.id))
    ]


@router.post("", status_code=201)
async def start_conversation(
    gateway: Parts, caller: AgentCaller, body: StartIn, idempotency_key: IdempotencyKey = None
) -> Outcome:
    """Write to a customer first, by mail or text message; the conversation is the agent's.

    409 for who has opted out of text messages, and where a conversation with them is open over the
    same number: their answers could not be told apart.
    """
    if body.queue is not None:
        await require_served(gateway, caller, body.queue)
    wanted = Start(
        workspace_id=caller.workspace_id,
        agent_id=acting_agent(caller),
        channel_id=body.channel,
        draft=await drafted(gateway, body),
        address=body.address,
        contact_id=body.contact,
        name=body.name,
        subject=body.subject,
        queue_id=body.queue,
        key=idempotency_key,
    )
    done = await start(gateway.database, gateway.configuration, wanted)
    gateway.wakeups.notify(Topic.DELIVERY)
    return told(gateway, done)
