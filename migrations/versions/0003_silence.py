"""How long pending conversations may be silent."""

import sqlalchemy as sa
from alembic import op

revision = "0003_silence"
down_revision = "0009_macro_pending"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("workspace", sa.Column("pending_days", sa.Integer(), nullable=True))
    op.add_column("workspace", sa.Column("pending_notice", sa.Text(), nullable=True))
    op.add_column(
        "conversation", sa.Column("pending_since", sa.DateTime(timezone=True), nullable=True)
    )
    op.execute("UPDATE conversation SET pending_since = now() WHERE status = 'pending'")
    op.create_index(
        "conversation_pending_idx",
        "conversation",
        ["workspace_id", "pending_since"],
        unique=False,
        postgresql_where=sa.text("pending_since IS NOT NULL AND snoozed_until IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("conversation_pending_idx", table_name="conversation")
    op.drop_column("conversation", "pending_since")
    op.drop_column("workspace", "pending_notice")
    op.drop_column("workspace", "pending_days")
