"""What contacts had before, for rules that ask for it: read once per batch, told by message.

What was merged into another conversation is no matter of its own and does not count.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Protocol
from uuid import UUID

import asyncpg

from channels.records import record
from routing.facts import FactValue, days_counted

MOST: Final = 200
"""Conversations of a contact that are looked at, the newest first."""

RECENT: Final = f"""
SELECT w.workspace_id, w.contact_id, recent.*
  FROM unnest($1::int[], $2::uuid[]) AS w (workspace_id, contact_id)
 CROSS JOIN LATERAL (
       SELECT c.id, c.status, c.queue_id, c.assignee_id, c.opened_at, c.last_message_at
         FROM identity i
         JOIN conversation c ON c.workspace_id = i.workspace_id AND c.identity_id = i.id
        WHERE i.workspace_id = w.workspace_id AND i.contact_id = w.contact_id
          AND c.merged_into IS NULL
        ORDER BY c.opened_at DESC LIMIT {MOST}) AS recent
"""  # noqa: S608 - a number of ours

OPEN: Final = frozenset({"queued", "offered", "assigned", "pending"})


class Past(Protocol):
    """A conversation that a contact had or has."""

    @property
    def id(self) -> UUID: ...
    @property
    def status(self) -> str: ...
    @property
    def queue_id(self) -> UUID: ...
    @property
    def assignee_id(self) -> UUID | None: ...
    @property
    def opened_at(self) -> datetime: ...
    @property
    def last_message_at(self) -> datetime: ...


@record
class PastConversation:
    """A conversation as it was read, without a lock."""

    id: UUID
    status: str
    queue_id: UUID
    assignee_id: UUID | None
    opened_at: datetime
    last_message_at: datetime


Contact = tuple[int, UUID]
"""(workspace_id, contact_id)."""
Histories = Mapping[Contact, Sequence[PastConversation]]


async def find(connection: "asyncpg.Connection[Any]", contacts: Collection[Contact]) -> Histories:
    """Read what contacts had and have; without any, nothing is asked."""
    found: dict[Contact, list[PastConversation]] = {}
    if contacts:
        for row in await connection.fetch(RECENT, *zip(*contacts, strict=True)):
            workspace_id, contact_id, *values = row
            past = found.setdefault((workspace_id, contact_id), [])
            past.append(PastConversation(*values))
    return found


def history(
    past: Sequence[Past], now: datetime, asked: Collection[str]
) -> dict[str, FactValue | None]:
    """The facts `history.*`: all single ones, and the counts that are asked for.

    `past` are all conversations but the one that the message belongs to.
    """
    facts: dict[str, FactValue | None] = {
        "history.is_first": not past,
        "history.open": sum(each.status in OPEN for each in past),
    }
    for name in asked:
        if days := days_counted(name):
            since = now - timedelta(days=days)
            facts[name] = sum(each.opened_at >= since for each in past)
    if past:
        facts |= _last(max(past, key=lambda each: (each.last_message_at, each.id)), now)
    return facts


def _last(last: Past, now: datetime) -> dict[str, FactValue | None]:
    return {
        "history.last_queue": str(last.queue_id),
        "history.last_agent": str(last.assignee_id) if last.assignee_id else None,
        "history.last_solved": last.status not in OPEN,
        "history.last_ago": max(0.0, (now - last.last_message_at).total_seconds()),
    }
