"""Clocks computed anew from all events of their conversations.

It is what a worker does when a policy or its calendar has changed, and what the check compares
with: whatever the clocks have followed one by one, the log tells once more.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import orjson

from channels.records import record
from gateway.database.connections import Fetch
from gateway.sla import clock_rows
from gateway.sla.clock_rows import Known, MeasuredClock, measured, next_due
from gateway.sla.policies import SlaPolicies
from gateway.sla.turns import OCCURRED_AT, occurrences
from routing.clocks import Clocks, Occurrence, folded
from routing.priority import Priority
from routing.sla import Policy, state

CONVERSATIONS = """
SELECT id, priority, sla_policy_id, due_at FROM conversation
 WHERE workspace_id = $1 AND id = ANY ($2::uuid[]) AND sla_policy_id IS NOT NULL
"""

EVENTS = f"""
SELECT conversation_id, type, data::text FROM event
 WHERE workspace_id = $1 AND conversation_id = ANY ($2::uuid[]) AND data ? '{OCCURRED_AT}'
 ORDER BY pos
"""  # noqa: S608 - no value is interpolated


@record
class Remeasured:
    """A conversation's clocks by the log and its present policy.

    `differing` are those that are kept otherwise, `surplus` those kept that the log knows nothing
    of; `due_at` is when the first that runs is due, `was_due_at` what is kept of that.
    """

    conversation_id: UUID
    differing: Sequence[MeasuredClock]
    surplus: Sequence[MeasuredClock]
    due_at: datetime | None
    was_due_at: datetime | None

    @property
    def is_as_kept(self) -> bool:
        return not self.differing and not self.surplus and self.due_at == self.was_due_at


async def remeasure(
    fetch: Fetch, workspace_id: int, conversation_ids: Sequence[UUID], policies: SlaPolicies
) -> list[Remeasured]:
    """Of the given conversations those under a policy. Writes nothing.

    Whoever writes afterwards has to hold the conversations.
    """
    rows = await fetch(CONVERSATIONS, workspace_id, list(conversation_ids))
    ids = [row["id"] for row in rows]
    turns = await _turns(fetch, workspace_id, ids)
    known = await clock_rows.read(fetch, [(workspace_id, id_) for id_ in ids])
    found = []
    for row in rows:
        kept = known.get(row["id"], {})
        policy = policies.by_id[row["sla_policy_id"]]
        told = _measured(folded(turns.get(row["id"], ())), kept, policy, Priority(row["priority"]))
        found.append(
            Remeasured(
                conversation_id=row["id"],
                differing=[each for key, each in told.items() if each != kept.get(key)],
                surplus=[each for key, each in kept.items() if key not in told],
                due_at=next_due(told),
                was_due_at=row["due_at"],
            )
        )
    return found


def _measured(clocks: Clocks, kept: Known, policy: Policy, priority: Priority) -> Known:
    """What has ended keeps the target that it had then."""
    told: Known = {}
    for clock in clocks:
        old = kept.get(clock.key)
        if old is None or clock.is_open or old.clock.is_open:
            told[clock.key] = measured(clock, policy, priority)
        else:
            told[clock.key] = replace(old, clock=clock, state=state(clock, old.due_at))
    return told


async def _turns(
    fetch: Fetch, workspace_id: int, conversation_ids: Sequence[UUID]
) -> dict[UUID, list[Occurrence]]:
    turns: dict[UUID, list[Occurrence]] = {}
    for row in await fetch(EVENTS, workspace_id, list(conversation_ids)):
        found = occurrences(row["type"], orjson.loads(row["data"]))
        turns.setdefault(row["conversation_id"], []).extend(found)
    return turns
