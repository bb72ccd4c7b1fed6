"""Where a contact is found: what they wrote and what was sent to them, in others' matters too.

Conversations that agents merge hold messages of several people, and answers to each of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.addresses import whatsapp
from gateway.database.schema import Conversation, Delivery, Identity, Message


@dataclass(frozen=True, slots=True)
class Traces:
    """A contact's identities, and the addresses that answers to them go to, in lower case."""

    workspace_id: int
    identities: frozenset[UUID]
    recipients: frozenset[str]

    def in_messages(self) -> ColumnElement[bool]:
        """The condition of a message from or to the contact."""
        sent_to = select(Delivery.message_id).where(
            Delivery.workspace_id == self.workspace_id,
            func.lower(Delivery.recipient).in_(self.recipients),
        )
        return or_(Message.identity_id.in_(self.identities), Message.id.in_(sent_to))

    def in_conversations(self) -> ColumnElement[bool]:
        """The condition of a conversation that is the contact's, or has such a message."""
        spoken_in = select(Message.conversation_id).where(
            Message.workspace_id == self.workspace_id, self.in_messages()
        )
        return or_(Conversation.identity_id.in_(self.identities), Conversation.id.in_(spoken_in))


async def traces_of(
    session: AsyncSession, workspace_id: int, identities: Sequence[Identity]
) -> Traces:
    """Collect the addresses of identities, and those to which their mails want to be answered."""
    ids = frozenset(identity.id for identity in identities)
    recipients = {identity.address.lower() for identity in identities}
    recipients |= {whatsapp(each.address) for each in identities if each.space == "phone"}
    recipients |= await _reply_addresses(session, workspace_id, ids)
    return Traces(workspace_id, ids, frozenset(recipients))


async def _reply_addresses(
    session: AsyncSession, workspace_id: int, identities: frozenset[UUID]
) -> set[str]:
    """Without those of other contacts: anybody can write anybody's address into a Reply-To."""
    address = func.lower(Message.email["reply_to"].as_string())
    statement = select(address).where(
        Message.workspace_id == workspace_id,
        Message.identity_id.in_(identities),
        address.is_not(None),
    )
    named = set(await session.scalars(statement.distinct()))
    others = select(Identity.address).where(
        Identity.workspace_id == workspace_id,
        Identity.space == "email",
        Identity.address.in_(named),
        Identity.id.not_in(identities),
    )
    return named - set(await session.scalars(others))
