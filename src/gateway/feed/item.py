"""A conversation as the feed shows it: an item of a client's state."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class ItemPart(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Address(ItemPart):
    space: str
    address: str


class ContactName(ItemPart):
    id: UUID
    name: str | None


class ConversationItem(ItemPart):
    """`ver` grows with every change. `level` is the queue's. No bodies.

    `due_at` is when the first of its running clocks is due. A pending one wakes at `snoozed_until`.
    """

    id: UUID
    channel: UUID
    kind: str
    identity: Address
    contact: ContactName
    subject: str | None
    status: str
    queue: UUID
    level: int
    priority: str
    assignee: UUID | None
    type: str | None
    language: str | None
    tags: list[str]
    opened_at: datetime
    last_message_at: datetime
    message_count: int
    solved_at: datetime | None
    snoozed_until: datetime | None
    sla_policy: UUID | None
    due_at: datetime | None
    ver: int


def impersonal_fields(conversation: Any, level: int) -> dict[str, Any]:
    """The fields of an item that may stand in the log, of a row of `conversation` or its like.

    `data.conversation` of `conversation.opened` holds all of them, of other events the changed.
    """
    return {
        "channel": conversation.channel_id,
        "status": conversation.status,
        "queue": conversation.queue_id,
        "level": level,
        "priority": conversation.priority,
        "assignee": conversation.assignee_id,
        "type": conversation.type,
        "language": conversation.language,
        "tags": sorted(conversation.tags),
        "opened_at": conversation.opened_at,
        "last_message_at": conversation.last_message_at,
        "message_count": conversation.message_count,
        "solved_at": conversation.solved_at,
        "snoozed_until": conversation.snoozed_until,
        "sla_policy": conversation.sla_policy_id,
        "due_at": conversation.due_at,
    }


def personal_fields(row: Any) -> dict[str, Any]:
    """The fields that are read anew each time, from columns named as below; None once erased.

    The kind of the channel is not personal, but known only beside them.
    """
    return {
        "kind": row["kind"],
        "subject": row["subject"],
        "identity": row["space"] and {"space": row["space"], "address": row["address"]},
        "contact": row["contact_id"] and {"id": row["contact_id"], "name": row["contact_name"]},
    }
