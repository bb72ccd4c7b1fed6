"""Logins with a password and a second factor, and sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0007_logins"
down_revision = "0004_macros"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "access_token",
        sa.Column("is_session", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.create_table(
        "login",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("totp_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totp_step", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "recovery_digests",
            sa.ARRAY(sa.LargeBinary()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"],
            ["agent.workspace_id", "agent.id"],
            name=op.f("login_workspace_id_agent_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "agent_id", name=op.f("login_pkey")),
    )
    op.create_table(
        "invitation",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"],
            ["agent.workspace_id", "agent.id"],
            name=op.f("invitation_workspace_id_agent_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("invitation_pkey")),
        sa.UniqueConstraint("digest", name=op.f("invitation_digest_key")),
    )


def downgrade() -> None:
    op.drop_table("invitation")
    op.drop_table("login")
    op.drop_column("access_token", "is_session")
