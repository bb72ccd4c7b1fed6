"""Figures of the service: how far the log is counted, cases, and what they add up to per day."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020_figures"
down_revision = "0014_articles"
branch_labels = None
depends_on = None

WORKSPACE = ["workspace_id"], ["workspace.id"]


def upgrade() -> None:
    op.create_table(
        "figure_cursor",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("pos", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("calendar", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(*WORKSPACE, name="figure_cursor_workspace_id_fkey"),
        sa.PrimaryKeyConstraint("workspace_id", name="figure_cursor_pkey"),
    )
    op.create_table(
        "figure_case",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("figure", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=True),
        sa.Column("business_s", sa.Integer(), nullable=True),
        sa.Column("hit", sa.Boolean(), nullable=False),
        sa.Column("queue_id", sa.Uuid(), nullable=True),
        sa.Column("level", sa.SmallInteger(), nullable=True),
        sa.Column("channel_id", sa.Uuid(), nullable=True),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("priority", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(*WORKSPACE, name="figure_case_workspace_id_fkey"),
        sa.PrimaryKeyConstraint(
            "workspace_id", "conversation_id", "figure", "n", name="figure_case_pkey"
        ),
    )
    op.create_index(
        "figure_case_day_idx", "figure_case", ["figure", "day", "workspace_id", "conversation_id"]
    )
    op.create_table(
        "figure_rollup",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("figure", sa.Text(), nullable=False),
        sa.Column("clock", sa.Text(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("bucket", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("cases", sa.BigInteger(), nullable=False),
        sa.Column("hits", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("clock IN ('wall', 'business')", name="figure_rollup_clock_check"),
        sa.ForeignKeyConstraint(*WORKSPACE, name="figure_rollup_workspace_id_fkey"),
        sa.PrimaryKeyConstraint(
            "workspace_id",
            "figure",
            "clock",
            "dimension",
            "day",
            "key",
            "bucket",
            name="figure_rollup_pkey",
        ),
    )
    op.create_index(
        "figure_rollup_empty_idx",
        "figure_rollup",
        ["workspace_id"],
        postgresql_where=sa.text("cases = 0"),
    )


def downgrade() -> None:
    for table in ("figure_rollup", "figure_case", "figure_cursor"):
        op.drop_table(table)
