"""What a subscription may see of its workspace."""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, true

from gateway.database.schema import Conversation
from gateway.feed.client_frames import Filter
from gateway.feed.ephemerals import Ephemeral
from gateway.feed.logged import LoggedEvent
from gateway.feed.scope import Scope, allowed


@dataclass(frozen=True, slots=True)
class View:
    """A filter, resolved for one caller. `agent_id` is set where the caller's own are shown.

    Whatever the filter says, conversations of `hidden` queues are shown only while `viewer` has
    them. Both are empty for who sees everything, so that all these share their frames.
    """

    is_everything: bool
    queues: frozenset[UUID]
    conversations: frozenset[UUID]
    agent_id: UUID | None
    types: frozenset[str] | None
    hidden: frozenset[UUID] = frozenset()
    viewer: UUID | None = None

    @classmethod
    def of(cls, wanted: Filter, agent_id: UUID | None, scope: Scope | None = None) -> Self:
        hidden = scope.hidden if scope else frozenset()
        return cls(
            is_everything=not wanted.assigned_to_me
            and wanted.queues is None
            and wanted.conversations is None,
            queues=wanted.queues or frozenset(),
            conversations=wanted.conversations or frozenset(),
            agent_id=agent_id if wanted.assigned_to_me else None,
            types=wanted.types,
            hidden=hidden,
            viewer=agent_id if hidden else None,
        )

    def holds(self, conversation_id: UUID, queue_id: UUID | None, assignee_id: UUID | None) -> bool:
        """Whether a conversation is in the view while it is in this queue, with this agent."""
        is_hidden = self.hidden and (queue_id is None or queue_id in self.hidden)
        if is_hidden and (self.viewer is None or self.viewer != assignee_id):
            return False
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
        return and_(allowed(self.hidden, self.viewer), self._is_wanted())

    def _is_wanted(self) -> ColumnElement[bool]:
        if self.is_everything:
            return true()
        conditions: list[ColumnElement[bool]] = [
            Conversation.queue_id.in_(self.queues),
            Conversation.id.in_(self.conversations),
        ]
        if self.agent_id is not None:
            conditions.append(Conversation.assignee_id == self.agent_id)
        return or_(*conditions)
