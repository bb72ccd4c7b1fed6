"""Queues as routing sees them."""

from dataclasses import dataclass
from typing import Literal

Level = Literal[1, 2, 3]


@dataclass(frozen=True, slots=True)
class QueueRef:
    """A queue: level 1 takes what can be answered at once, 2 the rest.

    Level 3 is the supervisors'.
    """

    id: str
    name: str
    level: Level
