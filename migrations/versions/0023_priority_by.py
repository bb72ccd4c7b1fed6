"""Who has set the priority of a conversation."""

import sqlalchemy as sa
from alembic import op

revision = "0023_priority_by"
down_revision = "0021_learnt_types"
branch_labels = None
depends_on = None

REFERENCE = "conversation_workspace_id_priority_by_fkey"


def upgrade() -> None:
    op.add_column("conversation", sa.Column("priority_by", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        REFERENCE,
        "conversation",
        "agent",
        ["workspace_id", "priority_by"],
        ["workspace_id", "id"],
    )


def downgrade() -> None:
    op.drop_constraint(REFERENCE, "conversation", type_="foreignkey")
    op.drop_column("conversation", "priority_by")
