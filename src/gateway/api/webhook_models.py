"""Webhooks as clients send and see them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from gateway.api.texts import Name, Value
from gateway.feed.log import EventType


def _each_once(values: list[Any]) -> list[Any]:
    return list(dict.fromkeys(values))


Url = Annotated[
    Value,
    Field(description="https, with a public address", examples=["https://crm.example.com/in"]),
]
Types = Annotated[
    list[EventType],
    AfterValidator(_each_once),
    Field(min_length=1, description="What to tell of; null: everything, also what is new one day"),
]
Queues = Annotated[
    list[UUID],
    AfterValidator(_each_once),
    Field(min_length=1, max_length=200, description="Of these queues alone; null: of all"),
]
Include = Annotated[
    list[Literal["item"]],
    AfterValidator(_each_once),
    Field(description="`item`: the conversation as it is when the call is made, without messages"),
]
Ordered = Annotated[
    bool,
    Field(description="One by one in the order of the log: what fails holds up what follows"),
]


class WebhookIn(BaseModel):
    """Told is what happens from now on."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "CRM",
                    "url": "https://crm.example.com/in",
                    "types": ["conversation.opened", "conversation.solved"],
                }
            ]
        },
    )

    name: Name
    url: Url
    types: Types | None
    queues: Queues | None = None
    include: Include = []
    ordered: Ordered = False


class WebhookPatch(BaseModel):
    """Only what is given changes. Enabled again, it goes on where it stopped."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"enabled": False}]})

    name: Name | None = None
    url: Url | None = None
    types: Types | None = None
    queues: Queues | None = None
    include: Include | None = None
    ordered: Ordered | None = None
    enabled: bool | None = None


class WebhookOut(BaseModel):
    """`failures` are the calls since the last that went through, the first at `failing_since`.

    Disabled it is `disabled_because` somebody `asked`, the receiver said it is `gone` (410), or
    nothing went through for days (`failing`). `waiting` deliveries are under way, and `behind`
    events of the log not looked at yet, `replaying` those to be looked at again. After a rotation
    the previous secret signs, too, until `previous_secret_until`.
    """

    id: UUID
    name: str
    url: str
    types: list[str] | None
    queues: list[UUID] | None
    include: list[Literal["item"]]
    ordered: bool
    enabled: bool
    disabled_at: datetime | None
    disabled_because: Literal["asked", "gone", "failing"] | None
    failures: int
    failing_since: datetime | None
    waiting: int
    behind: int
    replaying: int
    previous_secret_until: datetime | None
    created_at: datetime


class NewWebhookOut(WebhookOut):
    """`secret` is shown this once and never again: the receiver verifies signatures by it."""

    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])


class Rotation(BaseModel):
    """How long the secret that is replaced goes on signing beside the new one."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"overlap_hours": 24}]}
    )

    overlap_hours: Annotated[int, Field(ge=0, le=24 * 30)] = 24


class Tried(BaseModel):
    """`answer` is what the receiver's answer begins with; it is kept nowhere."""

    delivered: bool
    status: int | None
    seconds: float | None
    answer: str | None
    detail: str | None


class Replay(BaseModel):
    """Which events to tell again: from an instant on, up to another or to what is told at present.

    With `failed_only` those alone that were given up, as far as they are still kept.
    """

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"from": "2026-11-02T08:00:00+01:00"}]}
    )

    since: Annotated[AwareDatetime, Field(alias="from")]
    until: AwareDatetime | None = None
    failed_only: bool = False


class Replayed(BaseModel):
    """How many events of the log lie in the span; those that the webhook asks for are told."""

    events: int
