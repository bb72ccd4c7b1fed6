"""SLA policies and clocks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003_clocks"
down_revision = "0008_audit"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sla_policy",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("targets", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("warning_percent", sa.SmallInteger(), nullable=True),
        sa.Column("warning_before_s", sa.Integer(), nullable=True),
        sa.Column("calendar_id", sa.Uuid(), nullable=True),
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(warning_percent, warning_before_s) <= 1",
            name=op.f("sla_policy_warning_check"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "calendar_id"],
            ["business_calendar.workspace_id", "business_calendar.id"],
            name=op.f("sla_policy_workspace_id_calendar_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("sla_policy_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("sla_policy_pkey")),
    )
    op.create_index(
        "sla_policy_default_key",
        "sla_policy",
        ["workspace_id"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )
    op.create_index(
        "sla_policy_name_key",
        "sla_policy",
        ["workspace_id", sa.literal_column("lower(name)")],
        unique=True,
        postgresql_where=sa.text("archived_at IS NULL"),
    )
    op.create_table(
        "sla_clock",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("cycle", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("policy_revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("spans", sa.ARRAY(sa.DateTime(timezone=True)), nullable=False),
        sa.Column("target_s", sa.Integer(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sign_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("breached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("elapsed_s", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "end_reason IN ('done', 'dropped')", name=op.f("sla_clock_end_reason_check")
        ),
        sa.CheckConstraint(
            "metric IN ('first_response', 'next_response', 'resolution')",
            name=op.f("sla_clock_metric_check"),
        ),
        sa.CheckConstraint(
            "state IN ('running', 'paused', 'met', 'breached', 'cancelled')",
            name=op.f("sla_clock_state_check"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "conversation_id"],
            ["conversation.workspace_id", "conversation.id"],
            name=op.f("sla_clock_workspace_id_conversation_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "policy_id"],
            ["sla_policy.workspace_id", "sla_policy.id"],
            name=op.f("sla_clock_workspace_id_policy_id_fkey"),
        ),
        sa.PrimaryKeyConstraint(
            "workspace_id", "conversation_id", "metric", "cycle", name=op.f("sla_clock_pkey")
        ),
    )
    op.create_index(
        "sla_clock_open_idx",
        "sla_clock",
        ["policy_id", "policy_revision"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "sla_clock_sign_idx",
        "sla_clock",
        ["sign_at"],
        unique=False,
        postgresql_where=sa.text("sign_at IS NOT NULL"),
    )
    op.add_column("conversation", sa.Column("sla_policy_id", sa.Uuid(), nullable=True))
    op.add_column("conversation", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "conversation_due_idx",
        "conversation",
        ["workspace_id", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_foreign_key(
        op.f("conversation_workspace_id_sla_policy_id_fkey"),
        "conversation",
        "sla_policy",
        ["workspace_id", "sla_policy_id"],
        ["workspace_id", "id"],
    )


def downgrade() -> None:
    op.drop_constraint(
        op.f("conversation_workspace_id_sla_policy_id_fkey"), "conversation", type_="foreignkey"
    )
    op.drop_index(
        "conversation_due_idx",
        table_name="conversation",
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.drop_column("conversation", "due_at")
    op.drop_column("conversation", "sla_policy_id")
    op.drop_index(
        "sla_clock_sign_idx",
        table_name="sla_clock",
        postgresql_where=sa.text("sign_at IS NOT NULL"),
    )
    op.drop_index(
        "sla_clock_open_idx", table_name="sla_clock", postgresql_where=sa.text("ended_at IS NULL")
    )
    op.drop_table("sla_clock")
    op.drop_index(
        "sla_policy_name_key",
        table_name="sla_policy",
        postgresql_where=sa.text("archived_at IS NULL"),
    )
    op.drop_index(
        "sla_policy_default_key", table_name="sla_policy", postgresql_where=sa.text("is_default")
    )
    op.drop_table("sla_policy")
