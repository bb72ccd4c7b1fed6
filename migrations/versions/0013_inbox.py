"""Indexes for lists: what an inbox counts, and each agent's conversations without the closed."""

import sqlalchemy as sa
from alembic import op

revision = "0013_inbox"
down_revision = "0013_preferred_agent"
branch_labels = None
depends_on = None

OPEN = "conversation_open_idx"
ASSIGNEE = "conversation_assignee_idx"
ASSIGNEE_CLOSED = "conversation_assignee_closed_idx"


def upgrade() -> None:
    op.drop_index(OPEN, "conversation")
    op.drop_index(ASSIGNEE, "conversation")
    _index(
        OPEN,
        "queue_id",
        "status IN ('queued', 'offered', 'assigned', 'pending')",
        postgresql_include=["status", "assignee_id", "due_at"],
    )
    _index(ASSIGNEE, "assignee_id", "assignee_id IS NOT NULL AND status <> 'closed'")
    _index(ASSIGNEE_CLOSED, "assignee_id", "assignee_id IS NOT NULL AND status = 'closed'")


def downgrade() -> None:
    for name in (ASSIGNEE_CLOSED, ASSIGNEE, OPEN):
        op.drop_index(name, "conversation")
    _index(ASSIGNEE, "assignee_id", "assignee_id IS NOT NULL")
    _index(OPEN, "queue_id", "status IN ('queued', 'offered', 'assigned')")


def _index(name: str, whose: str, where: str, **more: object) -> None:
    columns = ["workspace_id", whose, "last_message_at", "id"]
    op.create_index(name, "conversation", columns, postgresql_where=sa.text(where), **more)
