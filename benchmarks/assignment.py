"""One pass of the matcher over 10,000 waiting conversations and 500 agents, beside a naive one.

Both take the same pools and give the same result, explanations included. In one pool the agents
come with little to do, so that thousands are placed; in the other they are full, as on most passes
of a busy day.
"""

import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from benchmarks.results import compared, publish
from tests.routing.assignment import naive

from routing.assignment import AgentState, Matching, Mode, PoolState, QueueTerms, Waiting, match
from routing.priority import Priority, effective_at

RUNS = 5
WAITING = 10_000
AGENTS = 500
QUEUES = 12
SKILLS = ("de", "fr", "it", "tax", "vip")
NOW = datetime(2030, 1, 31, 12, tzinfo=UTC)
TIMES_NAIVE = 10.0
SECONDS = 1.0
"""A pass is to take less."""
TEN_TIMES = 0.08
"""What ten times as much waits may cost: little more than ten times as much."""

Matcher = Callable[[PoolState, datetime], Matching]


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def pool(waiting: int, *, seed: int) -> PoolState:
    """Queues that overlap in their agents, three conversations in ten that ask for a skill."""
    draw = random.Random(seed)
    queues = {UUID(int=n): _queue(n) for n in range(QUEUES)}
    return PoolState(
        queues,
        [_waiting(draw) for _ in range(waiting)],
        [_agent(n, draw) for n in range(AGENTS)],
    )


def full(state: PoolState) -> PoolState:
    """The same, its agents with as much as they can take."""
    return replace(state, agents=[replace(each, load=each.capacity) for each in state.agents])


def _queue(number: int) -> QueueTerms:
    return QueueTerms(UUID(int=number), 1, Mode.OFFER, minutes(1), minutes(5), minutes(10))


def _waiting(draw: random.Random) -> Waiting:
    since = NOW - minutes(draw.uniform(0, 300))
    asked: dict[str, Any] = {}
    if draw.random() < 0.3:
        asked["required_skills"] = frozenset({draw.choice(SKILLS)})
    if draw.random() < 0.2:
        asked["preferred_skills"] = {draw.choice(SKILLS): since + minutes(5)}
    if draw.random() < 0.1:
        asked["sticky_agent"] = UUID(int=draw.randrange(AGENTS))
    if draw.random() < 0.1:
        asked["declined"] = {UUID(int=draw.randrange(AGENTS)): NOW + minutes(3)}
    return Waiting(
        UUID(int=draw.getrandbits(128)),
        UUID(int=draw.randrange(QUEUES)),
        since,
        effective_at(since, draw.choice(list(Priority))),
        draw.choice((1, 1, 1, 2)),
        **asked,
    )


def _agent(number: int, draw: random.Random) -> AgentState:
    served = draw.sample(range(QUEUES), 4)
    return AgentState(
        UUID(int=number),
        capacity=draw.choice((3, 5, 8)),
        load=draw.choice((0, 0, 1, 2)),
        idle_since=NOW - minutes(draw.uniform(0, 60)),
        queues={UUID(int=n): draw.randint(1, 3) for n in served},
        skills={skill: draw.randint(1, 3) for skill in draw.sample(SKILLS, 2)},
    )


def timed(matcher: Matcher, state: PoolState) -> tuple[float, Matching]:
    """Seconds of processor time that a pass takes, and what comes out."""
    began = time.process_time()
    matching = matcher(state, NOW)
    return time.process_time() - began, matching


def main() -> None:
    seconds: dict[str, list[float]] = {}
    placed: list[int] = []

    def measured(name: str, matcher: Matcher, state: PoolState) -> Matching:
        spent, matching = timed(matcher, state)
        seconds.setdefault(name, []).append(spent)
        return matching

    for seed in range(RUNS):
        state, ten = pool(WAITING, seed=seed), pool(10 * WAITING, seed=seed)
        ours = measured("placing", match, state)
        assert ours == measured("placing naively", naive.match, state)
        placed.append(len(ours.proposals))
        assert measured("full", match, full(state)) == measured(
            "full naively", naive.match, full(state)
        )
        measured("full, ten times", match, full(ten))
    rates = {name: [1 / each for each in spent] for name, spent in seconds.items()}
    publish(
        "assignment",
        [
            compared(
                "seconds of a pass that places",
                "s",
                seconds["placing"],
                target=SECONDS,
                better="less",
            ),
            compared(
                "passes that place / naive",
                "1/s",
                rates["placing"],
                rates["placing naively"],
                target=TIMES_NAIVE,
            ),
            compared(
                "conversations placed",
                "1/s",
                [n / s for n, s in zip(placed, seconds["placing"], strict=True)],
            ),
            compared(
                "passes over full agents / naive",
                "1/s",
                rates["full"],
                rates["full naively"],
                target=TIMES_NAIVE,
            ),
            compared(
                "passes over 100,000 / over 10,000, full",
                "1/s",
                rates["full, ten times"],
                rates["full"],
                target=TEN_TIMES,
            ),
        ],
    )


if __name__ == "__main__":
    main()
