"""Clocks as rows: read and written set-wise, in transactions that hold their conversations."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from channels.records import record
from gateway.database.connections import Fetch
from gateway.ids import parse_id
from routing.clocks import Clock, ClockKey, End, Metric, unanswered
from routing.priority import Priority
from routing.sla import Policy, State, due, elapsed, next_sign, state

COLUMNS = (
    "workspace_id, conversation_id, metric, cycle, policy_id, policy_revision, state, spans, "
    "target_s, due_at, warn_at, sign_at, warned_at, breached_at, ended_at, end_reason, elapsed_s"
)

READ = f"""
SELECT {COLUMNS} FROM sla_clock
 WHERE (workspace_id, conversation_id) IN (SELECT * FROM unnest($1::int[], $2::uuid[]))
 ORDER BY workspace_id, conversation_id, spans[1], metric, cycle
"""  # noqa: S608 - no value is interpolated

WRITE = f"""
INSERT INTO sla_clock ({COLUMNS})
SELECT workspace_id, conversation_id, metric, cycle, policy_id, policy_revision, state,
       spans::timestamptz[], target_s, due_at, warn_at, sign_at, warned_at, breached_at, ended_at,
       end_reason, elapsed_s
  FROM unnest($1::int[], $2::uuid[], $3::text[], $4::int[], $5::uuid[], $6::int[], $7::text[],
              $8::text[], $9::int[], $10::timestamptz[], $11::timestamptz[], $12::timestamptz[],
              $13::timestamptz[], $14::timestamptz[], $15::timestamptz[], $16::text[], $17::int[])
       AS c ({COLUMNS})
    ON CONFLICT (workspace_id, conversation_id, metric, cycle) DO UPDATE
   SET policy_id = excluded.policy_id, policy_revision = excluded.policy_revision,
       state = excluded.state, spans = excluded.spans, target_s = excluded.target_s,
       due_at = excluded.due_at, warn_at = excluded.warn_at, sign_at = excluded.sign_at,
       warned_at = excluded.warned_at, breached_at = excluded.breached_at,
       ended_at = excluded.ended_at, end_reason = excluded.end_reason,
       elapsed_s = excluded.elapsed_s
"""  # noqa: S608 - no value is interpolated


@record
class MeasuredClock:
    """A clock with what its policy made of it when it was last looked at."""

    clock: Clock
    policy_id: UUID
    policy_revision: int
    state: State
    target_s: int | None
    due_at: datetime | None
    warn_at: datetime | None
    sign_at: datetime | None
    elapsed_s: int | None


Known = dict[ClockKey, MeasuredClock]
"""The clocks of one conversation."""

Key = tuple[int, UUID]
"""Workspace and conversation."""


def measured(clock: Clock, policy: Policy, priority: Priority) -> MeasuredClock:
    found = due(clock, policy, priority)
    sign = next_sign(clock, found)
    ended = clock.ended_at
    return MeasuredClock(
        clock=clock,
        policy_id=parse_id(policy.id),
        policy_revision=policy.revision,
        state=state(clock, found.due_at),
        target_s=None if found.target is None else int(found.target.total_seconds()),
        due_at=found.due_at,
        warn_at=found.warn_at,
        sign_at=sign[1] if sign else None,
        elapsed_s=None if ended is None else _seconds(clock, ended, policy),
    )


def _seconds(clock: Clock, until: datetime, policy: Policy) -> int:
    return int(elapsed(clock, until, policy.time).total_seconds())


def next_due(clocks: Known) -> datetime | None:
    """The earliest instant at which a clock that runs is due."""
    moments = (each.due_at for each in clocks.values() if each.state is State.RUNNING)
    return min((moment for moment in moments if moment is not None), default=None)


async def read(fetch: Fetch, conversations: Collection[Key]) -> dict[UUID, Known]:
    """The clocks of conversations, each in the order in which they were started."""
    if not conversations:
        return {}
    found: dict[UUID, Known] = {}
    for row in await fetch(READ, *map(list, zip(*conversations, strict=True))):
        known = from_row(row)
        found.setdefault(row["conversation_id"], {})[known.clock.key] = known
    return found


def from_row(row: Any) -> MeasuredClock:
    clock = Clock(
        metric=Metric(row["metric"]),
        cycle=row["cycle"],
        spans=tuple(row["spans"]),
        end=End(row["end_reason"]) if row["end_reason"] else None,
        ended_at=row["ended_at"],
        warned_at=row["warned_at"],
        breached_at=row["breached_at"],
    )
    return MeasuredClock(
        clock=clock,
        policy_id=row["policy_id"],
        policy_revision=row["policy_revision"],
        state=State(row["state"]),
        target_s=row["target_s"],
        due_at=row["due_at"],
        warn_at=row["warn_at"],
        sign_at=row["sign_at"],
        elapsed_s=row["elapsed_s"],
    )


async def unanswered_since(fetch: Fetch, key: Key) -> datetime | None:
    """When the question of a conversation was asked that waits for an answer, by its clock."""
    known = (await read(fetch, [key])).get(key[1], {})
    asked = unanswered(tuple(each.clock for each in known.values()))
    return asked.started_at if asked else None


async def write(fetch: Fetch, clocks: Mapping[Key, Sequence[MeasuredClock]]) -> None:
    rows = [_row(key, each) for key, changed in clocks.items() for each in changed]
    if rows:
        await fetch(WRITE, *map(list, zip(*rows, strict=True)))


def _row(key: Key, each: MeasuredClock) -> tuple[Any, ...]:
    clock = each.clock
    return (
        *key,
        clock.metric.value,
        clock.cycle,
        each.policy_id,
        each.policy_revision,
        each.state.value,
        "{" + ",".join(f'"{moment.isoformat()}"' for moment in clock.spans) + "}",
        each.target_s,
        each.due_at,
        each.warn_at,
        each.sign_at,
        clock.warned_at,
        clock.breached_at,
        clock.ended_at,
        clock.end.value if clock.end else None,
        each.elapsed_s,
    )
