"""Rules may say who gets a conversation before others."""

import sqlalchemy as sa
from alembic import op

revision = "0013_preferred_agent"
down_revision = "0012_clock_decisions"
branch_labels = None
depends_on = None

REFERENCE = "conversation_workspace_id_preferred_agent_id_fkey"


def upgrade() -> None:
    op.add_column("conversation", sa.Column("preferred_agent_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        REFERENCE,
        "conversation",
        "agent",
        ["workspace_id", "preferred_agent_id"],
        ["workspace_id", "id"],
    )


def downgrade() -> None:
    op.drop_constraint(REFERENCE, "conversation", type_="foreignkey")
    op.drop_column("conversation", "preferred_agent_id")
