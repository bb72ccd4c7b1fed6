"""What holds of every pass over every pool."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.routing.assignment import naive
from tests.routing.assignment.generated import pools
from tests.routing.assignment.pools import NOW

from routing.assignment import AgentState, Matching, Mode, PoolState, Reason, Waiting, match

INSTANT = timedelta(microseconds=1)


def timeless(matching: Matching) -> Matching:
    """All of it but until when offers stand."""
    proposals = [replace(each, expires_at=None) for each in matching.proposals]
    return replace(matching, proposals=proposals)


def loads_after(state: PoolState, matching: Matching) -> Counter[UUID]:
    loads = Counter({agent.id: agent.load for agent in state.agents})
    for proposal in matching.proposals:
        loads[proposal.agent_id] += proposal.weight
    return loads


def able(state: PoolState, waiting: Waiting, now: datetime) -> Sequence[AgentState]:
    """Those who may take it, by queue, skills and what they have declined."""
    insisted = {skill for skill, until in waiting.preferred_skills.items() if until > now}
    return [
        agent
        for agent in state.agents
        if waiting.queue_id in agent.queues
        and waiting.required_skills | insisted <= agent.skills.keys()
        and waiting.declined.get(agent.id, now) <= now
    ]


@given(pools)
def test_the_fast_matcher_does_what_the_obvious_one_does(state: PoolState) -> None:
    assert match(state, NOW) == naive.match(state, NOW)


@given(pools, st.randoms())
def test_the_order_in_which_things_are_told_does_not_matter(
    state: PoolState, random: Random
) -> None:
    waiting, agents = list(state.waiting), list(state.agents)
    random.shuffle(waiting)
    random.shuffle(agents)
    assert match(replace(state, waiting=waiting, agents=agents), NOW) == match(state, NOW)


@settings(max_examples=40)
@given(pools)
def test_every_conversation_has_one_outcome(state: PoolState) -> None:
    found = match(state, NOW)
    outcomes = Counter(found.unmatched.keys())
    outcomes.update(each.conversation_id for each in found.proposals)
    outcomes.update(each.conversation_id for each in found.overflows)
    assert outcomes == Counter(each.conversation_id for each in state.waiting)


@settings(max_examples=40)
@given(pools)
def test_nobody_is_given_more_than_their_capacity(state: PoolState) -> None:
    matching = match(state, NOW)
    given = {proposal.agent_id for proposal in matching.proposals}
    loads = loads_after(state, matching)
    assert all(loads[each.id] <= each.capacity for each in state.agents if each.id in given)


@settings(max_examples=40)
@given(pools)
def test_only_the_able_are_given_something_and_only_of_open_queues(state: PoolState) -> None:
    waiting = {each.conversation_id: each for each in state.waiting}
    for proposal in match(state, NOW).proposals:
        said, queue = waiting[proposal.conversation_id], state.queues[proposal.queue_id]
        assert proposal.agent_id in {each.id for each in able(state, said, NOW)}
        assert (proposal.queue_id, proposal.weight) == (said.queue_id, said.weight)
        assert proposal.mode is queue.mode is not Mode.PULL
        assert not queue.is_paused
        offered = queue.mode is Mode.OFFER
        assert proposal.expires_at == (NOW + queue.offer_timeout if offered else None)


@given(pools)
def test_nobody_able_is_free_beside_what_waits(state: PoolState) -> None:
    """But for reservations and the wait for the sticky agent, both within their bounds."""
    matching = match(state, NOW)
    loads, reserved = loads_after(state, matching), set(matching.reservations.values())
    for said in state.waiting:
        reason = matching.unmatched.get(said.conversation_id)
        queue = state.queues.get(said.queue_id)
        if reason is None or queue is None or reason in {Reason.PULL, Reason.PAUSED}:
            continue
        free = [a for a in able(state, said, NOW) if loads[a.id] + said.weight <= a.capacity]
        if reason is Reason.AWAITS_STICKY:
            assert said.queued_at + queue.sticky_for > NOW
            assert said.sticky_agent in {each.id for each in able(state, said, NOW)}
        else:
            assert {agent.id for agent in free} <= reserved


@settings(max_examples=40)
@given(pools)
def test_reservations_are_of_those_who_waited_and_one_for_each_queue(state: PoolState) -> None:
    matching = match(state, NOW)
    waiting = {each.conversation_id: each for each in state.waiting}
    reserving = [waiting[each] for each in matching.reservations]
    assert len({each.queue_id for each in reserving}) == len(reserving)
    assert len(set(matching.reservations.values())) == len(reserving)
    for said in reserving:
        assert said.queued_at + state.queues[said.queue_id].reserve_after <= NOW
        assert matching.unmatched[said.conversation_id] is Reason.RESERVING


@settings(max_examples=40)
@given(pools)
def test_alike_conversations_are_served_in_their_order(state: PoolState) -> None:
    """Of two that ask the same, the later one is not given something that the first is not."""
    plain = [replace(w, sticky_agent=None, declined={}, preferred_skills={}) for w in state.waiting]
    given = {p.conversation_id for p in match(replace(state, waiting=plain), NOW).proposals}
    ordered = sorted(plain, key=lambda each: (each.effective_at, each.conversation_id))
    for key in {(each.queue_id, each.weight, each.required_skills) for each in plain}:
        alike = [w for w in ordered if (w.queue_id, w.weight, w.required_skills) == key]
        served = [each.conversation_id in given for each in alike]
        assert all(first or not second for first, second in pairwise(served))


@settings(max_examples=40)
@given(pools)
def test_overflow_is_of_what_all_have_declined_and_goes_where_told(state: PoolState) -> None:
    waiting = {each.conversation_id: each for each in state.waiting}
    for moved in match(state, NOW).overflows:
        said = waiting[moved.conversation_id]
        assert moved.from_queue == said.queue_id
        assert moved.to_queue == state.queues[said.queue_id].overflow != said.queue_id
        assert all(agent.capacity < said.weight for agent in able(state, said, NOW))


@given(pools, st.floats(0, 1))
def test_nothing_changes_before_the_wake(state: PoolState, part: float) -> None:
    matching = match(state, NOW)
    until = matching.wake_at or NOW + timedelta(days=1)
    assert until > NOW
    for instant in (NOW + part * (until - NOW - INSTANT), until - INSTANT):
        later = match(state, instant)
        assert timeless(later) == timeless(matching)


@settings(max_examples=40)
@given(pools)
def test_explanations_are_json_and_count_everybody_once(state: PoolState) -> None:
    for proposal in match(state, NOW).proposals:
        explained = json.loads(json.dumps(proposal.explanation))
        assert explained == proposal.explanation
        assert explained["chosen"]["agent"] == str(proposal.agent_id)
        barred = ("lacking_skills", "too_small", "declined", "full", "reserved")
        counted = sum(explained.get(kind, {"count": 0})["count"] for kind in barred)
        serving = sum(proposal.queue_id in agent.queues for agent in state.agents)
        assert 1 + explained["lower"]["count"] + counted == serving
