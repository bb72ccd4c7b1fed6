"""Weekly reports: whether a workspace wants them, and who was sent which."""

import sqlalchemy as sa
from alembic import op

revision = "0033_weekly_report"
down_revision = "0026_surveys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "report_mail",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("monday", sa.Date(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"],
            ["agent.workspace_id", "agent.id"],
            name="report_mail_workspace_id_agent_id_fkey",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "monday", "agent_id", name="report_mail_pkey"),
    )
    op.add_column(
        "workspace",
        sa.Column("weekly_report", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("workspace", "weekly_report")
    op.drop_table("report_mail")
