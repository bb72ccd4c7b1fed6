"""A conversation while a batch changes it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from channels.contract import Kind
from gateway.configuration import ConfiguredChannel

CONTINUES_FOR: dict[Kind, timedelta] = {
    "email": timedelta(days=30),
    "sms": timedelta(days=7),
    "chat": timedelta(days=1),
    "web_form": timedelta(hours=1),
}
"""How long after the last message another one still speaks of the same matter.

For mail, whose threads say so themselves, it bounds only the reopening of what was solved.
"""


def continues_for(channel: ConfiguredChannel) -> timedelta:
    hours = channel.config.settings.get("continue_hours")
    return timedelta(hours=float(hours)) if hours else CONTINUES_FOR[channel.config.kind]


@dataclass(slots=True)
class ConversationState:
    """One row of `conversation`, locked, with what the batch has made of it so far.

    `attributes` is JSON, as it is read: few conversations have any.
    """

    workspace_id: int
    id: UUID
    channel_id: UUID
    identity_id: UUID
    subject: str | None
    status: str
    queue_id: UUID
    priority: str
    assignee_id: UUID | None
    type: str | None
    language: str | None
    tags: frozenset[str]
    version: int
    message_count: int
    opened_at: datetime
    last_message_at: datetime
    solved_at: datetime | None
    merged_into: UUID | None = None
    sla_policy_id: UUID | None = None
    due_at: datetime | None = None
    snoozed_until: datetime | None = None
    priority_by: UUID | None = None
    attributes: str = "{}"
    is_new: bool = False

    @property
    def is_open(self) -> bool:
        return self.status in {"queued", "offered", "assigned", "pending"}

    def takes(self, channel: ConfiguredChannel, now: datetime) -> bool:
        """Whether a message that arrives now on `channel` belongs to this conversation."""
        if self.status == "closed":
            return False
        if self.is_open and channel.config.kind != "web_form":
            return True
        return now - self.last_message_at <= continues_for(channel)


COLUMNS = """workspace_id, id, channel_id, identity_id, subject, status, queue_id, priority,
             assignee_id, type, language, tags, version, message_count, opened_at,
             last_message_at, solved_at, merged_into, sla_policy_id, due_at,
             snoozed_until, priority_by, attributes"""

LOCK = f"""
SELECT {COLUMNS} FROM conversation
 WHERE (workspace_id, id) IN (SELECT * FROM unnest($1::int[], $2::uuid[]))
 ORDER BY workspace_id, id
   FOR NO KEY UPDATE
"""  # noqa: S608 - no value is interpolated


async def lock(
    connection: "asyncpg.Connection[Any]", ids: set[tuple[int, UUID]]
) -> dict[UUID, ConversationState]:
    """Lock conversations in the order of their ids and read them as they now are.

    With one that was merged since it was found comes the one that it was merged into.
    """
    if not ids:
        return {}
    rows = await connection.fetch(LOCK, *zip(*ids, strict=True))
    states = {
        row["id"]: ConversationState(**{**row, "tags": frozenset(row["tags"])}) for row in rows
    }
    targets = {
        (state.workspace_id, state.merged_into)
        for state in states.values()
        if state.merged_into is not None
    }
    return states | await lock(connection, targets - ids)
