"""Attributes with types, and those of conversations."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004_attributes"
down_revision = "0004_tags"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attribute_definition",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("options", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "subject IN ('contact', 'conversation')",
            name=op.f("attribute_definition_subject_check"),
        ),
        sa.CheckConstraint(
            "type IN ('text', 'number', 'bool', 'date', 'choice')",
            name=op.f("attribute_definition_type_check"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
            name=op.f("attribute_definition_workspace_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("attribute_definition_pkey")),
    )
    op.create_index(
        "attribute_definition_name_key",
        "attribute_definition",
        ["name", "workspace_id"],
        unique=True,
    )
    op.add_column(
        "conversation",
        sa.Column(
            "attributes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
    )


def downgrade() -> None:
    op.drop_column("conversation", "attributes")
    op.drop_table("attribute_definition")
