"""What customers are asked once their matter is solved, and what they say."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
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


class Survey(Base):
    """A question on a scale, asked `delay_s` after a conversation was solved while it is enabled.

    `questions` are the workspace's words by language, in place of ours. A contact is asked by no
    survey again for `cap_days`. A score of `low_score` or less calls supervisors, and reopens the
    conversation where `reopens` says so; one of `review_from` or more is shown `review_url`, once.
    """

    __tablename__ = "survey"
    __table_args__ = (one_of("kind", "csat", "nps", "ces"),)

    workspace_id: Mapped[WorkspaceId] = mapped_column(ForeignKey("workspace.id"))
    id: Mapped[RowId]
    name: Mapped[str]
    kind: Mapped[str]
    questions: Mapped[dict[str, str]] = mapped_column(JSONB)
    delay_s: Mapped[int]
    cap_days: Mapped[int]
    low_score: Mapped[int | None] = mapped_column(SmallInteger)
    reopens: Mapped[bool]
    review_url: Mapped[str | None]
    review_from: Mapped[int | None] = mapped_column(SmallInteger)
    created_at: Mapped[CreatedAt]
    enabled_at: Mapped[Timestamp | None]
    archived_at: Mapped[Timestamp | None]


class SurveyInvitation(Base):
    """What a survey has done about a conversation: a message sent, or `skipped` and why.

    The last answer counts until `expires_at`. `reviewed_at` is when a public review was asked for.
    """

    __tablename__ = "survey_invitation"
    __table_args__ = (
        one_of("skipped", "no_answer", "machine", "opted_out", "too_soon", "unreachable"),
        inside_workspace("survey_id", "survey"),
        inside_workspace("conversation_id", "conversation", ondelete="CASCADE"),
        Index(
            "survey_invitation_once_key",
            "conversation_id",
            "survey_id",
            "workspace_id",
            unique=True,
        ),
        Index(
            "survey_invitation_answered_idx",
            "survey_id",
            "answered_at",
            "id",
            postgresql_where=text("answered_at IS NOT NULL"),
        ),
    )

    workspace_id: Mapped[WorkspaceId]
    id: Mapped[RowId]
    survey_id: Mapped[UUID]
    conversation_id: Mapped[UUID]
    agent_id: Mapped[UUID | None]
    message_id: Mapped[UUID | None]
    skipped: Mapped[str | None]
    language: Mapped[str]
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[Timestamp]
    score: Mapped[int | None] = mapped_column(SmallInteger)
    comment: Mapped[str | None]
    answered_at: Mapped[Timestamp | None]
    reviewed_at: Mapped[Timestamp | None]
