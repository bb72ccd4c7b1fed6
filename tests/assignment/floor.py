"""A floor of agents at work: what each may do, as the gateway's own functions do it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text, update

from gateway.access.secret_box import SecretBox, new_key
from gateway.assignment import lapses, offers, pools, rounds
from gateway.assignment.presence import renew
from gateway.configuration import Configuration
from gateway.conversations import assigning, moving
from gateway.conversations.moving import Mover, Summary
from gateway.database.connections import Database
from gateway.database.schema import (
    Agent,
    Channel,
    Contact,
    Conversation,
    Identity,
    Presence,
    Queue,
    QueueEntry,
)
from gateway.feed.item import impersonal_fields
from gateway.feed.log import EventType, append_in, in_place
from gateway.first_start import create_workspace
from gateway.ids import new_id
from gateway.wakeups import Wakeups

AGENTS, CAPACITY = 3, 2
SKILLS = ("french", "refunds")


class Floor:
    """Two queues that offer and give, three agents; each action is one transaction or command."""

    def __init__(self, database: Database, plain: Database) -> None:
        self.database = database
        self._plain = plain
        self.configuration = Configuration(plain, SecretBox(new_key()), Wakeups(plain), 60)
        self.conversations: list[UUID] = []

    async def open(self) -> None:
        """Begin anew, with everybody there and nothing to do."""
        async with self._plain.transaction() as session:
            await session.execute(text("TRUNCATE workspace, event, feed_head CASCADE"))
            workspace = await create_workspace(session, "floor")
            self.workspace_id = workspace.id
            self.channel = Channel(
                workspace_id=workspace.id,
                id=new_id(),
                kind="email",
                provider="smtp",
                name="Mail",
                address="floor@example.org",
                public_key="ch_floor",
            )
            self.queues = [new_id(), new_id()]
            agents = [
                Agent(
                    workspace_id=workspace.id,
                    id=new_id(),
                    name=f"Agent {n}",
                    email=f"{n}@example.com",
                    capacity=CAPACITY,
                    skills=dict.fromkeys(SKILLS[: n % 3], 1),
                )
                for n in range(AGENTS)
            ]
            given = [
                Queue(
                    workspace_id=workspace.id,
                    id=id_,
                    name=mode,
                    level=1,
                    mode=mode,
                    wrap_up_s=wrap_up_s,
                )
                for id_, mode, wrap_up_s in zip(
                    self.queues, ("offer", "direct"), (3600, 0), strict=True
                )
            ]
            session.add_all([self.channel, *agents, *given])
        self.agents = [agent.id for agent in agents]
        self.conversations = []
        for agent in self.agents:
            await self.join(agent, self.queues[0])
        await self.join(self.agents[0], self.queues[1])
        await self.arrive(*self.agents)

    async def arrive(self, *agents: UUID) -> None:
        keys = [(self.workspace_id, agent) for agent in agents]
        async with self._plain.transaction() as session:
            await renew(session, keys, datetime.now(UTC))

    async def go(self, agent: UUID) -> None:
        gone = update(Presence).where(Presence.agent_id == agent)
        async with self._plain.transaction() as session:
            await session.execute(gone.values(until=datetime.now(UTC)))

    async def join(self, agent: UUID, queue: UUID) -> None:
        async with pools.staffing(self.database, self.workspace_id) as session:
            await pools.join(session, self.workspace_id, agent, queue, 1)

    async def quit(self, agent: UUID, queue: UUID) -> None:
        async with pools.staffing(self.database, self.workspace_id) as session:
            await pools.leave(session, self.workspace_id, agent, [queue])

    async def write(self, queue: UUID, skills: list[str]) -> None:
        """A customer writes: a conversation waits, as ingest leaves it."""
        now = datetime.now(UTC)
        keys = {"workspace_id": self.workspace_id}
        async with self._plain.transaction() as session:
            contact = Contact(**keys, id=new_id(), name="Bob")
            session.add(contact)
            await session.flush()
            address = f"{contact.id}@example.net"
            identity = Identity(
                **keys,
                id=new_id(),
                contact_id=contact.id,
                space="email",
                address=address,
                last_seen_at=now,
            )
            session.add(identity)
            await session.flush()
            conversation = Conversation(
                **keys,
                id=new_id(),
                channel_id=self.channel.id,
                identity_id=identity.id,
                status="queued",
                queue_id=queue,
                priority="normal",
                required_skills=skills,
                tags=[],
                version=1,
                message_count=1,
                opened_at=now,
                last_message_at=now,
            )
            session.add(conversation)
            await session.flush()
            entry = {"conversation_id": conversation.id, "queue_id": queue, "id": new_id()}
            session.add(QueueEntry(**keys, **entry, queued_at=now, effective_at=now))
            data = {"conversation": impersonal_fields(conversation, 1)}
            await append_in(session, in_place(conversation, EventType.OPENED, data, version=1))
        self.conversations.append(conversation.id)

    async def match(self) -> None:
        """One worker's turn over all pools, without its waiting."""
        async with self.database.transaction() as session:
            found = await rounds.waiting_pools(session)
        for pool in found:
            async with self.database.transaction() as session:
                await rounds.play(session, pool, datetime.now(UTC))

    async def settle(self) -> None:
        """End what is over."""
        async with self.database.transaction() as session:
            over = await lapses.find(session, datetime.now(UTC))
        for lapse in over:
            await lapses.settle(self.database, lapse, datetime.now(UTC))

    async def expire(self) -> None:
        """Let every offer and wrap-up be over by now."""
        async with self._plain.transaction() as session:
            statement = "UPDATE assignment SET due_at = now() WHERE due_at IS NOT NULL"
            await session.execute(text(statement))

    async def drain(self, agent: UUID, *, is_draining: bool) -> None:
        drained = update(Agent).where(Agent.id == agent).values(is_draining=is_draining)
        async with self._plain.transaction() as session:
            await session.execute(drained)

    async def take(self, conversation: UUID, agent: UUID) -> None:
        await assigning.take(self.database, self.workspace_id, conversation, agent)

    async def take_next(self, queue: UUID, agent: UUID) -> None:
        await assigning.take_next(self.database, self.workspace_id, queue, agent)

    async def release(self, conversation: UUID, agent: UUID) -> None:
        await assigning.release(self.database, self.workspace_id, conversation, agent)

    async def solve(self, conversation: UUID, agent: UUID) -> None:
        await assigning.solve(
            self.database, self.configuration, self.workspace_id, conversation, agent
        )

    async def pass_on(self, conversation: UUID, agent: UUID, colleague: UUID, boss: bool) -> None:
        await moving.pass_on(
            self.database,
            self.workspace_id,
            conversation,
            Mover(agent, boss),
            to_agent_id=colleague,
            summary=Summary(),
        )

    async def move(self, conversation: UUID, agent: UUID, queue: UUID) -> None:
        await moving.transfer(
            self.database,
            self.workspace_id,
            conversation,
            Mover(agent),
            to_queue_id=queue,
            summary=Summary(),
        )

    async def answer_offers(self, agent: UUID, *, accepts: bool) -> None:
        """Accept, twice at once, or decline all that the agent is offered."""
        async with self.database.transaction() as session:
            mine: list[Any] = list(await offers.of_agent(session, self.workspace_id, agent))
        for offer in mine:
            if accepts:
                await offers.accept(self.database, self.workspace_id, offer.id, agent)
            else:
                await offers.decline(self.database, self.workspace_id, offer.id, agent, "busy")
