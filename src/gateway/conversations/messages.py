"""What agents say: answers to the customer, and notes among themselves."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.configuration import Configuration, ConfiguredChannel
from gateway.conversations.change import Change
from gateway.conversations.outgoing import (
    Destination,
    answering,
    mail_channel,
    own_identifier,
    parts_of,
    reached,
    tagged,
    thread_document,
)
from gateway.database.schema import Conversation, Delivery, Identity, Message, ThreadRef
from gateway.feed.log import EventType
from gateway.ids import new_id
from gateway.problems import conflict


@dataclass(frozen=True, slots=True)
class Draft:
    """What an agent says: `html` is safe to show, `files` are ids of uploads, in all `most_bytes`.

    `text` is there even where `html` is, for channels and readers without it.
    """

    text: str = field(repr=False)
    html: str | None = field(default=None, repr=False)
    files: tuple[UUID, ...] = ()
    most_bytes: int = 0


def add_note(change: Change, agent_id: UUID, draft: Draft) -> UUID:
    """A message that only agents see, without its files as yet."""
    message = _message(change, agent_id, "note", draft)
    _tell(change, EventType.NOTED, message)
    return message.id


def add_remark(change: Change, text: str, attributes: dict[str, str]) -> UUID:
    """A note that nobody wrote: what agents should know of the customer."""
    message = _message(change, None, "note", Draft(text))
    message.automatic = True
    message.attributes = attributes
    _tell(change, EventType.NOTED, message)
    return message.id


async def mail_aside(
    change: Change, configuration: Configuration, recipient: str, *, subject: str, text: str
) -> UUID:
    """Send a mail beside the channel that the customer used; agents see it as a note.

    Raises:
        Problem: 409 if there is no mail channel, or the conversation's own is archived.
    """
    channel = configuration.channel(change.row.workspace_id, change.row.channel_id)
    if channel is None:
        raise conflict("the channel of this conversation is archived: no answer can be sent")
    destination = Destination(_mail_channel(configuration, channel), recipient)
    message = _message(change, None, "note", Draft(text))
    message.automatic = True
    message.subject = subject
    message.email = await _thread(change, message.id, destination)
    change.session.add_all(_deliveries(change, message, destination))
    _tell(change, EventType.NOTED, message)
    return message.id


async def add_reply(
    change: Change, configuration: Configuration, agent_id: UUID | None, draft: Draft
) -> UUID:
    """An answer to the customer, without its files as yet, with the delivery that carries it.

    Without an agent it is the gateway's own.

    Raises:
        Problem: 409 if no channel can carry it.
    """
    last = await _last_from_customer(change.session, change.row)
    destination = await _destination(change, configuration, last)
    _require_carried(draft, destination.channel)
    message = _message(change, agent_id, "outbound", draft)
    if destination.channel.config.kind == "email":
        subject = change.row.subject or "Your message"
        message.subject = subject if message.seq == 1 else answering(subject)
        message.email = await _thread(change, message.id, destination)
        workspace = configuration.workspace(change.row.workspace_id)
        message.email["reply_to"] = tagged(workspace, destination.channel, change.row.id)
    deliveries = _deliveries(change, message, destination)
    change.session.add_all(deliveries)
    _tell(change, EventType.REPLIED, message, delivery=deliveries[0].id)
    return message.id


def _require_carried(draft: Draft, channel: ConfiguredChannel) -> None:
    if channel.adapter.carries_files:
        return
    if draft.files:
        raise conflict(f"channel {channel.name!r} cannot carry files: leave out `attachments`")
    if not draft.text:
        raise conflict(f"channel {channel.name!r} carries text alone, and there is none")


def _deliveries(change: Change, message: Message, destination: Destination) -> list[Delivery]:
    return [
        Delivery(
            workspace_id=change.row.workspace_id,
            id=part.id,
            conversation_id=change.row.id,
            message_id=message.id,
            seq=message.seq,
            channel_id=destination.channel.config.id,
            recipient=destination.recipient,
            text_from=part.text_from,
            text_to=part.text_to,
            segments=part.segments,
            state="queued",
            due_at=change.now,
        )
        for part in parts_of(message.text, destination)
    ]


def _message(change: Change, agent_id: UUID | None, direction: str, draft: Draft) -> Message:
    change.row.message_count += 1
    change.row.last_message_at = change.now
    message = Message(
        workspace_id=change.row.workspace_id,
        id=new_id(),
        conversation_id=change.row.id,
        seq=change.row.message_count,
        direction=direction,
        channel_id=change.row.channel_id,
        agent_id=agent_id,
        text=draft.text,
        html=draft.html,
        created_at=change.now,
    )
    change.session.add(message)
    return message


def _tell(change: Change, event: EventType, message: Message, **more: Any) -> None:
    told = {
        "id": message.id,
        "seq": message.seq,
        "direction": message.direction,
        "channel": message.channel_id,
        "agent": message.agent_id,
    }
    changed = {"message_count": message.seq, "last_message_at": change.now}
    change.tell(event, {"conversation": changed, "message": told, **more})


async def _last_from_customer(session: AsyncSession, row: Conversation) -> Message | None:
    """The newest inbound message that the channel could answer; automatic ones are nobody's.

    What was merged from another channel has addresses that this one cannot reach.
    """
    space = (
        select(Identity.space)
        .where(Identity.workspace_id == row.workspace_id, Identity.id == row.identity_id)
        .scalar_subquery()
    )
    statement = (
        select(Message)
        .join(
            Identity,
            and_(Identity.workspace_id == Message.workspace_id, Identity.id == Message.identity_id),
        )
        .where(
            Message.workspace_id == row.workspace_id,
            Message.conversation_id == row.id,
            Message.direction == "inbound",
            Identity.space == space,
        )
        .order_by(Message.automatic, Message.created_at.desc(), Message.seq.desc())
        .limit(1)
    )
    return (await session.scalars(statement)).first()


async def _destination(
    change: Change, configuration: Configuration, last: Message | None
) -> Destination:
    row = change.row
    channel = configuration.channel(row.workspace_id, row.channel_id)
    if channel is not None and channel.config.kind == "web_form":
        channel = _mail_channel(configuration, channel)
    if channel is None:
        raise conflict("the channel of this conversation is archived: no answer can be sent")
    identity_id = (last and last.identity_id) or row.identity_id
    identity = await change.session.get_one(Identity, (row.workspace_id, identity_id))
    reply_to = last.email.get("reply_to") if last and last.email else None
    attributes = last.attributes if last else None
    return Destination(channel, reply_to or reached(identity.address, attributes))


def _mail_channel(configuration: Configuration, form: ConfiguredChannel) -> ConfiguredChannel:
    channel = mail_channel(configuration.workspace(form.workspace_id), form)
    if channel is None:
        raise conflict("this goes by mail, and there is no email channel to do it")
    return channel


async def _thread(change: Change, message_id: UUID, destination: Destination) -> dict[str, Any]:
    """The identifiers that make the answer part of the thread (RFC 5322 section 3.6.4).

    It follows the newest message that a person wrote. Its own id is claimed at once, so that a
    reply to it finds the conversation.
    """
    row, session = change.row, change.session
    statement = (
        select(Message.email)
        .where(
            Message.workspace_id == row.workspace_id,
            Message.conversation_id == row.id,
            Message.email["message_id"].as_string().is_not(None),
        )
        .order_by(Message.automatic, Message.seq.desc())
        .limit(1)
    )
    before: dict[str, Any] = (await session.scalars(statement)).first() or {}
    own = own_identifier(message_id, destination)
    session.add(
        ThreadRef(
            workspace_id=row.workspace_id,
            rfc_message_id=own,
            conversation_id=row.id,
            message_id=message_id,
        )
    )
    answered, references = before.get("message_id"), before.get("references", [])
    return thread_document(own, destination, answered, references)
