"""The frames of the feed: JSON objects in text messages, told apart by `t`.

A cursor is the epoch and a position joined by a dot. The epoch is the one of `welcome`, until a
`reset` brings a cursor with another.
"""

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Annotated, Any, Literal, Self
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from gateway.feed.cursor import ResetReason
from gateway.feed.item import ConversationItem
from gateway.feed.log import EventType

VERSION = 1
MAX_FRAME_CHARACTERS = 65_536

SubscriptionId = Annotated[str, Field(min_length=1, max_length=64)]


class CloseCode(IntEnum):
    """Codes below 4500 ask the client to connect again, the others not to."""

    DRAIN = 4400
    LAG = 4401
    HEARTBEAT = 4402
    INTERNAL = 4404
    PROTOCOL = 4500
    AUTH = 4501
    VERSION = 4503

    @property
    def may_reconnect(self) -> bool:
        return self < CloseCode.PROTOCOL


class ErrorCode(StrEnum):
    """What was wrong with a client's frame."""

    PROTOCOL = "protocol"
    AUTH = "auth"
    VERSION = "version"
    INVALID = "invalid"
    DUPLICATE = "duplicate"
    UNKNOWN = "unknown"
    LIMIT = "limit"
    NO_AGENT = "no_agent"


class Frame(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_by_name=True, validate_by_alias=True
    )


class Filter(Frame):
    """What to see: the union of the first three, of these types only.

    Without any of the first three: everything in the workspace.
    """

    queues: Annotated[frozenset[UUID], Field(max_length=200)] | None = None
    assigned_to_me: bool = False
    conversations: Annotated[frozenset[UUID], Field(max_length=1_000)] | None = None
    types: frozenset[EventType] | None = None


class Hello(Frame):
    """The first frame, due within 10 seconds. `client` names the program, for the logs."""

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


class Unsub(Frame):
    t: Literal["unsub"]
    id: SubscriptionId


class Pong(Frame):
    """Answers any `ping`."""

    t: Literal["pong"]


ClientFrame = Annotated[Hello | Sub | Unsub | Pong, Field(discriminator="t")]


class Welcome(Frame):
    """`head` is the last position of the log, `floor` the oldest from which one may resume."""

    t: Literal["welcome"] = "welcome"
    session: UUID
    epoch: str
    head: int
    floor: int
    heartbeat_s: float


class Resumed(Frame):
    """The cursor holds: all that follows `from` comes; `to` is the head at this moment."""

    t: Literal["resumed"] = "resumed"
    sub: str
    from_: int = Field(alias="from")
    to: int


class Reset(Frame):
    """Forget what is held: a snapshot at `cursor` follows."""

    t: Literal["reset"] = "reset"
    sub: str
    reason: ResetReason
    cursor: str


class Snap(Frame):
    """A part (from 0) of the state at position `at`: the newest message first."""

    t: Literal["snap"] = "snap"
    sub: str
    part: int
    last: bool
    at: int
    items: list[ConversationItem]


class LogEvent(Frame):
    """Something that happened to conversation `entity`, which has version `ver` since.

    `prev` is the position of the event that this subscription was sent before, or where it began.
    `data.conversation` holds the changed fields of the conversation's item: merge them if `ver` is
    newer than the item's. `conversation.closed` and `conversation.erased` remove the item.
    """

    prev: int
    pos: int
    type: EventType
    entity: UUID
    ver: int
    data: dict[str, Any]
    at: datetime


class Ev(LogEvent):
    t: Literal["ev"] = "ev"
    sub: str


class Evs(Frame):
    """Several events for one subscription, in order."""

    t: Literal["evs"] = "evs"
    sub: str
    items: list[LogEvent]


class Typing(Frame):
    """Somebody writes in conversation `entity`, or has stopped. It has no position: never replayed.

    Stop showing it after ten seconds without another.
    """

    t: Literal["typing"] = "typing"
    entity: UUID
    by: Literal["customer", "agent"]
    name: str | None
    on: bool


class Ping(Frame):
    """To be answered by `pong`; `n` counts from 1, `head` is the last position read here."""

    t: Literal["ping"] = "ping"
    n: int
    head: int


class Bye(Frame):
    """The last frame before the server closes. `retry_ms` None: do not connect again."""

    t: Literal["bye"] = "bye"
    code: CloseCode
    retry_ms: int | None


class Err(Frame):
    """A client's frame was refused; `ref` is the subscription it named, if any."""

    t: Literal["err"] = "err"
    ref: str | None
    code: ErrorCode
    detail: str


ServerFrame = Annotated[
    Welcome | Resumed | Reset | Snap | Ev | Evs | Typing | Ping | Bye | Err,
    Field(discriminator="t"),
]

CLIENT_FRAME: TypeAdapter[ClientFrame] = TypeAdapter(ClientFrame)
KINDS = frozenset({"hello", "sub", "unsub", "pong"})


class Close(Exception):  # noqa: N818 - a decision, not a failure
    """The connection has to end with this code. Codes that ask not to come back say why."""

    def __init__(self, code: CloseCode, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


def encode(frame: Frame) -> str:
    """Times and ids are written as in the events' data, so that states can be compared."""
    return orjson.dumps(frame.model_dump(by_alias=True), default=str).decode()


def encode_string(text: str) -> str:
    return orjson.dumps(text).decode()


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
    ref = raw.get("id")
    return Err(
        ref=ref if isinstance(ref, str) else None,
        code=ErrorCode.INVALID,
        detail=f"{where}: {first['msg']}",
    )
