"""SLA policies: how long a clock may run, and when it is due, warns, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

from routing.business_time import WorkingTime
from routing.clocks import Clock, End, Metric, Sign
from routing.priority import Priority

NOTHING: Final = timedelta()

Targets = Mapping[Metric, Mapping[Priority, timedelta]]
"""How long each clock may run, by priority; what is left out has no target."""


@dataclass(frozen=True, slots=True)
class WarningRule:
    """When a clock warns: after a share of its target (in percent), or so long before its end."""

    percent: int | None = None
    before: timedelta | None = None

    def after(self, target: timedelta) -> timedelta | None:
        """How much of the target has passed when it warns; None if it never does."""
        if self.percent is not None:
            return target * self.percent // 100
        return None if self.before is None else max(target - self.before, NOTHING)


@dataclass(frozen=True, slots=True)
class Policy:
    """An SLA policy at one of its revisions."""

    id: str
    name: str
    revision: int
    targets: Targets
    warning: WarningRule
    time: WorkingTime

    def target(self, metric: Metric, priority: Priority) -> timedelta | None:
        return self.targets.get(metric, {}).get(priority)


class State(StrEnum):
    """Of a clock: it counts, or waits; or what came of it."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    BREACHED = "breached"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Due:
    """A clock measured by a target.

    A paused clock is due at no known instant, unless it was so before the pause.
    """

    target: timedelta | None
    due_at: datetime | None
    warn_at: datetime | None


def due(clock: Clock, policy: Policy, priority: Priority) -> Due:
    """A clock that has ended is measured as if it ran on: it shows when it would have been due."""
    target = policy.target(clock.metric, priority)
    if target is None:
        return Due(None, None, None)
    counting = clock.as_before_its_end()
    warned_after = policy.warning.after(target)
    warn_at = None if warned_after is None else reached(counting, warned_after, policy.time)
    return Due(target, reached(counting, target, policy.time), warn_at)


def reached(clock: Clock, amount: timedelta, time: WorkingTime) -> datetime | None:
    """When a clock has counted, or if it goes on running will have counted, so much."""
    left = amount
    for start, end in _closed(clock):
        passed = time.between(start, end)
        if passed >= left:
            return time.add(start, left)
        left -= passed
    return time.add(clock.spans[-1], left) if clock.is_running else None


def elapsed(clock: Clock, until: datetime, time: WorkingTime) -> timedelta:
    """What a clock has counted up to an instant that is no earlier than its last."""
    counted = sum((time.between(start, end) for start, end in _closed(clock)), NOTHING)
    return counted + time.between(clock.spans[-1], until) if clock.is_running else counted


def _closed(clock: Clock) -> list[tuple[datetime, datetime]]:
    return list(pairwise(clock.spans))[::2]


def is_breach(clock: Clock, due_at: datetime | None) -> bool:
    """Whether a clock that has ended did so too late; a breach that was told stays one."""
    if clock.breached_at is not None:
        return True
    return due_at is not None and clock.ended_at is not None and clock.ended_at > due_at


def state(clock: Clock, due_at: datetime | None) -> State:
    if clock.is_open:
        return State.RUNNING if clock.is_running else State.PAUSED
    if is_breach(clock, due_at):
        return State.BREACHED
    return State.MET if clock.end is End.DONE else State.CANCELLED


def next_sign(clock: Clock, measured: Due) -> tuple[Sign, datetime] | None:
    """What an open clock tells next, and when; a warning after the breach is left out."""
    if not clock.is_open or clock.breached_at is not None:
        return None
    warn_at, due_at = measured.warn_at, measured.due_at
    if clock.warned_at is None and warn_at is not None and (due_at is None or warn_at < due_at):
        return Sign.WARNING, warn_at
    return None if due_at is None else (Sign.BREACHED, due_at)
