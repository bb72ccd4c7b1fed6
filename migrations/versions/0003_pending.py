"""Conversations that wait for the customer, or until an instant."""

import sqlalchemy as sa
from alembic import op

revision = "0003_pending"
down_revision = "0003_clocks"
branch_labels = None
depends_on = None

BEFORE = "status IN ('queued', 'assigned', 'solved', 'closed')"
AFTER = "status IN ('queued', 'assigned', 'pending', 'solved', 'closed')"


def upgrade() -> None:
    _allow(AFTER)
    op.add_column(
        "conversation", sa.Column("snoozed_until", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_index(
        "conversation_snoozed_idx",
        "conversation",
        ["snoozed_until"],
        unique=False,
        postgresql_where=sa.text("snoozed_until IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("conversation_snoozed_idx", table_name="conversation")
    op.drop_column("conversation", "snoozed_until")
    op.execute("UPDATE conversation SET status = 'queued' WHERE status = 'pending'")
    _allow(BEFORE)


def _allow(statuses: str) -> None:
    op.drop_constraint(op.f("conversation_status_check"), "conversation", type_="check")
    op.create_check_constraint(op.f("conversation_status_check"), "conversation", statuses)
