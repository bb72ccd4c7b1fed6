"""Conversations that agents begin: the first word is theirs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.configuration import Configuration, ConfiguredChannel
from gateway.contacts.changing import Space, normalised
from gateway.conversations.assigning import Done, done
from gateway.conversations.change import Change
from gateway.conversations.enclosing import enclose
from gateway.conversations.messages import Draft, add_reply
from gateway.database.connections import Database
from gateway.database.schema import (
    Contact,
    Conversation,
    FeedHead,
    Identity,
    Message,
    OptOut,
    Queue,
    Receipt,
)
from gateway.feed.item import impersonal_fields
from gateway.feed.log import EventType
from gateway.ids import new_id
from gateway.problems import conflict, invalid, not_found

SPACES: Mapping[str, Space] = {"email": "email", "sms": "phone"}
"""Where the addresses of a channel's customers lie; over others nobody can be written to first."""

OPEN = ("queued", "offered", "assigned", "pending")


@dataclass(frozen=True, slots=True)
class Start:
    """Which agent writes to whom: to an address, or to a contact at the one used last."""

    workspace_id: int
    agent_id: UUID
    channel_id: UUID
    draft: Draft
    address: str | None = None
    contact_id: UUID | None = None
    name: str | None = None
    subject: str | None = None
    queue_id: UUID | None = None
    key: str | None = None


async def start(database: Database, configuration: Configuration, wanted: Start) -> Done:
    """Open a conversation that the agent has, with a first message on its way.

    Raises:
        Problem: 404 if there is no such contact or queue; 409 if the customer has opted out of the
            channel, or writes in an open conversation over it already; 422 if nobody can be written
            to so, or what is said cannot be sent.
    """
    channel = _channel(configuration, wanted)
    async with database.transaction() as session:
        receipt = await _claimed(session, wanted) if wanted.key else None
        if receipt is not None and receipt.message_id is not None:
            return await _original(session, wanted.workspace_id, receipt.message_id)
        identity = await _recipient(session, channel, wanted)
        await _require_welcome(session, channel, identity)
        change = await _opened(session, configuration, wanted, identity)
        message_id = await add_reply(change, configuration, wanted.agent_id, wanted.draft)
        await enclose(change, message_id, wanted.draft)
        if receipt is not None:
            receipt.message_id = message_id
        await change.write_events()
    return done(change, message_id)


def _channel(configuration: Configuration, wanted: Start) -> ConfiguredChannel:
    channel = configuration.channel(wanted.workspace_id, wanted.channel_id)
    if channel is None:
        raise invalid("there is no such channel", [("/channel", "must be the id of one in use")])
    if channel.config.kind not in SPACES:
        what = "must be a mail or text message channel: others are begun by customers"
        raise invalid("nobody can be written to first over this channel", [("/channel", what)])
    return channel


async def _claimed(session: AsyncSession, wanted: Start) -> Receipt:
    """The receipt of the call, locked: without a message id if it is ours to fill."""
    key = (wanted.workspace_id, "start", f"{wanted.agent_id}:{wanted.key}")
    values = dict(zip(("workspace_id", "space", "key"), key, strict=True))
    statement = insert(Receipt).values(**values, received_at=datetime.now(UTC))
    await session.execute(statement.on_conflict_do_nothing())
    return await session.get_one(Receipt, key, with_for_update=True)


async def _original(session: AsyncSession, workspace_id: int, message_id: UUID) -> Done:
    message = await session.get_one(Message, (workspace_id, message_id))
    row = await session.get_one(Conversation, (workspace_id, message.conversation_id))
    head = await session.get_one(FeedHead, workspace_id)
    return Done(row.id, row.version, head.pos, message_id)


async def _recipient(session: AsyncSession, channel: ConfiguredChannel, wanted: Start) -> Identity:
    """Whom to write to, locked as ingest locks them: their next message waits for this one."""
    space = SPACES[channel.config.kind]
    if wanted.contact_id is not None:
        return await _newest(session, wanted.workspace_id, wanted.contact_id, space)
    address = normalised(space, wanted.address or "")
    now, contact_id = datetime.now(UTC), new_id()
    key = {"workspace_id": wanted.workspace_id, "space": space, "address": address}
    new = {**key, "id": new_id(), "contact_id": contact_id, "last_seen_at": now}
    statement = insert(Identity).values(new).on_conflict_do_nothing().returning(Identity.id)
    if await session.scalar(statement) is not None:
        session.add(
            Contact(workspace_id=wanted.workspace_id, id=contact_id, name=wanted.name or None)
        )
        await session.flush()
    found = select(Identity).filter_by(**key).with_for_update(key_share=True)
    return (await session.scalars(found)).one()


async def _newest(
    session: AsyncSession, workspace_id: int, contact_id: UUID, space: str
) -> Identity:
    statement = (
        select(Identity)
        .where(Identity.workspace_id == workspace_id, Identity.contact_id == contact_id)
        .where(Identity.space == space)
        .order_by(Identity.last_seen_at.desc(), Identity.id.desc())
        .limit(1)
        .with_for_update(key_share=True)
    )
    identity: Identity | None = await session.scalar(statement)
    if identity is not None:
        return identity
    if await session.get(Contact, (workspace_id, contact_id)) is None:
        raise not_found("contact")
    what = f"has no address that this channel reaches ({space}): give one as `address`"
    raise invalid("the contact cannot be written to so", [("/contact", what)])


async def _require_welcome(
    session: AsyncSession, channel: ConfiguredChannel, identity: Identity
) -> None:
    """Nobody is written to who said STOP, nor beside an open thread of text messages."""
    if channel.config.kind != "sms":
        return
    key = (identity.workspace_id, identity.id, channel.config.id)
    if await session.get(OptOut, key) is not None:
        raise conflict("they have opted out of this channel, until they write START")
    statement = select(Conversation.id).where(
        Conversation.workspace_id == identity.workspace_id,
        Conversation.identity_id == identity.id,
        Conversation.channel_id == channel.config.id,
        Conversation.status.in_(OPEN),
    )
    if (open_ := await session.scalar(statement.limit(1))) is not None:
        raise conflict(f"conversation {open_} with them is open over this number: answer there")


async def _opened(
    session: AsyncSession, configuration: Configuration, wanted: Start, identity: Identity
) -> Change:
    workspace = configuration.workspace(wanted.workspace_id)
    queue = await _queue(session, wanted, UUID(workspace.default_queue.id))
    now = datetime.now(UTC)
    row = Conversation(
        workspace_id=wanted.workspace_id,
        id=new_id(),
        channel_id=wanted.channel_id,
        identity_id=identity.id,
        subject=wanted.subject,
        status="queued",
        queue_id=queue.id,
        priority="normal",
        tags=[],
        version=0,
        message_count=0,
        opened_at=now,
        last_message_at=now,
        sla_policy_id=workspace.sla.default,
    )
    session.add(row)
    await session.flush()
    change = Change(session, row)
    await change.assign(wanted.agent_id, "taken")
    opened = {"conversation": impersonal_fields(row, queue.level), "by": wanted.agent_id}
    change.tell(EventType.OPENED, opened)
    return change


async def _queue(session: AsyncSession, wanted: Start, default: UUID) -> Queue:
    row = await session.get(Queue, (wanted.workspace_id, wanted.queue_id or default))
    if row is None or row.archived_at is not None:
        raise invalid("there is no such queue", [("/queue", "must be the id of one in use")])
    return row
