"""Models that suggest types, learnt from a workspace's history."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021_learnt_types"
down_revision = "0016_search"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "learnt_types",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("in_force", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        *(_number(name) for name in ("learnt", "held_out", "right", "majority_right")),
        sa.Column("confusion", postgresql.JSON(astext_type=sa.Text()), nullable=True),
        sa.Column("model", sa.LargeBinary(), nullable=True),
        sa.Column(
            "requested_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'ready', 'failed')", name=op.f("learnt_types_state_check")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("learnt_types_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("workspace_id", "version", name=op.f("learnt_types_pkey")),
    )
    op.create_index(
        "learnt_types_in_force_key",
        "learnt_types",
        ["workspace_id"],
        unique=True,
        postgresql_where=sa.text("in_force"),
    )
    op.create_index(
        "learnt_types_waiting_idx",
        "learnt_types",
        ["requested_at"],
        postgresql_where=sa.text("state = 'waiting'"),
    )


def downgrade() -> None:
    op.drop_table("learnt_types")


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False)
