"""What figures are wanted to be; SLA clocks and unanswered messages among them."""

import sqlalchemy as sa
from alembic import op

revision = "0032_figure_targets"
down_revision = "0025_saved_view"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "figure_target",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("figure", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name="figure_target_workspace_id_fkey"
        ),
        sa.PrimaryKeyConstraint("workspace_id", "figure", name="figure_target_pkey"),
    )
    op.add_column("figure_case", sa.Column("policy_id", sa.Uuid(), nullable=True))
    op.alter_column("figure_cursor", "calendar", new_column_name="basis")
    op.add_column(
        "figure_cursor",
        sa.Column("configuration", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column(
        "workspace",
        sa.Column("unanswered_hours", sa.Integer(), server_default=sa.text("24"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("workspace", "unanswered_hours")
    op.drop_column("figure_cursor", "configuration")
    op.alter_column("figure_cursor", "basis", new_column_name="calendar")
    op.drop_column("figure_case", "policy_id")
    op.drop_table("figure_target")
