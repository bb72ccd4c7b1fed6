"""Changes of what agents see are found in the log without reading all of it."""

import sqlalchemy as sa
from alembic import op

revision = "0010_feed_scope"
down_revision = "0008_feed_ticket"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "event_scope_idx",
        "event",
        ["workspace_id", "pos"],
        unique=False,
        postgresql_where=sa.text("type = 'scope.changed'"),
    )


def downgrade() -> None:
    op.drop_index("event_scope_idx", table_name="event")
