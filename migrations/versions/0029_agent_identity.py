"""Accounts of an OpenID provider that log agents in; refused logins have no token."""

import sqlalchemy as sa
from alembic import op

revision = "0029_agent_identity"
down_revision = "0033_weekly_report"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agent_identity",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"],
            ["agent.workspace_id", "agent.id"],
            name="agent_identity_workspace_id_agent_id_fkey",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="agent_identity_pkey"),
        sa.UniqueConstraint(
            "workspace_id",
            "issuer",
            "subject",
            name="agent_identity_workspace_id_issuer_subject_key",
        ),
        sa.UniqueConstraint(
            "workspace_id",
            "agent_id",
            "issuer",
            name="agent_identity_workspace_id_agent_id_issuer_key",
        ),
    )
    op.create_table(
        "spent_errand",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name="spent_errand_workspace_id_fkey"
        ),
        sa.PrimaryKeyConstraint("workspace_id", "digest", name="spent_errand_pkey"),
    )
    op.alter_column("audit_entry", "token_id", nullable=True)


def downgrade() -> None:
    op.execute("DELETE FROM audit_entry WHERE token_id IS NULL")
    op.alter_column("audit_entry", "token_id", nullable=False)
    op.drop_table("spent_errand")
    op.drop_table("agent_identity")
