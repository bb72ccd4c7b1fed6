"""Rules through their life, and what they decided."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Mapped, mapped_column

from gateway.database.schema.base import (
    Base,
    CreatedAt,
    Record,
    RowId,
    Timestamp,
    WorkspaceId,
    followed,
    one_of,
)


class RuleSetVersion(Base):
    """An immutable version of all rules with their test cases.

    The workspace names the version in force, and the one that decides beside it.
    """

    __tablename__ = "rule_set_version"

    workspace_id: Mapped[WorkspaceId] = mapped_column(ForeignKey("workspace.id"))
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rules: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    cases: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    based_on: Mapped[int | None]
    comment: Mapped[str | None]
    created_by: Mapped[str]
    created_at: Mapped[CreatedAt]


class RuleSetDraft(Base):
    """What admins change before it becomes a version: one per workspace.

    Without changes `rules` and `cases` are null, and the draft is what is in force.
    """

    __tablename__ = "rule_set_draft"

    workspace_id: Mapped[WorkspaceId] = mapped_column(ForeignKey("workspace.id"))
    revision: Mapped[int]
    based_on: Mapped[int | None]
    rules: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    cases: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    changed_by: Mapped[str | None]
    changed_at: Mapped[Timestamp | None]


class RuleSetMove(Base):
    """A step in the life of a version: `former` is the version whose place it took."""

    __tablename__ = "rule_set_move"
    __table_args__ = (one_of("action", "publish", "roll_back", "shadow", "end_shadow"),)

    workspace_id: Mapped[WorkspaceId] = mapped_column(ForeignKey("workspace.id"))
    id: Mapped[RowId]
    action: Mapped[str]
    version: Mapped[int]
    former: Mapped[int | None]
    comment: Mapped[str | None]
    moved_by: Mapped[str]
    moved_at: Mapped[CreatedAt]


class Decision(Base):
    """What routing decided for a message, on which facts, and why. Holds no text of the message.

    Without `message_id` it was decided what follows from a sign of an SLA clock: `facts` say which.
    `error` is set where the rules failed and the conversation went to the default queue instead.
    `shadow` is where the version beside the one in force decided otherwise, with its number.
    """

    __tablename__ = "decision"
    __table_args__ = (
        Index(
            "decision_shadow_idx",
            "workspace_id",
            "decided_at",
            postgresql_where=text("shadow IS NOT NULL"),
        ),
    )

    workspace_id: Mapped[WorkspaceId]
    conversation_id: Mapped[UUID] = mapped_column(
        primary_key=True, info=followed("conversation", cascade=True)
    )
    id: Mapped[RowId]
    message_id: Mapped[UUID | None]
    rule_set_version: Mapped[int]
    facts: Mapped[Record]
    outcome: Mapped[Record]
    explanation: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    error: Mapped[str | None]
    shadow: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    decided_at: Mapped[Timestamp]
