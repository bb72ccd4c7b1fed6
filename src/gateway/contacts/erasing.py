"""Erasing a contact: everything that says who they are or what they wrote goes at once.

What stays holds no personal data: events have no bodies, receipts only digests. Entries in
quarantine belong to nobody known, unless a replay tied them to a message.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.assignment import holds
from gateway.assignment.holds import Told
from gateway.contacts.locking import Outrun, hold
from gateway.contacts.merging import merged_into
from gateway.contacts.traces import Traces, traces_of
from gateway.conversations.thread_locks import lock_threads
from gateway.database.schema import (
    AnswerAllowance,
    Attachment,
    Contact,
    Conversation,
    Delivery,
    Identity,
    Message,
    Quarantine,
    RawPayload,
    RemoteFile,
    SearchEntry,
    ThreadRef,
)
from gateway.feed.log import EventType, Happening, append_in, in_place
from gateway.problems import conflict, not_found

Gone = Mapping[UUID, list[Told]]
"""By conversation, what agents no longer hold."""


@dataclass(frozen=True, slots=True)
class Erased:
    """How much was erased, and the feed position of the last event; None where nobody knew it."""

    conversations: int
    position: int | None


async def erase_contact(session: AsyncSession, workspace_id: int, contact_id: UUID) -> Erased:
    """Erase a contact; nothing may follow in the transaction.

    Their own conversations go whole. What they wrote in other people's, or were answered there, is
    emptied, so that the rest keeps its place. The contact's row stays, blank, with the moment.

    Raises:
        Problem: 404, there is none; 409, it was merged into another.
        Outrun: begin again.
    """
    merged = await merged_into(session, workspace_id, contact_id)
    held = await hold(session, workspace_id, contact_id, *merged)
    if merged != await merged_into(session, workspace_id, contact_id):
        raise Outrun
    contact = held.contacts.get(contact_id)
    if contact is None:
        raise not_found("contact")
    if contact.merged_into is not None:
        raise conflict(f"the contact was merged into {contact.merged_into}: erase that one")
    traces = await traces_of(session, workspace_id, held.identities)
    conversations = await _lock_conversations(session, traces)
    own = [each for each in conversations if each.identity_id in traces.identities]
    foreign = [each for each in conversations if each.identity_id not in traces.identities]
    gone = await delete_conversations(session, workspace_id, [each.id for each in own])
    happenings = [erased(each, gone) for each in own]
    happenings += await _empty_messages(session, traces, foreign)
    await session.execute(
        delete(Identity).where(
            Identity.workspace_id == workspace_id, Identity.id.in_(traces.identities)
        )
    )
    await _blank(session, workspace_id, held.contacts)
    position = await append_in(session, *happenings) if happenings else None
    return Erased(len(own), position)


async def _blank(session: AsyncSession, workspace_id: int, contact_ids: Collection[UUID]) -> None:
    """Leave nothing of contacts but their ids, and when they were erased."""
    await session.execute(
        delete(AnswerAllowance).where(
            AnswerAllowance.workspace_id == workspace_id,
            AnswerAllowance.contact_id.in_(contact_ids),
        )
    )
    await session.execute(
        update(Contact)
        .where(Contact.workspace_id == workspace_id)
        .where(Contact.id.in_(contact_ids))
        .values(name=None, attributes={})
        .values(erased_at=func.coalesce(Contact.erased_at, func.now()))
    )


async def delete_conversations(
    session: AsyncSession, workspace_id: int, ids: Sequence[UUID]
) -> Gone:
    """Delete locked conversations with all that hangs on them; returns the holds that end so."""
    gone = await holds.drop(session, workspace_id, ids)
    messages = select(Message.id).where(
        Message.workspace_id == workspace_id, Message.conversation_id.in_(ids)
    )
    await session.execute(
        delete(Quarantine).where(
            Quarantine.workspace_id == workspace_id, Quarantine.message_id.in_(messages)
        )
    )
    await session.execute(
        delete(Conversation)
        .where(Conversation.workspace_id == workspace_id, Conversation.id.in_(ids))
        .execution_options(synchronize_session=False)
    )
    return gone


def erased(conversation: Conversation, gone: Gone) -> Happening:
    """The last event of a conversation: whoever sees it drops what they hold of it."""
    return Happening(
        workspace_id=conversation.workspace_id,
        type=EventType.ERASED,
        conversation_id=conversation.id,
        version=conversation.version + 1,
        queue_before=conversation.queue_id,
        queue_after=None,
        assignee_before=conversation.assignee_id,
        assignee_after=None,
        data={"conversation": {}, **_released(conversation, gone)},
    )


def _released(conversation: Conversation, gone: Gone) -> dict[str, list[Told]]:
    ended = gone.get(conversation.id)
    return {"assignments": ended} if ended else {}


async def _lock_conversations(session: AsyncSession, traces: Traces) -> Sequence[Conversation]:
    found = (Conversation.workspace_id == traces.workspace_id, traces.in_conversations())
    expected = (await session.scalars(select(Conversation.id).where(*found))).all()
    await lock_threads(session, traces.workspace_id, expected)
    in_order = select(Conversation).where(*found).order_by(Conversation.id).with_for_update()
    rows = (await session.scalars(in_order)).all()
    present = set(await session.scalars(select(Conversation.id).where(*found)))
    if present != {row.id for row in rows}:
        raise Outrun
    return rows


async def _empty_messages(
    session: AsyncSession, traces: Traces, conversations: Sequence[Conversation]
) -> list[Happening]:
    by_id = {conversation.id: conversation for conversation in conversations}
    statement = (
        select(Message.id, Message.conversation_id)
        .where(Message.workspace_id == traces.workspace_id)
        .where(Message.conversation_id.in_(by_id), traces.in_messages())
        .order_by(Message.conversation_id, Message.seq)
    )
    found = (await session.execute(statement)).all()
    await _empty(session, traces.workspace_id, [row.id for row in found])
    happenings = []
    for message_id, conversation_id in found:
        conversation = by_id[conversation_id]
        conversation.version += 1
        happenings.append(_emptied(conversation, message_id))
    return happenings


async def _empty(session: AsyncSession, workspace_id: int, ids: Sequence[UUID]) -> None:
    """Blank messages and delete all that hangs on them; what still waits is not sent."""
    await session.execute(
        update(Message)
        .where(Message.workspace_id == workspace_id, Message.id.in_(ids))
        .values(identity_id=None, subject=None, text="", new_text=None, html=None, email=None)
        .values(attributes=None, authentication=None, reports=None)
    )
    hanging = (Attachment, Delivery, RawPayload, RemoteFile, Quarantine, SearchEntry, ThreadRef)
    for table in hanging:
        await session.execute(
            delete(table).where(table.workspace_id == workspace_id, table.message_id.in_(ids))
        )


def _emptied(conversation: Conversation, message_id: UUID) -> Happening:
    data = {"conversation": {}, "message": {"id": message_id}}
    return in_place(conversation, EventType.EMPTIED, data, version=conversation.version)
