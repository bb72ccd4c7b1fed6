"""Commands that add a message: at most once per idempotency key."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.configuration import Configuration
from gateway.conversations.assigning import Done, done, require_holder
from gateway.conversations.change import Change, locked
from gateway.conversations.enclosing import enclose
from gateway.conversations.messages import Draft, add_note, add_reply
from gateway.database.connections import Database
from gateway.database.schema import Conversation, FeedHead, Message, Receipt
from gateway.macros.using import MacroUse, act, chosen, said_by
from gateway.problems import conflict

Adding = Callable[[Change], Awaitable[UUID]]


@dataclass(frozen=True, slots=True)
class Command:
    """Which agent speaks in which conversation; `key` makes a repetition harmless.

    With a `macro`, a draft without words says what the macro does.
    """

    workspace_id: int
    conversation_id: UUID
    agent_id: UUID
    draft: Draft
    key: str | None = None
    macro: MacroUse | None = None


async def reply(database: Database, configuration: Configuration, command: Command) -> Done:
    """Answer the customer; the worker sends it.

    What a macro does beside its text is done after the answer, in the same transaction.

    Raises:
        Problem: 409 if the agent has not taken the conversation, or no channel can carry it; 422
            for files that cannot be sent, and for a macro that is not there.
    """

    async def add(change: Change) -> UUID:
        agent_id, draft, use = command.agent_id, command.draft, command.macro
        require_holder(change, agent_id)
        macro = await chosen(change, use) if use else None
        if use is not None and macro is not None:
            draft = await said_by(change, macro, use, agent_id, draft)
        message_id = await add_reply(change, configuration, agent_id, draft)
        await enclose(change, message_id, draft)
        if macro is not None:
            await act(change, configuration, macro, agent_id)
        return message_id

    return await _once(database, command, "reply", add)


async def note(database: Database, command: Command) -> Done:
    """Add a note; any agent may, whoever has the conversation."""

    async def add(change: Change) -> UUID:
        message_id = add_note(change, command.agent_id, command.draft)
        await enclose(change, message_id, command.draft)
        return message_id

    return await _once(database, command, "note", add)


async def _once(database: Database, command: Command, kind: str, add: Adding) -> Done:
    async with database.transaction() as session:
        receipt = await _claim(session, command, kind) if command.key else None
        if receipt is not None and receipt.message_id is not None:
            return await _original(session, command, receipt.message_id)
        async with locked(session, command.workspace_id, command.conversation_id) as change:
            message_id = await add(change)
            if receipt is not None:
                receipt.message_id = message_id
    return done(change, message_id)


async def _claim(session: AsyncSession, command: Command, kind: str) -> Receipt:
    """The command's receipt, locked: without a message id if it is ours to fill."""
    key = {
        "workspace_id": command.workspace_id,
        "space": kind,
        "key": f"{command.agent_id}:{command.key}",
    }
    statement = insert(Receipt).values(**key, received_at=datetime.now(UTC))
    await session.execute(statement.on_conflict_do_nothing())
    return await session.get_one(Receipt, tuple(key.values()), with_for_update=True)


async def _original(session: AsyncSession, command: Command, message_id: UUID) -> Done:
    statement = select(Message.conversation_id).where(
        Message.workspace_id == command.workspace_id, Message.id == message_id
    )
    if await session.scalar(statement) != command.conversation_id:
        raise conflict("this Idempotency-Key was used for another conversation")
    row = await session.get_one(Conversation, (command.workspace_id, command.conversation_id))
    head = await session.get_one(FeedHead, command.workspace_id)
    return Done(row.id, row.version, head.pos, message_id)
