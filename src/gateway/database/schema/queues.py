"""Where conversations wait, and when they are served."""

from typing import Any
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
    one_of,
)


def _own_id(context: Any) -> Any:
    return context.get_current_parameters()["id"]


class Queue(Base):
    """A queue of level 1, 2 or 3, the supervisors'. One of the workspace is the default.

    Agents take from a queue of mode `pull`; of the others the router gives them: as an offer, or
    at once. Queues that share agents, directly or over others, are one pool, named by the least
    id among them: whoever locks that queue's row has the pool.

    Times are in seconds: how long an offer stands, how long an agent is busy after solving, how
    long a reopened conversation waits for who had it, after how long a large one has freed
    capacity kept for it, after how long without presence an agent's work returns (None: never).
    """

    __tablename__ = "queue"
    __table_args__ = (
        CheckConstraint("level IN (1, 2, 3)", name="level"),
        one_of("mode", "pull", "offer", "direct"),
        inside_workspace("pool_id", "queue"),
        inside_workspace("overflow_queue_id", "queue"),
        Index(None, "pool_id"),
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
    mode: Mapped[str] = mapped_column(server_default="pull")
    is_paused: Mapped[bool] = mapped_column(server_default=text("false"))
    pool_id: Mapped[UUID] = mapped_column(default=_own_id)
    overflow_queue_id: Mapped[UUID | None]
    offer_timeout_s: Mapped[int] = mapped_column(server_default=text("30"))
    wrap_up_s: Mapped[int] = mapped_column(server_default=text("0"))
    sticky_s: Mapped[int] = mapped_column(server_default=text("0"))
    reserve_after_s: Mapped[int] = mapped_column(server_default=text("300"))
    reclaim_s: Mapped[int | None]
    created_at: Mapped[CreatedAt]
    archived_at: Mapped[Timestamp | None]


class QueueMember(Base):
    """An agent who serves a queue; of two who are free, the more proficient is asked first."""

    __tablename__ = "queue_member"
    __table_args__ = (
        inside_workspace("agent_id", "agent"),
        inside_workspace("queue_id", "queue"),
        Index(None, "queue_id"),
    )

    workspace_id: Mapped[WorkspaceId]
    agent_id: Mapped[UUID] = mapped_column(primary_key=True)
    queue_id: Mapped[UUID] = mapped_column(primary_key=True)
    proficiency: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))


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
        Index(
            "queue_entry_left_idx",
            "workspace_id",
            "queue_id",
            "left_at",
            postgresql_where=text("left_at IS NOT NULL"),
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
