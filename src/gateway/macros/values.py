"""What the variables of a macro stand for in a conversation."""

from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.text import one_line
from gateway.database.schema import (
    Agent,
    Channel,
    Contact,
    Conversation,
    Identity,
    Queue,
    Workspace,
)
from gateway.macros.variables import LONGEST_VALUE

Values = dict[str, str | None]


async def values_of(session: AsyncSession, row: Conversation, agent_id: UUID | None) -> Values:
    """The values for one conversation, each one line; `agent_id` is who answers."""
    inside = row.workspace_id
    statement = (
        select(
            Contact.name,
            Queue.name,
            Channel.name,
            Channel.address,
            Workspace.name,
            Agent.name,
        )
        .select_from(Identity)
        .join(
            Contact,
            and_(Contact.workspace_id == inside, Contact.id == Identity.contact_id),
        )
        .join(Queue, and_(Queue.workspace_id == inside, Queue.id == row.queue_id))
        .join(Channel, and_(Channel.workspace_id == inside, Channel.id == row.channel_id))
        .join(Workspace, Workspace.id == inside)
        .outerjoin(Agent, and_(Agent.workspace_id == inside, Agent.id == agent_id))
        .where(Identity.workspace_id == inside, Identity.id == row.identity_id)
    )
    contact, queue, channel, address, workspace, agent = (await session.execute(statement)).one()
    values: Values = {
        "agent.name": agent,
        "channel.address": address,
        "channel.name": channel,
        "contact.name": contact,
        "conversation.id": str(row.id),
        "conversation.subject": row.subject,
        "queue.name": queue,
        "workspace.name": workspace,
    }
    return {name: one_line(value or "", LONGEST_VALUE) for name, value in values.items()}
