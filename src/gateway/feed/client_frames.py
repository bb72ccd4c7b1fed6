"""What clients send: JSON objects in text messages, told apart by `t`."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

import orjson
from pydantic import Field, TypeAdapter, ValidationError, model_validator

from gateway.feed.closing import Close, CloseCode, ErrorCode
from gateway.feed.log import EventType
from gateway.feed.server_frames import Err, Frame

MAX_FRAME_CHARACTERS = 65_536
MAX_POSITION = 2**63 - 1

SubscriptionId = Annotated[str, Field(min_length=1, max_length=64)]


class Filter(Frame):
    """What to see: the union of the first three, of these types only.

    Without any of the first three: everything in the workspace that the agent may see.
    """

    queues: Annotated[frozenset[UUID], Field(max_length=200)] | None = None
    assigned_to_me: bool = False
    conversations: Annotated[frozenset[UUID], Field(max_length=1_000)] | None = None
    types: frozenset[EventType] | None = None


class Hello(Frame):
    """The first frame, due within 10 seconds.

    `token` is an agent's token, an API key or a ticket (POST /v1/feed/tickets); `client` names the
    program, for the logs.
    """

    t: Literal["hello"]
    token: str = Field(max_length=200)
    v: int
    client: str = Field(max_length=200)


class Sub(Frame):
    """Begin to follow, after a cursor or from a snapshot."""

    t: Literal["sub"]
    id: SubscriptionId
    filter: Filter = Filter()
    cursor: str | None = Field(None, max_length=200)
    snapshot: bool = False

    @model_validator(mode="after")
    def begins_somewhere(self) -> Self:
        if self.snapshot is (self.cursor is not None):
            raise ValueError("give either a cursor or snapshot: true")
        return self


class Ack(Frame):
    """Everything up to `pos` has arrived. Due before the window of `welcome` is full."""

    t: Literal["ack"]
    sub: SubscriptionId
    pos: int = Field(ge=0, le=MAX_POSITION)


class Unsub(Frame):
    t: Literal["unsub"]
    id: SubscriptionId


class Typing(Frame):
    """The agent writes in a conversation, or has stopped. Repeat it every few seconds."""

    t: Literal["typing"]
    conversation: UUID
    on: bool = True


class Viewing(Frame):
    """The agent looks at a conversation, or does no longer. Repeat it within 30 seconds."""

    t: Literal["viewing"]
    conversation: UUID
    on: bool = True


class Auth(Frame):
    """Go on by another token or ticket of the same agent, before the present one ends."""

    t: Literal["auth"]
    token: str = Field(max_length=200)


class Pong(Frame):
    """Answers any `ping`."""

    t: Literal["pong"]


ClientFrame = Annotated[
    Hello | Sub | Ack | Unsub | Typing | Viewing | Auth | Pong, Field(discriminator="t")
]

CLIENT_FRAME: TypeAdapter[ClientFrame] = TypeAdapter(ClientFrame)
KINDS = frozenset({"hello", "sub", "ack", "unsub", "typing", "viewing", "auth", "pong"})


def decode(text: str) -> ClientFrame | Err:
    """A client's frame, or the answer to one whose fields are wrong.

    Raises `Close` (4500) for what is no frame of this protocol at all.
    """
    if len(text) > MAX_FRAME_CHARACTERS:
        raise Close(CloseCode.PROTOCOL, f"frames hold at most {MAX_FRAME_CHARACTERS} characters")
    try:
        raw = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Close(CloseCode.PROTOCOL, f"not JSON: {error}") from None
    if not isinstance(raw, dict) or raw.get("t") not in KINDS:
        raise Close(CloseCode.PROTOCOL, f"expected an object with t one of {sorted(KINDS)}")
    try:
        return CLIENT_FRAME.validate_python(raw)
    except ValidationError as error:
        return refusal_of(raw, error)


def refusal_of(raw: dict[str, Any], error: ValidationError) -> Err:
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    ref = raw.get("id", raw.get("sub"))
    return Err(
        ref=ref if isinstance(ref, str) else None,
        code=ErrorCode.INVALID,
        detail=f"{where}: {first['msg']}",
    )
