"""The domain log, and the head that gives each of its events a position."""

from uuid import UUID

from sqlalchemy import DateTime, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.database.schema.base import Base, Document, Position, Timestamp, WorkspaceId


class FeedHead(Base):
    """The last position given in a workspace. Locked last in every transaction that tells.

    `at` never goes back, so that positions and times agree.
    """

    __tablename__ = "feed_head"

    workspace_id: Mapped[WorkspaceId]
    epoch: Mapped[str]
    pos: Mapped[Position] = mapped_column(server_default=text("0"))
    at: Mapped[Timestamp]


class Event(Base):
    """Something that happened to a conversation. Holds no bodies, subjects or names.

    Queue and assignee before and after are kept so that what an agent may see can be judged on
    replay as it was live.
    """

    __tablename__ = "event"
    __table_args__ = (
        Index(None, "conversation_id", "pos"),
        Index(
            "event_scope_idx",
            "workspace_id",
            "pos",
            postgresql_where=text("type = 'scope.changed'"),
        ),
        {"postgresql_partition_by": "RANGE (at)"},
    )

    workspace_id: Mapped[WorkspaceId]
    pos: Mapped[Position] = mapped_column(primary_key=True)
    at: Mapped[Timestamp] = mapped_column(DateTime(timezone=True), primary_key=True)
    type: Mapped[str]
    conversation_id: Mapped[UUID]
    version: Mapped[int]
    queue_before: Mapped[UUID | None]
    queue_after: Mapped[UUID | None]
    assignee_before: Mapped[UUID | None]
    assignee_after: Mapped[UUID | None]
    data: Mapped[Document]
