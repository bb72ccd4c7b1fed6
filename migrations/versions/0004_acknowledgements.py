"""Acknowledgements: the macro that answers first, how often a contact is answered, real waits."""

import sqlalchemy as sa
from alembic import op

revision = "0004_acknowledgements"
down_revision = "0002_assignment"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("workspace", sa.Column("acknowledgement_id", sa.Uuid(), nullable=True))
    for name, value in (("automatic_answers", "3"), ("automatic_answer_hours", "24")):
        column = sa.Column(name, sa.Integer(), server_default=sa.text(value), nullable=False)
        op.add_column("workspace", column)
    op.create_table(
        "answer_allowance",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("answered_at", sa.ARRAY(sa.DateTime(timezone=True)), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "contact_id"],
            ["contact.workspace_id", "contact.id"],
            name=op.f("answer_allowance_workspace_id_contact_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "contact_id", name=op.f("answer_allowance_pkey")),
    )
    op.create_index(op.f("answer_allowance_last_at_idx"), "answer_allowance", ["last_at"])
    op.create_table(
        "expected_wait",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("queue_id", sa.Uuid(), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("wait", sa.Interval(), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "queue_id"],
            ["queue.workspace_id", "queue.id"],
            name=op.f("expected_wait_workspace_id_queue_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "queue_id", name=op.f("expected_wait_pkey")),
    )
    op.create_index(
        "queue_entry_left_idx",
        "queue_entry",
        ["workspace_id", "queue_id", "left_at"],
        postgresql_where=sa.text("left_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("queue_entry_left_idx", table_name="queue_entry")
    op.drop_table("expected_wait")
    op.drop_table("answer_allowance")
    for name in ("automatic_answer_hours", "automatic_answers", "acknowledgement_id"):
        op.drop_column("workspace", name)
