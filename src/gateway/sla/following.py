"""Lets the clocks of conversations follow what happens to them, in the same transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from channels.records import record
from gateway.database.connections import Fetch
from gateway.feed.log import Happening
from gateway.sla import clock_rows
from gateway.sla.clock_rows import Key, Known, MeasuredClock, measured, next_due
from gateway.sla.turns import OCCURRED_AT, occurrences
from routing.clocks import Occurrence, Sign, Turn, folded, follow
from routing.priority import Priority
from routing.sla import Policy, State


@record
class Followed:
    """A locked conversation under a policy, and what has just happened to it, in order."""

    workspace_id: int
    conversation_id: UUID
    policy: Policy
    priority: Priority
    is_new: bool
    happenings: Sequence[Happening]

    @property
    def key(self) -> Key:
        return self.workspace_id, self.conversation_id


@record
class Followup:
    """What the clocks of a conversation have become.

    `changed` are the rows to write, `due_at` is when the first that runs is due. `breaches` are
    clocks that have ended too late before anybody noticed: they are still to be told.
    """

    changed: Sequence[MeasuredClock]
    due_at: datetime | None
    breaches: Sequence[MeasuredClock]

    @property
    def met(self) -> list[dict[str, Any]]:
        """Clocks that have just ended in time, as the event that ended them tells."""
        in_time = (each for each in self.changed if each.state is State.MET)
        return [clock_data(each) for each in in_time if each.target_s is not None]


async def follow_all(fetch: Fetch, followed: Sequence[Followed]) -> dict[UUID, Followup]:
    """One statement at most, whatever the number; writes nothing as yet."""
    old = [each.key for each in followed if not each.is_new]
    known = await clock_rows.read(fetch, old)
    return {
        each.conversation_id: _follow(each, known.get(each.conversation_id, {}))
        for each in followed
    }


async def write(
    fetch: Fetch, followed: Sequence[Followed], followups: dict[UUID, Followup]
) -> None:
    """One statement at most; the conversations must be there."""
    changed = {each.key: followups[each.conversation_id].changed for each in followed}
    await clock_rows.write(fetch, changed)


def _follow(each: Followed, known: Known) -> Followup:
    turns = [
        turn
        for happening in each.happenings
        for turn in occurrences(happening.type, happening.data)
    ]
    clocks = folded(turns, tuple(old.clock for old in known.values()))
    current: Known = {}
    breaches = []
    for clock in clocks:
        old = known.get(clock.key)
        if old is not None and not old.clock.is_open:
            current[clock.key] = old
            continue
        new = measured(clock, each.policy, each.priority)
        if new.state is State.BREACHED and clock.breached_at is None:
            new = _told(new, each)
            breaches.append(new)
        current[clock.key] = new
    changed = [new for key, new in current.items() if new != known.get(key)]
    return Followup(changed, next_due(current), breaches)


def _told(late: MeasuredClock, each: Followed) -> MeasuredClock:
    """The same clock, with its breach noted."""
    ended_at = late.clock.ended_at
    assert ended_at is not None  # noqa: S101 - its state says that it has ended
    told = Occurrence(Turn.TOLD, ended_at, clock=late.clock.key, sign=Sign.BREACHED)
    [clock] = follow((late.clock,), told)
    return measured(clock, each.policy, each.priority)


def sign_data(each: MeasuredClock) -> dict[str, Any]:
    """The data of the event by which a clock warns or tells a breach, perhaps noted already."""
    noted = {OCCURRED_AT: each.clock.breached_at} if each.clock.breached_at else {}
    return {"conversation": {}, "clock": clock_data(each), **noted}


def clock_data(each: MeasuredClock) -> dict[str, Any]:
    """A clock as events tell of it."""
    return {
        "metric": each.clock.metric.value,
        "cycle": each.clock.cycle,
        "policy": each.policy_id,
        "due_at": each.due_at,
        "target_s": each.target_s,
    }
