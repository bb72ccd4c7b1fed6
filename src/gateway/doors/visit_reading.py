"""What a visitor's socket reads of the database: where they are, and what is new."""

from uuid import UUID

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.chat import ServerMessage
from channels.contract import Sender
from channels.records import record
from gateway.configuration import ConfiguredChannel
from gateway.conversations.read_marks import read_marks
from gateway.database.schema import Agent, Conversation, Delivery, Identity, Message
from gateway.surveys.links import SurveyLinks

PAGE = 100


@record
class Situation:
    """The visitor's present conversation, if any: its newest message, and who has it."""

    conversation_id: UUID | None = None
    seq: int = 0
    queue_id: UUID | None = None
    assignee_id: UUID | None = None
    agent: str | None = None
    agent_read: int = 0


async def read_situation(
    session: AsyncSession, channel: ConfiguredChannel, who: Sender
) -> Situation:
    statement = (
        select(Conversation, Agent.name)
        .join(
            Identity,
            (Identity.workspace_id == Conversation.workspace_id)
            & (Identity.id == Conversation.identity_id),
        )
        .outerjoin(
            Agent,
            (Agent.workspace_id == Conversation.workspace_id)
            & (Agent.id == Conversation.assignee_id)
            & (Conversation.status == "assigned"),
        )
        .where(
            Conversation.workspace_id == channel.workspace_id,
            Conversation.channel_id == channel.config.id,
            Conversation.status != "closed",
            Identity.space == who.space,
            Identity.address == who.address,
        )
        .order_by(Conversation.last_message_at.desc())
        .limit(1)
    )
    row = (await session.execute(statement)).first()
    if row is None:
        return Situation()
    conversation, agent = row
    marks = await read_marks(session, channel.workspace_id, conversation.id)
    return Situation(
        conversation_id=conversation.id,
        seq=conversation.message_count,
        queue_id=conversation.queue_id,
        assignee_id=conversation.assignee_id,
        agent=agent,
        agent_read=marks.get("agent", 0),
    )


async def read_messages(
    session: AsyncSession,
    channel: ConfiguredChannel,
    who: Sender,
    place: tuple[UUID, int],
    links: SurveyLinks,
) -> list[ServerMessage]:
    """The next messages after a place: what the visitor wrote, and what was sent to this window.

    The conversation may hold more: notes, and what agents have merged into it.
    """
    workspace_id = channel.workspace_id
    conversation_id, after = place
    written = exists().where(
        Identity.workspace_id == workspace_id,
        Identity.id == Message.identity_id,
        Identity.space == who.space,
        Identity.address == who.address,
    )
    sent = exists().where(
        Delivery.workspace_id == workspace_id,
        Delivery.message_id == Message.id,
        Delivery.channel_id == channel.config.id,
        Delivery.recipient == who.address,
    )
    statement = (
        select(Message, Agent.name)
        .outerjoin(
            Agent,
            (Agent.workspace_id == Message.workspace_id) & (Agent.id == Message.agent_id),
        )
        .where(
            Message.workspace_id == workspace_id,
            Message.conversation_id == conversation_id,
            Message.seq > after,
            or_(and_(Message.direction == "inbound", written), sent),
        )
        .order_by(Message.seq)
        .limit(PAGE)
    )
    rows = (await session.execute(statement)).all()
    return [_said(message, author, links) for message, author in rows]


def _said(message: Message, author: str | None, links: SurveyLinks) -> ServerMessage:
    is_ours = message.automatic and message.direction == "outbound"
    return ServerMessage(
        seq=message.seq,
        id=str(message.id),
        conversation=str(message.conversation_id),
        direction="inbound" if message.direction == "inbound" else "outbound",
        text=links.signed(message.text, message.workspace_id) if is_ours else message.text,
        at=message.created_at,
        author=author,
    )
