"""Pools for tests: short words for queues, agents and what waits."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from routing.assignment import AgentState, Mode, PoolState, QueueTerms, Waiting

NOW = datetime(2030, 1, 31, 12, tzinfo=UTC)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def ago(number: float) -> datetime:
    """So many minutes before NOW."""
    return NOW - minutes(number)


def queue_id(number: int) -> UUID:
    return UUID(int=100 + number)


def agent_id(number: int) -> UUID:
    return UUID(int=200 + number)


def conversation_id(number: int) -> UUID:
    return UUID(int=10_000 + number)


def queue(number: int = 1, **terms: Any) -> QueueTerms:
    usual: dict[str, Any] = {
        "level": 1,
        "mode": Mode.OFFER,
        "offer_timeout": minutes(1),
        "sticky_for": minutes(5),
        "reserve_after": minutes(10),
    }
    return QueueTerms(queue_id(number), **(usual | terms))


def waiting(number: int, since: float = 0, **said: Any) -> Waiting:
    """One that came `since` minutes before NOW, into queue 1."""
    usual: dict[str, Any] = {
        "queue_id": queue_id(1),
        "queued_at": ago(since),
        "effective_at": ago(since),
    }
    return Waiting(conversation_id(number), **(usual | said))


def agent(number: int, capacity: int = 1, load: int = 0, **said: Any) -> AgentState:
    """One who serves queue 1."""
    usual: dict[str, Any] = {"idle_since": ago(60), "queues": {queue_id(1): 1}}
    return AgentState(agent_id(number), capacity, load, **(usual | said))


def pool(waits: Sequence[Waiting], agents: Sequence[AgentState], *queues: QueueTerms) -> PoolState:
    terms: Mapping[UUID, QueueTerms] = {each.id: each for each in queues or (queue(),)}
    return PoolState(terms, waits, agents)
