"""What is said again and again, by agents and by itself; what conversations are called by."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSON
from sqlalchemy.orm import Mapped, mapped_column

from gateway.database.schema.base import (
    Base,
    CreatedAt,
    RowId,
    Timestamp,
    WorkspaceId,
    inside_workspace,
    one_of,
)


class Macro(Base):
    """A canned answer: `texts` by language, `{text, html}`; of `language` is the one for the rest.

    Beside it go tags, a priority and what becomes of the conversation `afterwards`.
    """

    __tablename__ = "macro"
    __table_args__ = (
        one_of("priority", "low", "normal", "high", "urgent"),
        one_of("afterwards", "solve", "pend"),
        Index(
            "macro_name_key",
            "workspace_id",
            text("lower(name)"),
            unique=True,
            postgresql_where=text("archived_at IS NULL"),
        ),
    )

    workspace_id: Mapped[WorkspaceId] = mapped_column(ForeignKey("workspace.id"))
    id: Mapped[RowId]
    name: Mapped[str]
    language: Mapped[str]
    texts: Mapped[dict[str, dict[str, Any]]] = mapped_column(JSON)
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text))
    priority: Mapped[str | None]
    afterwards: Mapped[str | None]
    pend_hours: Mapped[int | None]
    created_at: Mapped[CreatedAt]
    archived_at: Mapped[Timestamp | None]


class AnswerAllowance(Base):
    """When a contact was answered automatically of late: the limit counts these."""

    __tablename__ = "answer_allowance"
    __table_args__ = (inside_workspace("contact_id", "contact"), Index(None, "last_at"))

    workspace_id: Mapped[WorkspaceId]
    contact_id: Mapped[UUID] = mapped_column(primary_key=True)
    answered_at: Mapped[list[datetime]] = mapped_column(ARRAY(DateTime(timezone=True)))
    last_at: Mapped[Timestamp]


class ExpectedWait(Base):
    """The wait in a queue that most have not exceeded of late, out of so many `cases`."""

    __tablename__ = "expected_wait"
    __table_args__ = (inside_workspace("queue_id", "queue"),)

    workspace_id: Mapped[WorkspaceId]
    queue_id: Mapped[UUID] = mapped_column(primary_key=True)
    cases: Mapped[int]
    wait: Mapped[timedelta]
    measured_at: Mapped[Timestamp]


class Tag(Base):
    """A tag that the workspace knows, for agents to choose; rules may give others.

    Conversations hold names: an archived tag stays on those that have it.
    """

    __tablename__ = "tag"
    __table_args__ = (Index("tag_name_key", "name", "workspace_id", unique=True),)

    workspace_id: Mapped[WorkspaceId] = mapped_column(ForeignKey("workspace.id"))
    id: Mapped[RowId]
    name: Mapped[str]
    description: Mapped[str | None]
    colour: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    archived_at: Mapped[Timestamp | None]


class TagMove(Base):
    """A tag that becomes another on all conversations; those up to `after` are done."""

    __tablename__ = "tag_move"
    __table_args__ = (
        Index(
            "tag_move_open_idx",
            "workspace_id",
            "id",
            postgresql_where=text("done_at IS NULL"),
        ),
    )

    workspace_id: Mapped[WorkspaceId] = mapped_column(ForeignKey("workspace.id"))
    id: Mapped[RowId]
    source: Mapped[str]
    target: Mapped[str]
    after: Mapped[UUID | None]
    conversations: Mapped[int] = mapped_column(server_default=text("0"))
    created_at: Mapped[CreatedAt]
    done_at: Mapped[Timestamp | None]
