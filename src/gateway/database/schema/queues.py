"""Where conversations wait, when they are served, and who has them."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Mapped, mapped_column

from gateway.database.schema.base import (
    Base,
    CreatedAt,
    RowId,
    Timestamp,
    WorkspaceId,
    followed,
    inside_workspace,
)


class Queue(Base):
    """A first- or second-level queue. One of the workspace is the default: work is never lost."""

    __tablename__ = "queue"
    __table_args__ = (
        CheckConstraint("level IN (1, 2)", name="level"),
        Index(
            "queue_name_key",
            "workspace_id",
            text("lower(name)"),
            unique=True,
            postgresql_where=text("archived_at IS NULL"),
        ),
        Index(
            "queue_default_key",
            "workspace_id",
            unique=True,
            postgresql_where=text("is_default"),
        ),
    )

    workspace_id: Mapped[WorkspaceId] = mapped_column(ForeignKey("workspace.id"))
    id: Mapped[RowId]
    name: Mapped[str]
    level: Mapped[int] = mapped_column(SmallInteger)
    is_default: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[CreatedAt]
    archived_at: Mapped[Timestamp | None]


class BusinessCalendar(Base):
    """When the team works. `week` has hours by the day's name, `special` by the date.

    One of the workspace's may be the default, which rules ask.
    """

    __tablename__ = "business_calendar"
    __table_args__ = (
        Index(
            "business_calendar_default_key",
            "workspace_id",
            unique=True,
            postgresql_where=text("is_default"),
        ),
    )

    workspace_id: Mapped[WorkspaceId] = mapped_column(ForeignKey("workspace.id"))
    id: Mapped[RowId]
    name: Mapped[str]
    timezone: Mapped[str]
    week: Mapped[dict[str, list[dict[str, str]]]] = mapped_column(JSON)
    country: Mapped[str | None]
    subdivision: Mapped[str | None]
    special: Mapped[dict[str, list[dict[str, str]]]] = mapped_column(JSON)
    is_default: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[CreatedAt]


class QueueEntry(Base):
    """One stay in a queue. `effective_at` orders the queue: earlier is served first."""

    __tablename__ = "queue_entry"
    __table_args__ = (
        Index(
            "queue_entry_waiting_key",
            "workspace_id",
            "conversation_id",
            unique=True,
            postgresql_where=text("left_at IS NULL"),
        ),
        Index(
            "queue_entry_order_idx",
            "workspace_id",
            "queue_id",
            "effective_at",
            "conversation_id",
            postgresql_where=text("left_at IS NULL"),
        ),
    )

    workspace_id: Mapped[WorkspaceId]
    conversation_id: Mapped[UUID] = mapped_column(
        primary_key=True, info=followed("conversation", cascade=True)
    )
    id: Mapped[RowId]
    queue_id: Mapped[UUID] = mapped_column(info=followed("queue"))
    queued_at: Mapped[Timestamp]
    effective_at: Mapped[Timestamp]
    left_at: Mapped[Timestamp | None]


class Assignment(Base):
    """An agent's hold of a conversation: at most one is active, by a unique index."""

    __tablename__ = "assignment"
    __table_args__ = (
        inside_workspace("conversation_id", "conversation", ondelete="CASCADE"),
        inside_workspace("agent_id", "agent"),
        Index(
            "assignment_active_key",
            "workspace_id",
            "conversation_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "assignment_agent_idx",
            "workspace_id",
            "agent_id",
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    workspace_id: Mapped[WorkspaceId]
    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[RowId]
    agent_id: Mapped[UUID]
    assigned_at: Mapped[Timestamp]
    ended_at: Mapped[Timestamp | None]
    end_reason: Mapped[str | None]


class Escalation(Base):
    """A move from the first to the second level; the note says what was tried."""

    __tablename__ = "escalation"
    __table_args__ = (
        inside_workspace("conversation_id", "conversation", ondelete="CASCADE"),
        inside_workspace("from_queue_id", "queue"),
        inside_workspace("to_queue_id", "queue"),
    )

    workspace_id: Mapped[WorkspaceId]
    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[RowId]
    from_queue_id: Mapped[UUID]
    to_queue_id: Mapped[UUID]
    agent_id: Mapped[UUID | None]
    note_id: Mapped[UUID]
    escalated_at: Mapped[Timestamp]
