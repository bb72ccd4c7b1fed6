"""Telling the feed what became of deliveries."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.schema import Conversation
from gateway.feed.log import EventType, append_in, in_place


@dataclass(frozen=True, slots=True)
class Change:
    """The new state of a delivery. `queued` with a failure means: it is being tried again."""

    delivery_id: UUID
    message_id: UUID
    state: str
    attempts: int
    failure: str | None = None

    def as_data(self) -> dict[str, Any]:
        delivery = {
            "id": str(self.delivery_id),
            "message_id": str(self.message_id),
            "state": self.state,
            "attempts": self.attempts,
        }
        if self.failure is not None:
            delivery["failure"] = self.failure
        return {"delivery": delivery, "conversation": {}}


class Moved(Exception):  # noqa: N818 - says what is the case
    """While its conversation was waited for, it was merged or split: the matter is in another.

    Roll back, and begin again with the conversation `into`: what is held so far may come later in
    the order of locks.
    """

    def __init__(self, into: UUID) -> None:
        super().__init__("the matter is in another conversation now")
        self.into = into


async def lock_conversation(
    session: AsyncSession, workspace_id: int, conversation_id: UUID
) -> Conversation | None:
    """Hold the conversation before any of its deliveries changes; None if it was erased."""
    statement = (
        select(Conversation)
        .where(Conversation.workspace_id == workspace_id, Conversation.id == conversation_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(statement)).one_or_none()


async def announce(
    session: AsyncSession, conversation: Conversation, changes: Sequence[Change]
) -> int:
    """Write one event per change, each with a version of its own; returns the last position.

    The conversation must be locked; the transaction writes nothing after this.
    """
    first = conversation.version + 1
    conversation.version += len(changes)
    return await append_in(
        session,
        *(
            in_place(conversation, EventType.DELIVERY, change.as_data(), version=version)
            for version, change in enumerate(changes, start=first)
        ),
    )
