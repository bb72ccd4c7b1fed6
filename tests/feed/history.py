"""A team at work, at random: changes conversations and tells of it, in one transaction each."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.connections import Database
from gateway.database.schema import (
    Agent,
    Channel,
    Contact,
    Conversation,
    FeedHead,
    Identity,
    Queue,
    QueueMember,
)
from gateway.feed.item import impersonal_fields
from gateway.feed.log import EventType, Happening, append_in
from gateway.feed.scope import members_of, tell_members
from gateway.first_start import create_workspace
from gateway.ids import new_id

OPEN, CLOSED = ("queued", "assigned", "solved"), "closed"


@dataclass(frozen=True)
class Team:
    """A workspace with two queues, one channel and one agent."""

    workspace_id: int
    queues: tuple[UUID, UUID]
    channel_id: UUID
    agent_id: UUID


async def make_team(database: Database, name: str) -> Team:
    async with database.transaction() as session:
        workspace = await create_workspace(session, name)
        channel = Channel(
            workspace_id=workspace.id,
            id=new_id(),
            kind="email",
            provider="smtp",
            name="Mail",
            address=f"{name}@example.org",
            public_key=f"ch_{name}",
        )
        agent = Agent(
            workspace_id=workspace.id, id=new_id(), name="Ada", email=f"{name}@example.com"
        )
        session.add_all([channel, agent])
        queues = select(Queue.id).where(Queue.workspace_id == workspace.id).order_by(Queue.level)
        first, second = await session.scalars(queues)
        await session.flush()
        return Team(workspace.id, (first, second), channel.id, agent.id)


class Writer:
    """Each step is one transaction with one event; the random numbers decide which."""

    def __init__(self, database: Database, team: Team, seed: int = 0) -> None:
        self._database = database
        self._team = team
        self._random = Random(seed)

    async def step(self) -> int:
        """Open a conversation or change one; returns the event's position."""
        async with self._database.transaction() as session:
            return await self.step_in(session)

    async def step_in(self, session: AsyncSession) -> int:
        conversation = None if self._random.random() < 0.3 else await self._any_open(session)
        if conversation is None:
            return await self._open(session)
        return await self._change(session, conversation)

    async def steps(self, count: int) -> list[int]:
        return [await self.step() for _ in range(count)]

    async def open(self, subject: str = "A question", queue: int = 0) -> tuple[UUID, int]:
        async with self._database.transaction() as session:
            conversation = await self._insert(session, subject, self._team.queues[queue])
            return conversation.id, await self._tell_of_opening(session, conversation)

    async def move(self, conversation_id: UUID, queue: int) -> int:
        change = {"queue_id": self._team.queues[queue], "level": queue + 1}
        return await self._change_one(conversation_id, EventType.ESCALATED, change)

    async def assign(self, conversation_id: UUID) -> int:
        change = {"status": "assigned", "assignee_id": self._team.agent_id}
        return await self._change_one(conversation_id, EventType.ASSIGNED, change)

    async def release(self, conversation_id: UUID) -> int:
        change = {"status": "queued", "assignee_id": None}
        return await self._change_one(conversation_id, EventType.RELEASED, change)

    async def _change_one(
        self, conversation_id: UUID, event_type: EventType, change: dict[str, Any]
    ) -> int:
        async with self._database.transaction() as session:
            conversation = await session.get_one(
                Conversation, (self._team.workspace_id, conversation_id), with_for_update=True
            )
            return await self._apply(session, conversation, event_type, change)

    async def serve(self, queue: int, *agents: UUID) -> int:
        """Let these agents, and nobody else, be members of a queue."""
        async with self._database.transaction() as session:
            workspace_id, queue_id = self._team.workspace_id, self._team.queues[queue]
            before = await members_of(session, workspace_id, queue_id)
            await session.execute(
                delete(QueueMember).where(
                    QueueMember.workspace_id == workspace_id, QueueMember.queue_id == queue_id
                )
            )
            session.add_all(
                QueueMember(workspace_id=workspace_id, agent_id=agent, queue_id=queue_id)
                for agent in agents
            )
            await session.flush()
            await tell_members(session, workspace_id, {queue_id: before})
        async with self._database.transaction() as session:
            return (await session.get_one(FeedHead, workspace_id)).pos

    async def erase(self, conversation_id: UUID) -> int:
        async with self._database.transaction() as session:
            conversation = await session.get_one(
                Conversation, (self._team.workspace_id, conversation_id), with_for_update=True
            )
            await session.delete(conversation)
            return await append_in(
                session, happening_to(conversation, EventType.ERASED, conversation.version + 1)
            )

    async def _any_open(self, session: AsyncSession) -> Conversation | None:
        found = await session.scalars(
            select(Conversation)
            .where(
                Conversation.workspace_id == self._team.workspace_id, Conversation.status.in_(OPEN)
            )
            .order_by(Conversation.id.desc())
            .limit(1)
            .offset(self._random.randrange(4))
            .with_for_update(skip_locked=True)
        )
        return found.one_or_none()

    async def _open(self, session: AsyncSession) -> int:
        conversation = await self._insert(session, "A question", self._team.queues[0])
        return await self._tell_of_opening(session, conversation)

    async def _insert(self, session: AsyncSession, subject: str, queue_id: UUID) -> Conversation:
        workspace_id, now = self._team.workspace_id, datetime.now(UTC)
        contact = Contact(workspace_id=workspace_id, id=new_id(), name="Bob")
        session.add(contact)
        await session.flush()
        identity = Identity(
            workspace_id=workspace_id,
            id=new_id(),
            contact_id=contact.id,
            space="email",
            address=f"{contact.id}@example.net",
            last_seen_at=now,
        )
        session.add(identity)
        await session.flush()
        conversation = Conversation(
            workspace_id=workspace_id,
            id=new_id(),
            channel_id=self._team.channel_id,
            identity_id=identity.id,
            subject=subject,
            status="queued",
            queue_id=queue_id,
            priority="normal",
            tags=["new"],
            version=1,
            message_count=1,
            opened_at=now,
            last_message_at=now,
        )
        session.add(conversation)
        await session.flush()
        return conversation

    async def _tell_of_opening(self, session: AsyncSession, conversation: Conversation) -> int:
        level = self._team.queues.index(conversation.queue_id) + 1
        data = {"conversation": impersonal_fields(conversation, level)}
        happening = happening_to(conversation, EventType.OPENED, 1, data)
        return await append_in(session, replace(happening, queue_before=None))

    async def _change(self, session: AsyncSession, conversation: Conversation) -> int:
        now = datetime.now(UTC)
        queue = self._random.randrange(2)
        changes: list[tuple[EventType, dict[str, Any]]] = [
            (
                EventType.RECEIVED,
                {"message_count": conversation.message_count + 1, "last_message_at": now},
            ),
            (EventType.ASSIGNED, {"status": "assigned", "assignee_id": self._team.agent_id}),
            (EventType.RELEASED, {"status": "queued", "assignee_id": None}),
            (EventType.ESCALATED, {"queue_id": self._team.queues[queue], "level": queue + 1}),
            (EventType.SOLVED, {"status": "solved", "solved_at": now, "assignee_id": None}),
            (EventType.CLOSED, {"status": CLOSED, "closed_at": now, "assignee_id": None}),
        ]
        return await self._apply(session, conversation, *self._random.choice(changes))

    async def _apply(
        self,
        session: AsyncSession,
        conversation: Conversation,
        event_type: EventType,
        change: dict[str, Any],
    ) -> int:
        before = conversation.queue_id, conversation.assignee_id
        level = change.get("level") or self._team.queues.index(conversation.queue_id) + 1
        old = impersonal_fields(conversation, level)
        for column, value in change.items():
            setattr(conversation, column, value)
        conversation.version += 1
        new = impersonal_fields(conversation, level)
        changed = {name: value for name, value in new.items() if value != old[name]}
        if "queue" in changed:
            changed["level"] = level
        data = {"conversation": changed}
        happening = happening_to(conversation, event_type, conversation.version, data)
        return await append_in(
            session, replace(happening, queue_before=before[0], assignee_before=before[1])
        )


def happening_to(
    conversation: Conversation,
    event_type: EventType,
    version: int,
    data: dict[str, Any] | None = None,
) -> Happening:
    """As if it stayed where it is and with whom."""
    return Happening(
        workspace_id=conversation.workspace_id,
        type=event_type,
        conversation_id=conversation.id,
        version=version,
        queue_after=conversation.queue_id,
        assignee_after=conversation.assignee_id,
        queue_before=conversation.queue_id,
        assignee_before=conversation.assignee_id,
        data=data or {},
    )


async def write_at_once(database: Database, team: Team, *, writers: int, steps: int) -> list[int]:
    """Positions of all events of several concurrent writers, in ascending order."""
    made = await asyncio.gather(
        *(Writer(database, team, seed).steps(steps) for seed in range(writers))
    )
    return sorted(pos for positions in made for pos in positions)


def large(team: Team, characters: int) -> Happening:
    """An event of this size, of no conversation that exists."""
    return Happening(
        workspace_id=team.workspace_id,
        type=EventType.NOTED,
        conversation_id=new_id(),
        version=1,
        queue_after=team.queues[0],
        assignee_after=None,
        queue_before=team.queues[0],
        assignee_before=None,
        data={"message": {"filler": "x" * characters}},
    )
