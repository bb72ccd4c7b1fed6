"""What a subscription may see of its workspace."""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from sqlalchemy import ColumnElement, or_, true

from gateway.database.schema import Conversation
from gateway.feed.client_frames import Filter
from gateway.feed.ephemerals import Ephemeral
from gateway.feed.logged import LoggedEvent


@dataclass(frozen=True, slots=True)
class View:
    """A filter, resolved for one caller. `agent_id` is set where the caller's own are shown."""

    is_everything: bool
    queues: frozenset[UUID]
    conversations: frozenset[UUID]
    agent_id: UUID | None
    types: frozenset[str] | None

    @classmethod
    def of(cls, wanted: Filter, agent_id: UUID | None) -> Self:
        return cls(
            is_everything=not wanted.assigned_to_me
            and wanted.queues is None
            and wanted.conversations is None,
            queues=wanted.queues or frozenset(),
            conversations=wanted.conversations or frozenset(),
            agent_id=agent_id if wanted.assigned_to_me else None,
            types=wanted.types,
        )

    def holds(self, conversation_id: UUID, queue_id: UUID | None, assignee_id: UUID | None) -> bool:
        """Whether a conversation is in the view while it is in this queue, with this agent."""
        return (
            self.is_everything
            or queue_id in self.queues
            or conversation_id in self.conversations
            or (self.agent_id is not None and self.agent_id == assignee_id)
        )

    def shown(self, event: LoggedEvent) -> bytes | None:
        """The members of an event as this view shows it; None where it does not.

        What leaves the view says so whatever types are chosen: else it would be held for ever.
        """
        id_ = event.conversation_id
        was_in = self.holds(id_, event.queue_before, event.assignee_before)
        if not self.holds(id_, event.queue_after, event.assignee_after):
            return event.departure if was_in else None
        if self.types is not None and event.type not in self.types:
            return None
        return event.members if was_in else event.arrival or event.members

    def includes(self, ephemeral: Ephemeral) -> bool:
        """Whether it shows what passes in a conversation; one of some types only never does."""
        return self.types is None and self.holds(
            ephemeral.conversation_id, ephemeral.queue_id, ephemeral.assignee_id
        )

    def condition(self) -> ColumnElement[bool]:
        """The same over the conversations as they are now."""
        if self.is_everything:
            return true()
        conditions: list[ColumnElement[bool]] = [
            Conversation.queue_id.in_(self.queues),
            Conversation.id.in_(self.conversations),
        ]
        if self.agent_id is not None:
            conditions.append(Conversation.assignee_id == self.agent_id)
        return or_(*conditions)
