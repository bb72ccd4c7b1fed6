"""What a page of 50 costs among 1,000 and among 1,000,000 conversations, in one run.

Workspaces of both sizes lie in one PostgreSQL, filled by COPY. One conversation in twenty is open,
in the small one every second, so that both have full pages. `LISTS_CONVERSATIONS=100000` makes the
large one smaller. Pages are asked for in turn, as the API does, and timed whole: statement, rows,
items.
"""

import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any
from uuid import UUID

import asyncpg
from benchmarks.fresh_database import fresh_database
from benchmarks.results import Figure, compared, publish
from sqlalchemy import select

from gateway.access.secret_box import SecretBox, new_key
from gateway.access.tokens import Principal, Role, issue
from gateway.conversations.inbox import count_open
from gateway.conversations.listing import Key, Order, Wanted, list_conversations
from gateway.database.connections import Database
from gateway.database.schema import Agent, Queue
from gateway.first_start import create_workspace, starting_channels
from gateway.ids import new_id

RUNS = 5
PAGES = 40
SMALL = 1_000
LARGE = int(os.environ.get("LISTS_CONVERSATIONS", "1000000"))
PAGE = 50
TIMES_SMALL = 2.0
PER_CONTACT = 10
AGENTS = 5
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
OPEN_SHARE = 0.05
LEAST_OPEN = 500
"""So many are not closed; where there are few conversations enough for full pages, still."""
STATUSES = ("queued", "assigned", "pending", "solved")

Asked = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Desk:
    """A workspace full of conversations, one of its agents and one of its contacts."""

    database: Database
    caller: Principal
    queue: UUID
    contact: UUID

    async def page(self, wanted: Wanted, order: Order = "recent", after: Key | None = None) -> int:
        async with self.database.transaction() as session:
            items = await list_conversations(
                session, self.caller, wanted, order=order, limit=PAGE, after=after
            )
        return len(items)

    async def counts(self) -> int:
        async with self.database.transaction() as session:
            return sum(row.total for row in await count_open(session, self.caller))

    def asked(self) -> dict[str, Asked]:
        """Each list as an agent's page asks for it."""
        middle = (NOW - timedelta(days=180), UUID(int=0))
        mine = Wanted(assignee_id=self.caller.agent_id)
        return {
            "recent": lambda: self.page(Wanted()),
            "of a queue, waiting": lambda: self.page(
                Wanted(statuses=("queued",), queue_id=self.queue)
            ),
            "of level 2": lambda: self.page(Wanted(level=2)),
            "mine": lambda: self.page(mine),
            "with a tag": lambda: self.page(Wanted(tags=("vip",))),
            "due first": lambda: self.page(Wanted(), "due"),
            "of a contact": lambda: self.page(Wanted(contact_id=self.contact)),
            "closed": lambda: self.page(Wanted(statuses=("closed",))),
            "closed, far down": lambda: self.page(Wanted(statuses=("closed",)), after=middle),
        }


async def furnish(database: Database, name: str, number: int) -> Desk:
    """A workspace of so many conversations, ten to a contact."""
    async with database.transaction() as session:
        workspace = await create_workspace(session, name)
        channels = starting_channels(workspace.id, SecretBox(new_key()))
        channel = next(each for each in channels if each.kind == "web_form")
        session.add(channel)
        agents = [_agent(workspace.id, name, n) for n in range(AGENTS)]
        session.add_all(agents)
        await session.flush()
        found = select(Queue.id).where(Queue.workspace_id == workspace.id).order_by(Queue.level)
        queues = list(await session.scalars(found))
        token = await issue(session, workspace.id, name="x", role=Role.AGENT, agent_id=agents[0].id)
    contacts = [new_id() for _ in range(number // PER_CONTACT)]
    people = [agent.id for agent in agents]
    connection = await database.connect()
    await _copy_contacts(connection, workspace.id, contacts)
    rows = _conversations(workspace.id, number, channel.id, contacts, queues, people)
    await connection.copy_records_to_table("conversation", records=rows, columns=COLUMNS)
    await connection.close()
    caller = Principal(workspace.id, token.token.id, "x", Role.AGENT, agents[0].id)
    return Desk(database, caller, queues[0], contacts[0])


def _agent(workspace_id: int, name: str, number: int) -> Agent:
    email = f"{number}@{name}.test"
    return Agent(workspace_id=workspace_id, id=new_id(), name=f"Agent {number}", email=email)


async def _copy_contacts(
    connection: "asyncpg.Connection[Any]", workspace_id: int, contacts: list[UUID]
) -> None:
    await connection.copy_records_to_table(
        "contact",
        records=((workspace_id, id_, f"Customer {n}", "{}") for n, id_ in enumerate(contacts)),
        columns=["workspace_id", "id", "name", "attributes"],
    )
    await connection.copy_records_to_table(
        "identity",
        records=((workspace_id, id_, id_, "email", f"{id_}@example.com", NOW) for id_ in contacts),
        columns=["workspace_id", "id", "contact_id", "space", "address", "last_seen_at"],
    )


COLUMNS = [
    "workspace_id",
    "id",
    "channel_id",
    "identity_id",
    "subject",
    "status",
    "queue_id",
    "priority",
    "assignee_id",
    "tags",
    "version",
    "message_count",
    "opened_at",
    "last_message_at",
    "closed_at",
    "due_at",
]


def _conversations(
    workspace_id: int,
    number: int,
    channel: UUID,
    contacts: list[UUID],
    queues: list[UUID],
    agents: list[UUID],
) -> Iterator[tuple[Any, ...]]:
    """A year of them: the open ones lie anywhere in it, and so do those of each contact."""
    draw = random.Random(number)
    every = min(round(1 / OPEN_SHARE), number // LEAST_OPEN)
    for n in range(number):
        is_open = n % every == 0
        status = draw.choice(STATUSES) if is_open else "closed"
        at = NOW - timedelta(days=365) * draw.random()
        yield (
            workspace_id,
            new_id(),
            channel,
            contacts[n % len(contacts)],
            "About my order",
            status,
            draw.choice(queues),
            "normal",
            None if status == "queued" else draw.choice(agents),
            ["vip"] if draw.random() < 0.2 else [],
            1,
            1,
            at,
            at,
            None if is_open else at,
            at + timedelta(days=1) if is_open and status != "solved" else None,
        )


async def timed(ask: Asked, times: int) -> float:
    """Milliseconds that a page takes, in the middle of so many."""
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        await ask()
        spent.append(1_000 * (time.perf_counter() - began))
    return median(spent)


async def measure(database: Database) -> list[Figure]:
    small, large = [await furnish(database, f"of {n}", n) for n in (SMALL, LARGE)]
    connection = await database.connect()
    await connection.execute("VACUUM ANALYZE")
    await connection.close()
    few, many = small.asked(), large.asked()
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in few}
    counted = []
    for _ in range(RUNS):
        for name in few:
            spent[name].append((await timed(many[name], PAGES), await timed(few[name], PAGES)))
        counted.append(await timed(large.counts, 5))
    figures = [
        compared(
            f"page {name}: of {LARGE:,} / of {SMALL:,}",
            "ms",
            [of_many for of_many, _ in runs],
            [of_few for _, of_few in runs],
            target=TIMES_SMALL,
            better="less",
        )
        for name, runs in spent.items()
    ]
    at_hand = await large.counts()
    return [*figures, compared(f"inbox counts, {at_hand:,} open", "ms", counted)]


async def main() -> None:
    async with fresh_database() as database:
        publish("lists", await measure(database))


if __name__ == "__main__":
    asyncio.run(main())
