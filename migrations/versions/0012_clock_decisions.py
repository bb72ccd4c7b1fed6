"""Decisions are also about clocks: those have no message."""

from alembic import op

revision = "0012_clock_decisions"
down_revision = "0010_feed_scope"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("decision", "message_id", nullable=True)


def downgrade() -> None:
    op.execute("DELETE FROM decision WHERE message_id IS NULL")
    op.alter_column("decision", "message_id", nullable=False)
