"""Everything that is kept about a contact, as one JSON document that is written piece by piece.

A row is shown with all its columns, so that what is added to a table later is exported as well.
"""

import base64
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import inspect, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.contacts.merging import merged_into
from gateway.contacts.traces import Traces, traces_of
from gateway.database.connections import Database, to_json_bytes
from gateway.database.schema import (
    AnswerAllowance,
    Attachment,
    Attempt,
    Base,
    Contact,
    ContactMerge,
    Conversation,
    Decision,
    Delivery,
    Identity,
    Message,
    OptOut,
    RawPayload,
    RemoteFile,
)
from gateway.files.blobs import BlobStore
from gateway.problems import not_found

Document = dict[str, Any]


def document(row: Base) -> Document:
    """A row by its columns' names; bytes in base64."""
    columns = inspect(type(row)).columns
    values = {column.key: getattr(row, column.key) for column in columns}
    del values["workspace_id"]
    return {
        name: _base64(value) if isinstance(value, bytes) else value
        for name, value in values.items()
    }


async def export_contact(
    database: Database, blobs: BlobStore, workspace_id: int, contact_id: UUID
) -> AsyncIterator[bytes]:
    """`{contact, merged, merges, identities, opt_outs, answered_automatically, conversations}`.

    Conversations are their own and those of others that they wrote in or were answered in; there,
    only messages from and to them are shown. Each message is read in a transaction of its own:
    memory holds one.

    Raises:
        Problem: 404, there is none; before the first piece.
    """
    async with database.transaction() as session:
        contact = await session.get(Contact, (workspace_id, contact_id))
        if contact is None:
            raise not_found("contact")
        identities = await _identities(session, workspace_id, contact_id)
        opt_outs = await _opt_outs(session, workspace_id, identities)
        merged = await _merged(session, workspace_id, contact_id)
        merges = await _merges(session, workspace_id, [contact_id, *(row.id for row in merged)])
        allowance = await session.get(AnswerAllowance, (workspace_id, contact_id))
        traces = await traces_of(session, workspace_id, identities)
        conversations = await _conversations(session, traces)
    head = {
        "contact": document(contact),
        "merged": [*map(document, merged)],
        "merges": [*map(document, merges)],
        "identities": [*map(document, identities)],
        "opt_outs": [*map(document, opt_outs)],
        "answered_automatically": allowance.answered_at if allowance else [],
    }
    return _pieces(database, blobs, head, traces, conversations)


async def _pieces(
    database: Database,
    blobs: BlobStore,
    head: Document,
    traces: Traces,
    conversations: Sequence[Conversation],
) -> AsyncIterator[bytes]:
    yield to_json_bytes(head)[:-1] + b',"conversations":['
    for index, conversation in enumerate(conversations):
        yield b"," if index else b""
        async for piece in _conversation(database, blobs, conversation, traces):
            yield piece
    yield b"]}"


async def _identities(
    session: AsyncSession, workspace_id: int, contact_id: UUID
) -> Sequence[Identity]:
    statement = select(Identity).where(
        Identity.workspace_id == workspace_id, Identity.contact_id == contact_id
    )
    return (await session.scalars(statement.order_by(Identity.id))).all()


async def _merged(session: AsyncSession, workspace_id: int, contact_id: UUID) -> Sequence[Contact]:
    ids = await merged_into(session, workspace_id, contact_id)
    statement = select(Contact).where(Contact.workspace_id == workspace_id, Contact.id.in_(ids))
    return (await session.scalars(statement.order_by(Contact.id))).all()


async def _merges(
    session: AsyncSession, workspace_id: int, contact_ids: Sequence[UUID]
) -> Sequence[ContactMerge]:
    statement = select(ContactMerge).where(
        ContactMerge.workspace_id == workspace_id,
        or_(ContactMerge.contact_id.in_(contact_ids), ContactMerge.other_id.in_(contact_ids)),
    )
    return (await session.scalars(statement.order_by(ContactMerge.id))).all()


async def _opt_outs(
    session: AsyncSession, workspace_id: int, identities: Sequence[Identity]
) -> Sequence[OptOut]:
    known = [identity.id for identity in identities]
    statement = select(OptOut).where(
        OptOut.workspace_id == workspace_id, OptOut.identity_id.in_(known)
    )
    return (await session.scalars(statement.order_by(OptOut.channel_id))).all()


async def _conversations(session: AsyncSession, traces: Traces) -> Sequence[Conversation]:
    statement = (
        select(Conversation)
        .where(Conversation.workspace_id == traces.workspace_id, traces.in_conversations())
        .order_by(Conversation.id)
    )
    return (await session.scalars(statement)).all()


async def _conversation(
    database: Database, blobs: BlobStore, conversation: Conversation, traces: Traces
) -> AsyncIterator[bytes]:
    is_own = conversation.identity_id in traces.identities
    ids = (
        select(Message.id)
        .where(Message.workspace_id == conversation.workspace_id)
        .where(Message.conversation_id == conversation.id)
        .order_by(Message.seq)
    )
    if not is_own:
        ids = ids.where(traces.in_messages())
    async with database.transaction() as session:
        decisions = await _of_conversation(session, conversation) if is_own else []
        message_ids = (await session.scalars(ids)).all()
    head = document(conversation) if is_own else {"id": conversation.id}
    yield to_json_bytes({**head, "decisions": decisions})[:-1] + b',"messages":['
    for index, message_id in enumerate(message_ids):
        message = await _message(database, blobs, conversation.workspace_id, message_id)
        yield (b"," if index else b"") + to_json_bytes(message)
    yield b"]}"


async def _of_conversation(session: AsyncSession, conversation: Conversation) -> list[Document]:
    statement = (
        select(Decision)
        .where(Decision.workspace_id == conversation.workspace_id)
        .where(Decision.conversation_id == conversation.id)
        .order_by(Decision.id)
    )
    return [document(row) for row in await session.scalars(statement)]


async def _message(
    database: Database, blobs: BlobStore, workspace_id: int, message_id: UUID
) -> Document:
    async with database.transaction() as session:
        message = await session.get_one(Message, (workspace_id, message_id))
        raw = await session.get(RawPayload, (workspace_id, message_id))
        attachments = await _attachments(session, message)
        shown = {
            **document(message),
            "remote_files": await _remote_files(session, message),
            "deliveries": await _deliveries(session, message),
        }
    shown["attachments"] = [await _file(blobs, row) for row in attachments]
    shown["raw"] = await _raw(blobs, raw) if raw else None
    return shown


async def _attachments(session: AsyncSession, message: Message) -> Sequence[Attachment]:
    statement = (
        select(Attachment)
        .where(Attachment.workspace_id == message.workspace_id)
        .where(Attachment.message_id == message.id)
        .order_by(Attachment.id)
    )
    return (await session.scalars(statement)).all()


async def _file(blobs: BlobStore, row: Attachment) -> Document:
    shown = document(row)
    if row.sha256 is not None:
        shown["content"] = _base64(await blobs.read(row.workspace_id, row.sha256))
    return shown


async def _remote_files(session: AsyncSession, message: Message) -> list[Document]:
    statement = (
        select(RemoteFile)
        .where(RemoteFile.workspace_id == message.workspace_id)
        .where(RemoteFile.message_id == message.id)
        .order_by(RemoteFile.id)
    )
    return [document(row) for row in await session.scalars(statement)]


async def _deliveries(session: AsyncSession, message: Message) -> list[Document]:
    statement = (
        select(Delivery, Attempt)
        .outerjoin(
            Attempt,
            (Attempt.workspace_id == Delivery.workspace_id) & (Attempt.delivery_id == Delivery.id),
        )
        .where(Delivery.workspace_id == message.workspace_id, Delivery.message_id == message.id)
        .order_by(Delivery.id, Attempt.number)
    )
    found: dict[UUID, Document] = {}
    for delivery, attempt in (await session.execute(statement)).all():
        shown = found.setdefault(delivery.id, {**document(delivery), "tries": []})
        if attempt is not None:
            shown["tries"].append(document(attempt))
    return [*found.values()]


async def _raw(blobs: BlobStore, raw: RawPayload) -> Document:
    shown = document(raw)
    if raw.sha256 is not None:
        shown["body"] = _base64(await blobs.read(raw.workspace_id, raw.sha256))
    return shown


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
