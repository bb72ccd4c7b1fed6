"""Who is chosen, what is said about it, and what waits on."""

from datetime import timedelta
from typing import Any

import pytest
from tests.routing.assignment.pools import (
    NOW,
    agent,
    agent_id,
    ago,
    conversation_id,
    minutes,
    pool,
    queue,
    queue_id,
    waiting,
)

from routing.assignment import (
    AgentState,
    Matching,
    Mode,
    Proposal,
    QueueTerms,
    Reason,
    Waiting,
    match,
)


def only(matching: Matching) -> Proposal:
    [proposal] = matching.proposals
    return proposal


def chosen(*agents: AgentState, **said: Any) -> tuple[int, str]:
    """The number of the agent who gets a conversation, and what spoke for them."""
    proposal = only(match(pool([waiting(1, **said)], agents), NOW))
    return proposal.agent_id.int - 200, proposal.explanation["because"]


def test_an_offer_ends_a_direct_assignment_does_not() -> None:
    for mode, expires_at in ((Mode.OFFER, NOW + minutes(1)), (Mode.DIRECT, None)):
        proposal = only(match(pool([waiting(1, weight=2)], [agent(1, 3)], queue(mode=mode)), NOW))
        assert proposal == Proposal(
            conversation_id(1),
            queue_id(1),
            agent_id(1),
            2,
            mode,
            expires_at,
            {
                "chosen": {
                    "agent": str(agent_id(1)),
                    "proficiency": 1,
                    "load": 0,
                    "capacity": 3,
                    "idle_since": "2030-01-31T11:00:00+00:00",
                },
                "because": "only",
                "skills": {},
                "lower": {"count": 0, "first": []},
            },
        )


def test_proficiency_goes_before_load_load_before_idleness_that_before_ids() -> None:
    able = {"queues": {queue_id(1): 2}}
    assert chosen(agent(1, 4), agent(2, 4, 3, **able)) == (2, "proficiency")
    assert chosen(agent(1, 4, 2), agent(2, 10, 4, idle_since=ago(1))) == (2, "load")
    assert chosen(agent(1), agent(2, idle_since=ago(61))) == (2, "idle")
    assert chosen(agent(2), agent(1)) == (1, "id")


def test_skills_asked_for_count_as_proficiency_also_relaxed_ones() -> None:
    both = (agent(1, skills={"it": 1}), agent(2, skills={"it": 3, "de": 9}))
    assert chosen(*both, required_skills=frozenset({"it"})) == (2, "proficiency")
    assert chosen(agent(1), agent(2, skills={"it": 1}), preferred_skills={"it": ago(0)}) == (
        2,
        "proficiency",
    )


def test_the_sticky_agent_goes_before_better_ones_and_is_waited_for_in_bounds() -> None:
    better = agent(2, queues={queue_id(1): 9})
    known = {"sticky_agent": agent_id(1)}
    assert chosen(agent(1), better, **known) == (1, "sticky")
    waits = match(pool([waiting(1, 4.9, **known)], [agent(1, 1, 1), better]), NOW)
    assert waits.unmatched == {conversation_id(1): Reason.AWAITS_STICKY}
    assert waits.wake_at == ago(4.9) + minutes(5)
    assert chosen(agent(1, 1, 1), better, since=5, **known) == (2, "only")
    assert chosen(better, **known) == (2, "only")  # who is away is not waited for


def test_who_declined_is_left_out_for_a_while() -> None:
    declined: dict[str, Any] = {"declined": {agent_id(1): NOW + minutes(3)}}
    matching = match(pool([waiting(1, **declined)], [agent(1), agent(2)]), NOW)
    assert only(matching).agent_id == agent_id(2)
    assert only(matching).explanation["declined"] == {"count": 1, "first": [str(agent_id(1))]}
    assert matching.wake_at == NOW + minutes(3)
    assert chosen(agent(1), agent(2), declined={agent_id(1): NOW}) == (1, "id")


def test_what_all_have_declined_overflows_unless_they_have_there_too() -> None:
    said: dict[str, Any] = {"declined": {agent_id(1): NOW + minutes(3)}}
    here, there = queue(overflow=queue_id(2)), queue(2)
    elsewhere = agent(2, queues={queue_id(2): 1})
    both = agent(1, queues={queue_id(1): 1, queue_id(2): 1})
    [moved] = match(pool([waiting(1, **said)], [agent(1), elsewhere], here, there), NOW).overflows
    assert (moved.from_queue, moved.to_queue) == (queue_id(1), queue_id(2))
    assert moved.explanation["declined"]["first"] == [str(agent_id(1))]
    stays = match(pool([waiting(1, **said)], [both], here, there), NOW)
    assert stays.unmatched == {conversation_id(1): Reason.ALL_DECLINED}
    assert not stays.overflows


@pytest.mark.parametrize(
    ("said", "agents", "terms", "reason"),
    [
        ({"queue_id": queue_id(7)}, [agent(1)], queue(), Reason.UNKNOWN_QUEUE),
        ({}, [agent(1)], queue(mode=Mode.PULL), Reason.PULL),
        ({}, [agent(1)], queue(is_paused=True), Reason.PAUSED),
        ({}, [agent(1, queues={queue_id(2): 1})], queue(), Reason.NOBODY_SERVES),
        ({"required_skills": frozenset({"it"})}, [agent(1)], queue(), Reason.SKILLS_MISSING),
        ({"preferred_skills": {"it": ago(-1)}}, [agent(1)], queue(), Reason.SKILLS_MISSING),
        ({"weight": 2}, [agent(1)], queue(), Reason.TOO_LARGE),
        ({"declined": {agent_id(1): ago(-1)}}, [agent(1)], queue(), Reason.ALL_DECLINED),
        ({}, [agent(1, 1, 2)], queue(), Reason.ALL_BUSY),
    ],
)
def test_what_waits_has_a_reason(
    said: dict[str, Any], agents: list[AgentState], terms: QueueTerms, reason: Reason
) -> None:
    matching = match(pool([waiting(1, **said)], agents, terms), NOW)
    assert matching.unmatched == {conversation_id(1): reason}
    assert not matching.proposals


def test_the_first_large_one_of_a_queue_reserves_what_is_free() -> None:
    """Agent 2 lacks least; what comes later passes by, and the next large one reserves nothing."""
    waits = [waiting(1, 12, weight=3), waiting(2, 11, weight=3), waiting(3), waiting(4)]
    agents = [agent(1, 3, 2), agent(2, 4, 2), agent(3, 2, 0)]
    matching = match(pool(waits, agents), NOW)
    assert matching.reservations == {conversation_id(1): agent_id(2)}
    assert matching.unmatched == {
        conversation_id(1): Reason.RESERVING,
        conversation_id(2): Reason.ALL_BUSY,
    }
    assert [each.agent_id for each in matching.proposals] == [agent_id(3)] * 2
    assert matching.proposals[0].explanation["reserved"]["first"] == [str(agent_id(2))]
    early = match(pool([waiting(1, 9, weight=3), *waits[2:]], agents), NOW)
    assert not early.reservations
    assert early.wake_at == ago(9) + minutes(10)


def test_explanations_stay_small() -> None:
    agents = [agent(n, load=n % 2) for n in range(400)]
    skills = frozenset(f"skill {n}" for n in range(200))
    waits: list[Waiting] = [waiting(1), waiting(2, preferred_skills=dict.fromkeys(skills, ago(0)))]
    for proposal in match(pool(waits, agents), NOW).proposals:
        assert proposal.explanation["full"]["count"] >= 200
        assert len(str(proposal.explanation)) < 1500


def test_two_in_one_pass_go_as_in_two_passes() -> None:
    """Who was just given something counts as idle least."""
    agents = [agent(1, 4, 0), agent(2, 4, 1, idle_since=ago(1)), agent(3, 4, 1, idle_since=ago(2))]
    given = match(pool([waiting(n) for n in range(4)], agents), NOW + timedelta(hours=1)).proposals
    assert [each.agent_id.int - 200 for each in given] == [1, 3, 2, 1]
