"""Surveys: what customers are asked once their matter is solved, and what they say."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026_surveys"
down_revision = "0032_figure_targets"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "survey",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("questions", postgresql.JSONB(), nullable=False),
        sa.Column("delay_s", sa.Integer(), nullable=False),
        sa.Column("cap_days", sa.Integer(), nullable=False),
        sa.Column("low_score", sa.SmallInteger(), nullable=True),
        sa.Column("reopens", sa.Boolean(), nullable=False),
        sa.Column("review_url", sa.Text(), nullable=True),
        sa.Column("review_from", sa.SmallInteger(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("enabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('csat', 'nps', 'ces')", name="survey_kind_check"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name="survey_workspace_id_fkey"
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="survey_pkey"),
    )
    op.create_table(
        "survey_invitation",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("skipped", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("score", sa.SmallInteger(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "skipped IN ('no_answer', 'machine', 'opted_out', 'too_soon', 'unreachable')",
            name="survey_invitation_skipped_check",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "survey_id"],
            ["survey.workspace_id", "survey.id"],
            name="survey_invitation_workspace_id_survey_id_fkey",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "conversation_id"],
            ["conversation.workspace_id", "conversation.id"],
            name="survey_invitation_workspace_id_conversation_id_fkey",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="survey_invitation_pkey"),
    )
    op.create_index(
        "survey_invitation_once_key",
        "survey_invitation",
        ["conversation_id", "survey_id", "workspace_id"],
        unique=True,
    )
    op.create_index(
        "survey_invitation_answered_idx",
        "survey_invitation",
        ["survey_id", "answered_at", "id"],
        postgresql_where=sa.text("answered_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("survey_invitation")
    op.drop_table("survey")
