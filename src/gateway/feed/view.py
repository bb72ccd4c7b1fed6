"""What a subscription may see of its workspace."""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from sqlalchemy import ColumnElement, or_, true

from gateway.database.schema import Conversation
from gateway.feed.frames import Filter
from gateway.feed.logged import LoggedEvent
from gateway.signals import Typing


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

    def shows(self, event: LoggedEvent) -> bool:
        """Whether the event concerns this view: before its change, after it, or both."""
        if self.types is not None and event.type not in self.types:
            return False
        return (
            self.is_everything
            or event.queue_before in self.queues
            or event.queue_after in self.queues
            or event.conversation_id in self.conversations
            or (
                self.agent_id is not None
                and self.agent_id in (event.assignee_before, event.assignee_after)
            )
        )

    def includes(self, typing: Typing) -> bool:
        """Whether it shows who types in a conversation; one of some types only never does."""
        if self.types is not None:
            return False
        return (
            self.is_everything
            or typing.queue_id in self.queues
            or typing.conversation_id in self.conversations
            or (self.agent_id is not None and self.agent_id == typing.assignee_id)
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
