"""Pools of all sorts, small enough for everything to meet everything."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from tests.routing.assignment.pools import NOW, agent_id, conversation_id, queue, queue_id, waiting

from routing.assignment import AgentState, Mode, PoolState, QueueTerms, Waiting

QUEUES = 3
AGENTS = 6
SKILLS = st.sampled_from(["de", "it", "tax"])

numbers = st.integers
around_now = st.integers(-4, 4).map(lambda n: NOW + timedelta(minutes=n))
"""A coarse grid, so that instants meet each other and NOW."""
durations = st.integers(0, 4).map(lambda n: timedelta(minutes=n))
queue_ids = numbers(1, QUEUES).map(queue_id)
agent_ids = numbers(1, AGENTS).map(agent_id)
skill_sets = st.frozensets(SKILLS, max_size=2)

terms = st.builds(
    QueueTerms,
    id=queue_ids,
    level=st.just(1),
    mode=st.sampled_from([Mode.OFFER, Mode.OFFER, Mode.DIRECT, Mode.PULL]),
    offer_timeout=durations,
    sticky_for=durations,
    reserve_after=durations,
    overflow=st.none() | queue_ids,
    is_paused=st.sampled_from([False, False, False, True]),
)
conversations = st.builds(
    Waiting,
    conversation_id=numbers(1, 50).map(conversation_id),
    queue_id=queue_ids,
    queued_at=around_now,
    effective_at=around_now,
    weight=st.sampled_from([1, 1, 2, 3]),
    required_skills=st.just(frozenset()) | skill_sets,
    preferred_skills=st.just({}) | st.dictionaries(SKILLS, around_now, max_size=2),
    sticky_agent=st.none() | agent_ids,
    declined=st.just({}) | st.dictionaries(agent_ids, around_now, max_size=4),
)
agents = st.builds(
    AgentState,
    id=agent_ids,
    capacity=numbers(0, 5),
    load=numbers(0, 3),
    idle_since=around_now,
    queues=st.dictionaries(queue_ids, numbers(0, 2), max_size=QUEUES),
    skills=st.dictionaries(SKILLS, numbers(0, 2), max_size=3),
)
sparse = st.builds(
    PoolState,
    queues=st.lists(terms, min_size=1, max_size=QUEUES, unique_by=lambda each: each.id).map(
        lambda found: {each.id: each for each in found}
    ),
    waiting=st.lists(conversations, max_size=12, unique_by=lambda each: each.conversation_id),
    agents=st.lists(agents, max_size=AGENTS, unique_by=lambda each: each.id),
)
"""Much that nobody serves or is able to take."""


def dense_pool(number: int, weights: list[int], agents: list[AgentState], **said: Any) -> PoolState:
    """Two queues that all serve equally well, and much to do."""
    terms = {queue_id(n): queue(n, **said) for n in (1, 2)}
    serving = [replace(each, queues=dict.fromkeys(terms, 1)) for each in agents]
    waits = [
        waiting(n, number - n, queue_id=queue_id(1 + n % 2), weight=weight)
        for n, weight in enumerate(weights)
    ]
    return PoolState(terms, waits, serving)


dense = st.builds(
    dense_pool,
    number=numbers(0, 10),
    weights=st.lists(st.sampled_from([1, 1, 1, 2, 3]), min_size=5, max_size=15),
    agents=st.lists(agents, min_size=2, max_size=AGENTS, unique_by=lambda each: each.id),
    reserve_after=durations,
)
pools = sparse | dense
