"""What the feed sends: JSON objects in text messages, told apart by `t`.

A cursor is the epoch and a position joined by a dot. The epoch is the one of `welcome`, until a
`reset` brings a cursor with another.
"""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field

from gateway.feed.closing import CloseCode, ErrorCode
from gateway.feed.cursor import ResetReason
from gateway.feed.item import ConversationItem
from gateway.feed.log import EventType

VERSION = 1
LEFT_VIEW = "left_view"


class Frame(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_by_name=True, validate_by_alias=True
    )


class Window(Frame):
    """So much of a subscription's events may be unacknowledged before the server waits."""

    frames: int
    bytes: int


class Welcome(Frame):
    """`head` is the last position of the log, `floor` the oldest from which one may resume."""

    t: Literal["welcome"] = "welcome"
    session: UUID
    epoch: str
    head: int
    floor: int
    heartbeat_s: float
    window: Window


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

    `prev` is the position that this subscription was told before, or where it began.
    `data.conversation` holds the changed fields of the conversation's item, or the whole item where
    it comes into view: merge them if `ver` is newer than the item's. An item goes with
    `conversation.erased`, with `left_view`, and when its status becomes `closed`.
    """

    prev: int
    pos: int
    type: EventType | Literal["left_view"]
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


class Mark(Frame):
    """Nothing for this subscription lies between `prev` and `pos`: go on from there."""

    t: Literal["mark"] = "mark"
    sub: str
    pos: int
    prev: int


class Eph(Frame):
    """Something that passes: it has no position, is never replayed, and may be lost.

    `typing`: somebody writes in `data.conversation`, `data.by` customer or agent. `viewing`: an
    agent looks at it. Forget what `key` names after `ttl_ms` without another; 0: at once.
    """

    t: Literal["eph"] = "eph"
    kind: Literal["typing", "viewing"]
    key: str
    ttl_ms: int
    data: dict[str, Any]


class Scope(Frame):
    """The agent sees other queues since position `at`; resets of all subscriptions follow."""

    t: Literal["scope"] = "scope"
    added: list[UUID]
    removed: list[UUID]
    at: int


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
    Welcome | Resumed | Reset | Snap | Ev | Evs | Mark | Eph | Scope | Ping | Bye | Err,
    Field(discriminator="t"),
]


def encode(frame: Frame) -> bytes:
    """Times and ids are written as in the events' data, so that states can be compared."""
    return orjson.dumps(frame.model_dump(by_alias=True), default=str)
