"""Articles: their texts, what was not found, what helped."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014_articles"
down_revision = "0013_inbox"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.create_table(
        "article",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        _now("created_at"),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("article_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("article_pkey")),
    )
    _texts()
    op.create_table(
        "article_vote",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("voter", sa.LargeBinary(), nullable=False),
        sa.Column("helped", sa.Boolean(), nullable=False),
        sa.Column("voted_at", sa.DateTime(timezone=True), nullable=False),
        _of_article("article_vote"),
        sa.PrimaryKeyConstraint(
            "workspace_id", "article_id", "voter", name=op.f("article_vote_pkey")
        ),
    )
    op.create_table(
        "article_gap",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("article_gap_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("workspace_id", "language", "query", name=op.f("article_gap_pkey")),
    )
    op.create_index(op.f("article_gap_last_at_idx"), "article_gap", ["last_at"])


def downgrade() -> None:
    """The extension stays: others may use it."""
    for table in ("article_gap", "article_vote", "article_text", "article"):
        op.drop_table(table)


def _texts() -> None:
    op.create_table(
        "article_text",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("dictionary", sa.Text(), nullable=False),
        sa.Column("search", postgresql.TSVECTOR(), nullable=False),
        _now("created_at"),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('draft', 'published', 'past')", name=op.f("article_text_state_check")
        ),
        _of_article("article_text"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "author_id"],
            ["agent.workspace_id", "agent.id"],
            name=op.f("article_text_workspace_id_author_id_fkey"),
        ),
        sa.PrimaryKeyConstraint(
            "workspace_id", "article_id", "language", "version", name=op.f("article_text_pkey")
        ),
    )
    op.create_index(
        "article_text_current_key",
        "article_text",
        ["article_id", "language", "state", "workspace_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'past'"),
    )


def _of_article(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id", "article_id"],
        ["article.workspace_id", "article.id"],
        name=op.f(f"{table}_workspace_id_article_id_fkey"),
    )


def _now(name: str) -> sa.Column[object]:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )
