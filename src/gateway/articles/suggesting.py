"""Articles that fit a conversation."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.articles.searching import Found, search
from gateway.database.schema import Conversation, Message

MOST: Final = 5
UNKNOWN: Final = "en"
"""The reader's language where the conversation's is not known; articles have one of their own."""


async def suggestions_for(session: AsyncSession, conversation: Conversation) -> Sequence[Found]:
    """What fits the subject and what the customer said last; nothing before they said anything."""
    statement = (
        select(Message)
        .where(
            Message.workspace_id == conversation.workspace_id,
            Message.conversation_id == conversation.id,
            Message.direction == "inbound",
        )
        .order_by(Message.seq.desc())
        .limit(1)
    )
    said = await session.scalar(statement)
    if said is None:
        return []
    words = said.text if said.new_text is None else said.new_text
    asked = f"{conversation.subject or ''} {words}"
    language = conversation.language or UNKNOWN
    return await search(session, conversation.workspace_id, asked, language, MOST)
