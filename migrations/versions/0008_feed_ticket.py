"""Tickets that open a websocket of the feed, once."""

import sqlalchemy as sa
from alembic import op

revision = "0008_feed_ticket"
down_revision = "0003_silence"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feed_ticket",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "token_id"],
            ["access_token.workspace_id", "access_token.id"],
            name=op.f("feed_ticket_workspace_id_token_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("feed_ticket_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("feed_ticket_pkey")),
        sa.UniqueConstraint("digest", name=op.f("feed_ticket_digest_key")),
    )


def downgrade() -> None:
    op.drop_table("feed_ticket")
