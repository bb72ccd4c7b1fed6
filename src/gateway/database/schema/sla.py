"""How soon customers are to be answered, and how long they have waited."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, DateTime, ForeignKey, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSON
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


class SlaPolicy(Base):
    """Targets by clock and priority, in seconds of business time: `{"resolution": {"low": 3600}}`.

    Without a calendar all time counts. `revision` grows with every change of the policy or its
    calendar: open clocks that were measured by an earlier one are measured anew.
    """

    __tablename__ = "sla_policy"
    __table_args__ = (
        inside_workspace("calendar_id", "business_calendar"),
        CheckConstraint("num_nonnulls(warning_percent, warning_before_s) <= 1", name="warning"),
        Index(
            "sla_policy_name_key",
            "workspace_id",
            text("lower(name)"),
            unique=True,
            postgresql_where=text("archived_at IS NULL"),
        ),
        Index(
            "sla_policy_default_key",
            "workspace_id",
            unique=True,
            postgresql_where=text("is_default"),
        ),
    )

    workspace_id: Mapped[WorkspaceId] = mapped_column(ForeignKey("workspace.id"))
    id: Mapped[RowId]
    name: Mapped[str]
    targets: Mapped[dict[str, dict[str, int]]] = mapped_column(JSON)
    warning_percent: Mapped[int | None] = mapped_column(SmallInteger)
    warning_before_s: Mapped[int | None]
    calendar_id: Mapped[UUID | None]
    is_default: Mapped[bool] = mapped_column(server_default=text("false"))
    revision: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[CreatedAt]
    archived_at: Mapped[Timestamp | None]


class SlaClock(Base):
    """One measurement of a conversation, as of `policy_revision` of its policy.

    `spans` are the instants at which time began to count and ceased to, in turns. `sign_at` is when
    a worker has to look at it next: to warn, or to tell a breach. `elapsed_s` is known at its end.
    """

    __tablename__ = "sla_clock"
    __table_args__ = (
        one_of("metric", "first_response", "next_response", "resolution"),
        one_of("state", "running", "paused", "met", "breached", "cancelled"),
        one_of("end_reason", "done", "dropped"),
        inside_workspace("conversation_id", "conversation", ondelete="CASCADE"),
        inside_workspace("policy_id", "sla_policy"),
        Index("sla_clock_sign_idx", "sign_at", postgresql_where=text("sign_at IS NOT NULL")),
        Index(
            "sla_clock_open_idx",
            "policy_id",
            "policy_revision",
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    workspace_id: Mapped[WorkspaceId]
    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    metric: Mapped[str] = mapped_column(primary_key=True)
    cycle: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    policy_id: Mapped[UUID]
    policy_revision: Mapped[int]
    state: Mapped[str]
    spans: Mapped[list[datetime]] = mapped_column(ARRAY(DateTime(timezone=True)))
    target_s: Mapped[int | None]
    due_at: Mapped[Timestamp | None]
    warn_at: Mapped[Timestamp | None]
    sign_at: Mapped[Timestamp | None]
    warned_at: Mapped[Timestamp | None]
    breached_at: Mapped[Timestamp | None]
    ended_at: Mapped[Timestamp | None]
    end_reason: Mapped[str | None]
    elapsed_s: Mapped[int | None]
