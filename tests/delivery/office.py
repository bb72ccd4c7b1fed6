"""A workspace with channels, conversations and answers that wait to be sent."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select, update

from gateway.access.secret_box import SecretBox
from gateway.configuration import grow
from gateway.database.connections import Database
from gateway.database.schema import (
    Agent,
    Attempt,
    Channel,
    Contact,
    Conversation,
    Delivery,
    Event,
    FeedHead,
    Identity,
    Message,
    Queue,
)
from gateway.first_start import create_workspace, new_public_key
from gateway.ids import new_id

PROVIDERS = {"email": "smtp", "sms": "twilio", "chat": "builtin", "web_form": "builtin"}
PATIENCE_S = 30.0


@dataclass
class Office:
    database: Database
    box: SecretBox
    workspace_id: int
    queue_id: UUID
    agent_id: UUID

    async def channel(
        self,
        kind: str,
        address: str = "",
        *,
        settings: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> UUID:
        row = Channel(
            workspace_id=self.workspace_id,
            id=new_id(),
            kind=kind,
            provider=PROVIDERS[kind],
            name=f"{kind} {address}",
            address=address,
            public_key=new_public_key(),
            settings=dict(settings or {}),
            secrets=self.box.seal(secrets) if secrets else None,
        )
        await self._add(row)
        return row.id

    async def conversation(self, channel_id: UUID) -> UUID:
        """One with a customer of its own, without messages."""
        [conversation] = await self.conversations(channel_id, 1)
        return conversation

    async def conversations(self, channel_id: UUID, number: int) -> list[UUID]:
        new = [self._new_conversation(channel_id) for _ in range(number)]
        for rows in zip(*new, strict=True):
            await self._add(*rows)
        return [conversation.id for _, _, conversation in new]

    async def answer(
        self,
        conversation_id: UUID,
        channel_id: UUID,
        recipient: str = "ann@customer.test",
        *,
        copy_to: Sequence[str] = (),
        **columns: Any,
    ) -> list[UUID]:
        """Write one more message of the agent; returns its deliveries in their order."""
        seq = await self.count(Message, Message.conversation_id == conversation_id) + 1
        message = self._new_message(conversation_id, channel_id, seq, **columns)
        deliveries = [self._new_delivery(message, each) for each in (recipient, *copy_to)]
        await self._add(message)
        await self._add(*deliveries)
        return [delivery.id for delivery in deliveries]

    async def backlog(
        self,
        channel_id: UUID,
        recipient: str = "ann@customer.test",
        *,
        conversations: int,
        each: int = 1,
    ) -> list[UUID]:
        """Many answers at once, whose texts say the index of their conversation and their seq."""
        opened = await self.conversations(channel_id, conversations)
        messages = [
            self._new_message(conversation_id, channel_id, seq, text=f"{index} {seq}")
            for seq in range(1, each + 1)
            for index, conversation_id in enumerate(opened)
        ]
        deliveries = [self._new_delivery(message, recipient) for message in messages]
        await self._add(*messages)
        await self._add(*deliveries)
        return opened

    def _new_conversation(self, channel_id: UUID) -> tuple[Contact, Identity, Conversation]:
        contact = Contact(workspace_id=self.workspace_id, id=new_id())
        now = datetime.now(UTC)
        identity = Identity(
            workspace_id=self.workspace_id,
            id=new_id(),
            contact_id=contact.id,
            space="email",
            address=f"{uuid4().hex}@customer.test",
            last_seen_at=now,
        )
        conversation = Conversation(
            workspace_id=self.workspace_id,
            id=new_id(),
            channel_id=channel_id,
            identity_id=identity.id,
            status="queued",
            queue_id=self.queue_id,
            priority="normal",
            version=1,
            message_count=0,
            opened_at=now,
            last_message_at=now,
        )
        return contact, identity, conversation

    def _new_message(
        self,
        conversation_id: UUID,
        channel_id: UUID,
        seq: int,
        *,
        text: str = "Good day",
        **columns: Any,
    ) -> Message:
        return Message(
            workspace_id=self.workspace_id,
            id=new_id(),
            conversation_id=conversation_id,
            seq=seq,
            direction="outbound",
            channel_id=channel_id,
            agent_id=self.agent_id,
            text=text,
            **columns,
        )

    def _new_delivery(self, message: Message, recipient: str) -> Delivery:
        return Delivery(
            workspace_id=self.workspace_id,
            id=new_id(),
            conversation_id=message.conversation_id,
            message_id=message.id,
            seq=message.seq,
            channel_id=message.channel_id,
            recipient=recipient,
            state="queued",
            due_at=datetime.now(UTC),
        )

    async def delivery(self, delivery_id: UUID) -> Delivery:
        async with self.database.transaction() as session:
            return (await session.scalars(select(Delivery).where(Delivery.id == delivery_id))).one()

    async def attempts(self, delivery_id: UUID) -> list[Attempt]:
        statement = select(Attempt).where(Attempt.delivery_id == delivery_id)
        async with self.database.transaction() as session:
            return list((await session.scalars(statement.order_by(Attempt.number))).all())

    async def events(self, conversation_id: UUID | None = None) -> list[Event]:
        statement = select(Event).order_by(Event.pos)
        if conversation_id is not None:
            statement = statement.where(Event.conversation_id == conversation_id)
        async with self.database.transaction() as session:
            return list((await session.scalars(statement)).all())

    async def head(self) -> int:
        async with self.database.transaction() as session:
            return (await session.scalars(select(FeedHead))).one().pos

    async def count(self, table: Any, *conditions: Any) -> int:
        async with self.database.transaction() as session:
            statement = select(func.count()).select_from(table).where(*conditions)
            return await session.scalar(statement) or 0

    async def states(self) -> dict[str, int]:
        statement = select(Delivery.state, func.count().label("number")).group_by(Delivery.state)
        async with self.database.transaction() as session:
            return {row.state: row.number for row in await session.execute(statement)}

    async def grow_configuration(self) -> None:
        async with self.database.transaction() as session:
            await grow(session, self.workspace_id)

    async def archive(self, channel_id: UUID) -> None:
        async with self.database.transaction() as session:
            await session.execute(
                update(Channel).where(Channel.id == channel_id).values(archived_at=func.now())
            )

    async def until_ended(self) -> None:
        """Wait until no delivery is queued or under way."""

        async def has_ended() -> bool:
            return not {"queued", "sending"} & set(await self.states())

        await until(has_ended)

    async def _add(self, *rows: Any) -> None:
        async with self.database.transaction() as session:
            session.add_all(rows)


async def open_office(database: Database, box: SecretBox) -> Office:
    async with database.transaction() as session:
        workspace = await create_workspace(session, "default")
        agent = Agent(
            workspace_id=workspace.id, id=new_id(), name="Ada Smith", email="ada@team.test"
        )
        session.add(agent)
        queue = (await session.scalars(select(Queue).where(Queue.is_default))).one()
    return Office(database, box, workspace.id, queue.id, agent.id)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Look often, and for half a minute at most."""
    async with asyncio.timeout(PATIENCE_S):
        while not await condition():  # noqa: ASYNC110 - the database has no event for it
            await asyncio.sleep(0.05)
