"""Priorities, and the ageing order that keeps any of them from waiting for ever."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Priority(StrEnum):
    """How urgent a conversation is. Compares by urgency: `LOW < NORMAL < HIGH < URGENT`."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"

    @property
    def boost(self) -> timedelta:
        """The head start in the queue: as if the conversation had been queued that much earlier."""
        return BOOSTS[self]

    def __lt__(self, other: str) -> bool:
        return self.boost < Priority(other).boost

    def __le__(self, other: str) -> bool:
        return self.boost <= Priority(other).boost

    def __gt__(self, other: str) -> bool:
        return self.boost > Priority(other).boost

    def __ge__(self, other: str) -> bool:
        return self.boost >= Priority(other).boost


BOOSTS: Final[Mapping[Priority, timedelta]] = MappingProxyType(
    {
        Priority.LOW: timedelta(0),
        Priority.NORMAL: timedelta(minutes=30),
        Priority.HIGH: timedelta(hours=2),
        Priority.URGENT: timedelta(hours=8),
    }
)

OVERTAKING_BOUND: Final = BOOSTS[Priority.URGENT] - BOOSTS[Priority.LOW]
"""Nothing is overtaken by what is queued longer than this after it."""


def effective_at(queued_at: datetime, priority: Priority) -> datetime:
    """Return the instant that orders a queue: earliest first.

    It never changes while a conversation waits, so ageing needs no rewriting. A later arrival
    goes first only if it came less than the difference of the two boosts later, which is at most
    `OVERTAKING_BOUND`; between equal priorities the order is first come, first served.
    """
    return queued_at - priority.boost
