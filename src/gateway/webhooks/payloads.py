"""What a call says: an event of the log, in the shape that Standard Webhooks recommends."""

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from channels.records import record
from gateway.feed.cursor import Cursor
from gateway.feed.item import ConversationItem

TEST = "webhook.test"
"""The type of what is sent to try a webhook out; it stands in no log."""


@record
class Happened:
    """An event as the log has it. `data` is JSON, of ids, states and times."""

    cursor: Cursor
    at: datetime
    type: str
    conversation_id: UUID
    version: int
    queue_id: UUID | None
    assignee_id: UUID | None
    data: str


def message_id(id_: UUID) -> str:
    """The `webhook-id`: the same in every call that carries the delivery `id_`."""
    return f"msg_{id_.hex}"


def body_of(happened: Happened, item: ConversationItem | None) -> bytes:
    """The body of a call; with the conversation's `item`, where there is one to tell."""
    data: dict[str, Any] = {
        "cursor": str(happened.cursor),
        "entity": happened.conversation_id,
        "ver": happened.version,
        "queue": happened.queue_id,
        "assignee": happened.assignee_id,
        "data": orjson.Fragment(happened.data),
    }
    if item is not None:
        data["item"] = item.model_dump()
    return _encoded(happened.type, happened.at, data)


def test_body(webhook_id: UUID, now: datetime) -> bytes:
    """The body of a call that tries a webhook out."""
    return _encoded(TEST, now, {"webhook": webhook_id})


def _encoded(type_: str, at: datetime, data: dict[str, Any]) -> bytes:
    return orjson.dumps({"type": type_, "timestamp": at, "data": data}, default=str)
