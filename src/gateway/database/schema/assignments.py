"""Who has a conversation, who is asked to take it, and how it moved between queues."""

from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.database.schema.base import (
    Base,
    RowId,
    Timestamp,
    WorkspaceId,
    inside_workspace,
    one_of,
)


class Assignment(Base):
    """An agent's hold of a conversation, with the `weight` that it takes of the agent's capacity.

    It is `offered`, `active` or, the conversation being solved, `wrap_up`, until `ended_at`. At
    most one of a conversation is offered or active, by a unique index; an agent's `load` is the
    sum of the weights of all that have not ended. `due_at` ends an offer or a wrap-up by itself.

    `origin` is who made it: the agent took it, the router offered or gave it, a supervisor
    assigned it, another agent passed it on. `explanation` is the router's: whom it considered, and
    why each was passed over. `end_detail` is the reason for which an offer was declined.
    """

    __tablename__ = "assignment"
    __table_args__ = (
        one_of("state", "offered", "active", "wrap_up"),
        one_of("origin", "taken", "offered", "direct", "assigned", "transferred"),
        inside_workspace("conversation_id", "conversation", ondelete="CASCADE"),
        inside_workspace("agent_id", "agent"),
        inside_workspace("queue_id", "queue"),
        Index(None, "id"),
        Index(
            "assignment_active_key",
            "workspace_id",
            "conversation_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL AND state <> 'wrap_up'"),
        ),
        Index(
            "assignment_agent_idx",
            "workspace_id",
            "agent_id",
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "assignment_due_idx",
            "due_at",
            postgresql_where=text("ended_at IS NULL AND due_at IS NOT NULL"),
        ),
    )

    workspace_id: Mapped[WorkspaceId]
    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[RowId]
    agent_id: Mapped[UUID]
    queue_id: Mapped[UUID]
    state: Mapped[str]
    origin: Mapped[str]
    weight: Mapped[int] = mapped_column(SmallInteger)
    by_agent_id: Mapped[UUID | None]
    offered_at: Mapped[Timestamp | None]
    assigned_at: Mapped[Timestamp | None]
    wrap_up_at: Mapped[Timestamp | None]
    due_at: Mapped[Timestamp | None]
    ended_at: Mapped[Timestamp | None]
    end_reason: Mapped[str | None]
    end_detail: Mapped[str | None]
    explanation: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class Transfer(Base):
    """A move from one queue to another, or of an agent's work to a colleague in the same one.

    `note_id` is the message with the summary and what was tried. `is_redirected` says that the
    conversation had moved too often: it went to the supervisors' queue instead.
    """

    __tablename__ = "transfer"
    __table_args__ = (
        one_of("kind", "escalated", "de_escalated", "transferred", "overflowed"),
        inside_workspace("conversation_id", "conversation", ondelete="CASCADE"),
        inside_workspace("from_queue_id", "queue"),
        inside_workspace("to_queue_id", "queue"),
    )

    workspace_id: Mapped[WorkspaceId]
    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[RowId]
    kind: Mapped[str]
    from_queue_id: Mapped[UUID]
    to_queue_id: Mapped[UUID]
    agent_id: Mapped[UUID | None]
    to_agent_id: Mapped[UUID | None]
    note_id: Mapped[UUID | None]
    is_redirected: Mapped[bool] = mapped_column(server_default=text("false"))
    moved_at: Mapped[Timestamp]


class Presence(Base):
    """Whether an agent is at work: `online` until the lease runs out, unless they are `away`.

    The feed's heartbeat renews the lease. `is_mobile` is the explicit mode without a feed: the
    lease is what the agent asked for, and a heartbeat never shortens it.
    """

    __tablename__ = "presence"
    __table_args__ = (
        one_of("status", "online", "away"),
        inside_workspace("agent_id", "agent"),
    )

    workspace_id: Mapped[WorkspaceId]
    agent_id: Mapped[UUID] = mapped_column(primary_key=True)
    status: Mapped[str]
    is_mobile: Mapped[bool] = mapped_column(server_default=text("false"))
    until: Mapped[Timestamp]
    changed_at: Mapped[Timestamp]
