"""Macros that lay a conversation aside."""

import sqlalchemy as sa
from alembic import op

revision = "0009_macro_pending"
down_revision = "0004_attributes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("macro", sa.Column("pend_hours", sa.Integer(), nullable=True))
    op.drop_constraint(op.f("macro_afterwards_check"), "macro")
    op.create_check_constraint(
        op.f("macro_afterwards_check"), "macro", "afterwards IN ('solve', 'pend')"
    )


def downgrade() -> None:
    op.execute("UPDATE macro SET afterwards = NULL WHERE afterwards = 'pend'")
    op.drop_constraint(op.f("macro_afterwards_check"), "macro")
    op.create_check_constraint(op.f("macro_afterwards_check"), "macro", "afterwards IN ('solve')")
    op.drop_column("macro", "pend_hours")
