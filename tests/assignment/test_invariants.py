"""Whatever several workers and agents do at once, and wherever they die: nothing is held twice.

Every step does some things at the same time on a real PostgreSQL; in some of them a session is
ended right before one of its statements. After each step everything in `audit` must hold; in the
end, when only the worker still does something, nobody may be free beside what waits.

Each guard, taken away, was seen to fail: here, where nothing else is named, or in the test named.

- `load + weight <= capacity` in `loads.RESERVE`: "given beyond capacity"
- `loads.release` in `holds.end`: "a load is not what is held"
- `assignments` in `Change.tell`: "the events tell otherwise"
- `leave_queue` in `Change.accept`: "assigned, but" with a stay in the queue
- the waiting time that `moving` carries on: "the customer's waiting time was lost"
- `status = 'queued'` in `rounds.LOCK`: the unique index `assignment_active_key` refuses the second
  hold (`test_what_was_taken_meanwhile_is_not_offered`)
- the queue in `rounds.LOCK`: `test_what_was_moved_meanwhile_is_not_offered_from_where_it_was`
- `SKIP LOCKED` there: a lock time-out in `test_what_somebody_has_locked_is_passed_over`
- the lock of the pool: `test_a_pool_is_matched_by_one_worker_at_a_time`,
  `test_nobody_is_matched_while_memberships_change`
- `lapses.STILL`: `test_an_offer_accepted_while_it_expires_is_one_of_the_two`
- the release in `holds.drop`: `test_erasing_gives_back_capacity`
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar
from uuid import UUID

import asyncpg
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from tests.assignment import audit
from tests.assignment.floor import AGENTS, SKILLS, Floor
from tests.assignment.mortal import Mortal

from gateway.database.connections import Database, is_database_away
from gateway.problems import Problem

Action = tuple[str, int, int, int]
"""What is done, by which agent, to which of the conversations, with which other agent or queue."""

KINDS = (
    *("match",) * 4,
    *("take", "take_next", "accept") * 2,
    "decline",
    "release",
    "solve",
    "pass_on",
    "assign",
    "move",
    "settle",
    "expire",
    "go",
    "arrive",
    "join",
    "quit",
    "drain",
)

ACTIONS = st.tuples(
    st.sampled_from(KINDS), st.integers(0, AGENTS - 1), st.integers(0, 30), st.integers(0, 2)
)


class World:
    """One database, whose floor begins anew for every example."""

    def __init__(self, runner: asyncio.Runner, dsn: str) -> None:
        self.runner = runner
        self.mortal = runner.run(_made(Mortal, dsn))
        self.plain = runner.run(_made(Database, dsn))
        self.auditor: asyncpg.Connection[Any] = runner.run(self.plain.connect())
        self.floor = Floor(self.mortal, self.plain)

    def close(self) -> None:
        self.runner.run(self.auditor.close())
        self.runner.run(self.mortal.close())
        self.runner.run(self.plain.close())

    async def at_once(self, actions: list[Action], die_before: int | None, seed: int) -> None:
        self.mortal.chance.seed(seed)
        self.mortal.die_before, self.mortal.deaths = die_before, 0
        await asyncio.gather(*(self._attempt(action) for action in actions))
        self.mortal.die_before = None

    async def _attempt(self, action: Action) -> None:
        """A refusal is an answer, a death is what we came for; anything else is a defect."""
        try:
            await self._do(*action)
        except Problem:
            pass
        except Exception as error:
            if not (self.mortal.deaths and is_database_away(error)):
                raise

    async def _do(self, kind: str, who: int, what: int, whither: int) -> None:
        floor = self.floor
        agent, other = floor.agents[who], floor.agents[whither % AGENTS]
        queue = floor.queues[whither % 2]
        conversations = floor.conversations
        conversation = conversations[what % len(conversations)] if conversations else UUID(int=0)
        deeds: dict[str, Callable[[], Awaitable[None]]] = {
            "match": floor.match,
            "settle": floor.settle,
            "expire": floor.expire,
            "take": lambda: floor.take(conversation, agent),
            "take_next": lambda: floor.take_next(queue, agent),
            "accept": lambda: self._accept_twice(agent),
            "decline": lambda: floor.answer_offers(agent, accepts=False),
            "release": lambda: floor.release(conversation, agent),
            "solve": lambda: floor.solve(conversation, agent),
            "pass_on": lambda: floor.pass_on(conversation, agent, other, False),
            "assign": lambda: floor.pass_on(conversation, agent, other, True),
            "move": lambda: floor.move(conversation, agent, queue),
            "go": lambda: floor.go(agent),
            "arrive": lambda: floor.arrive(agent),
            "join": lambda: floor.join(agent, queue),
            "quit": lambda: floor.quit(agent, queue),
            "drain": lambda: floor.drain(agent, is_draining=whither == 0),
        }
        await deeds[kind]()

    async def _accept_twice(self, agent: UUID) -> None:
        accepting = (self.floor.answer_offers(agent, accepts=True) for _ in range(2))
        for outcome in await asyncio.gather(*accepting, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome

    async def come_to_rest(self) -> None:
        """Everybody comes back, nobody does anything but the worker; then look."""
        floor = self.floor
        await floor.arrive(*floor.agents)
        for agent in floor.agents:
            await floor.drain(agent, is_draining=False)
        before = None
        while before != (before := await self._events()):
            await floor.settle()
            await floor.match()
        await audit.check(self.auditor)
        await audit.check_quiet(self.auditor)

    async def _events(self) -> int:
        return int(await self.auditor.fetchval("SELECT sum(pos) FROM feed_head"))


async def _made(kind: type[Any], dsn: str) -> Any:
    return kind(dsn)


class Bustle(RuleBasedStateMachine):
    world: ClassVar[World]

    @initialize(waiting=st.integers(2, 8))
    def begin(self, waiting: int) -> None:
        self.run(self.world.floor.open())
        for n in range(waiting):
            self.run(self.world.floor.write(self.world.floor.queues[n % 2], []))

    @rule(queue=st.integers(0, 1), skills=st.lists(st.sampled_from(SKILLS), max_size=1))
    def write(self, queue: int, skills: list[str]) -> None:
        self.run(self.world.floor.write(self.world.floor.queues[queue], skills))

    @rule(
        actions=st.lists(ACTIONS, min_size=1, max_size=8),
        die_before=st.none() | st.integers(0, 60),
        seed=st.integers(0, 1_000),
    )
    def at_once(self, actions: list[Action], die_before: int | None, seed: int) -> None:
        self.run(self.world.at_once(actions, die_before, seed))

    @invariant()
    def holds(self) -> None:
        self.run(audit.check(self.world.auditor))

    def teardown(self) -> None:
        if self.world.floor.conversations:
            self.run(self.world.come_to_rest())

    def run(self, work: Awaitable[None]) -> None:
        async def within_time() -> None:
            async with asyncio.timeout(60):
                await work

        self.world.runner.run(within_time())


def test_nothing_is_held_twice_nor_lost(dsn: str) -> None:
    with asyncio.Runner() as runner:
        world = World(runner, dsn)
        Bustle.world = world
        run_state_machine_as_test(
            Bustle,
            settings=settings(
                max_examples=8,
                stateful_step_count=10,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
        world.close()
