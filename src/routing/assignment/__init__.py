"""Who gets what waits: the state of a pool in, proposals that explain themselves out."""

from routing.assignment.matcher import match
from routing.assignment.model import (
    AgentState,
    Matching,
    Mode,
    Overflow,
    PoolState,
    Proposal,
    QueueTerms,
    Reason,
    Waiting,
)

__all__ = [
    "AgentState",
    "Matching",
    "Mode",
    "Overflow",
    "PoolState",
    "Proposal",
    "QueueTerms",
    "Reason",
    "Waiting",
    "match",
]
