"""The domain log. Every event in the system is written by `append`, and by nothing else."""

from collections.abc import Iterable, Sequence
from dataclasses import field
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from channels.records import record
from gateway.database.connections import Fetch, fetch_in, to_json
from gateway.database.schema import Conversation


class EventType(StrEnum):
    """What can happen to a conversation, or to what `webhook.` names in its place."""

    OPENED = "conversation.opened"
    REOPENED = "conversation.reopened"
    ASSIGNED = "conversation.assigned"
    RELEASED = "conversation.released"
    OFFERED = "conversation.offered"
    RETURNED = "conversation.returned"
    ESCALATED = "conversation.escalated"
    DE_ESCALATED = "conversation.de_escalated"
    TRANSFERRED = "conversation.transferred"
    OVERFLOWED = "conversation.overflowed"
    WRAPPED_UP = "conversation.wrapped_up"
    LABELLED = "conversation.labelled"
    PENDED = "conversation.pended"
    WOKEN = "conversation.woken"
    SOLVED = "conversation.solved"
    CLOSED = "conversation.closed"
    ERASED = "conversation.erased"
    LINKED = "conversation.linked"
    MERGED = "conversation.merged"
    ABSORBED = "conversation.absorbed"
    SPLIT = "conversation.split"
    CONTACT = "conversation.contact_changed"
    RECEIVED = "message.received"
    REPLIED = "message.replied"
    NOTED = "message.noted"
    CHANGED = "message.changed"
    EMPTIED = "message.emptied"
    DELIVERY = "delivery.changed"
    READ = "conversation.read"
    WEBHOOK_DISABLED = "webhook.disabled"
    SLA_MEASURED = "sla.measured"
    SLA_WARNING = "sla.warning"
    SLA_BREACHED = "sla.breached"
    ALERTED = "conversation.alerted"
    SURVEY_SENT = "survey.sent"
    SURVEY_ANSWERED = "survey.answered"
    SCOPE = "scope.changed"


@record
class Happening:
    """An event before it has a position.

    `version` is the conversation's after the change. What happens to a webhook names that in place
    of the conversation, and no queue. `data` holds ids, states and times: no body,
    subject, name or address, since events outlive their conversations.
    """

    workspace_id: int
    type: EventType
    conversation_id: UUID
    version: int
    queue_after: UUID | None
    assignee_after: UUID | None
    queue_before: UUID | None
    assignee_before: UUID | None
    data: dict[str, Any] = field(default_factory=dict)


def in_place(
    conversation: Conversation, event: EventType, data: dict[str, Any], *, version: int
) -> Happening:
    """What happens to a conversation that stays in its queue and with its agent."""
    return Happening(
        workspace_id=conversation.workspace_id,
        type=event,
        conversation_id=conversation.id,
        version=version,
        queue_before=conversation.queue_id,
        queue_after=conversation.queue_id,
        assignee_before=conversation.assignee_id,
        assignee_after=conversation.assignee_id,
        data=data,
    )


APPEND = """
WITH head AS (
    UPDATE feed_head
       SET pos = pos + $2, at = greatest(at, clock_timestamp())
     WHERE workspace_id = $1
 RETURNING pos, at
)
INSERT INTO event (workspace_id, pos, at, type, conversation_id, version,
                   queue_before, queue_after, assignee_before, assignee_after, data)
SELECT $1, head.pos - $2 + e.n, head.at, e.type, e.conversation_id, e.version,
       e.queue_before, e.queue_after, e.assignee_before, e.assignee_after, e.data::jsonb
  FROM head,
       unnest($3::text[], $4::uuid[], $5::int[], $6::uuid[], $7::uuid[], $8::uuid[], $9::uuid[],
              $10::text[]) WITH ORDINALITY
       AS e (type, conversation_id, version, queue_before, queue_after,
             assignee_before, assignee_after, data, n)
RETURNING pos
"""


async def append(fetch: Fetch, happenings: Iterable[Happening]) -> dict[int, int]:
    """Write events as the last statements of a transaction; commit right after.

    Taking the head last makes positions contiguous and their order the order of visibility.
    Returns the last position per workspace.
    """
    ordered = sorted(happenings, key=attrgetter("workspace_id"))
    return {
        workspace_id: await _append_to(fetch, workspace_id, list(group))
        for workspace_id, group in groupby(ordered, key=attrgetter("workspace_id"))
    }


async def _append_to(fetch: Fetch, workspace_id: int, events: Sequence[Happening]) -> int:
    positions = await fetch(
        APPEND,
        workspace_id,
        len(events),
        [event.type for event in events],
        [event.conversation_id for event in events],
        [event.version for event in events],
        [event.queue_before for event in events],
        [event.queue_after for event in events],
        [event.assignee_before for event in events],
        [event.assignee_after for event in events],
        [to_json(event.data) for event in events],
    )
    return max(int(row["pos"]) for row in positions)


async def append_in(session: AsyncSession, *happenings: Happening) -> int:
    """`append` for one workspace inside a session's transaction; returns the last position."""
    heads = await append(await fetch_in(session), happenings)
    return heads[happenings[0].workspace_id]
