"""References of the hot path: kept from the side of what they lead to."""

from alembic import op

revision = "0008_references"
down_revision = "0006_webhooks"
branch_labels = None
depends_on = None

REFERENCES = (
    ("identity", "contact_id", "contact", None),
    ("conversation", "channel_id", "channel", None),
    ("conversation", "identity_id", "identity", None),
    ("conversation", "queue_id", "queue", None),
    ("queue_entry", "conversation_id", "conversation", "CASCADE"),
    ("queue_entry", "queue_id", "queue", None),
    ("message", "conversation_id", "conversation", "CASCADE"),
    ("raw_payload", "message_id", "message", "CASCADE"),
    ("decision", "conversation_id", "conversation", "CASCADE"),
)

FOLLOW = """
CREATE FUNCTION follow_deletion() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    refers text := format('(r.workspace_id, r.%I) = (gone.workspace_id, gone.id)', TG_ARGV[1]);
    is_in_use boolean;
BEGIN
    IF TG_ARGV[2] = 'CASCADE' THEN
        EXECUTE format('DELETE FROM %I r USING gone WHERE %s', TG_ARGV[0], refers);
        RETURN NULL;
    END IF;
    EXECUTE format('SELECT EXISTS (SELECT FROM %I r, gone WHERE %s)', TG_ARGV[0], refers)
       INTO is_in_use;
    IF is_in_use THEN
        RAISE foreign_key_violation
        USING MESSAGE = format('%s is still referred to by %s.%s', TG_TABLE_NAME, TG_ARGV[0],
                               TG_ARGV[1]);
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.execute(FOLLOW)
    for table, column, target, action in REFERENCES:
        op.drop_constraint(f"{table}_workspace_id_{column}_fkey", table, type_="foreignkey")
        op.execute(
            f"CREATE TRIGGER {table}_{column} AFTER DELETE ON {target} "
            "REFERENCING OLD TABLE AS gone FOR EACH STATEMENT "
            f"EXECUTE FUNCTION follow_deletion('{table}', '{column}', '{action or 'RESTRICT'}')"
        )


def downgrade() -> None:
    for table, column, target, action in REFERENCES:
        op.execute(f"DROP TRIGGER {table}_{column} ON {target}")
        op.create_foreign_key(
            f"{table}_workspace_id_{column}_fkey",
            table,
            target,
            ["workspace_id", column],
            ["workspace_id", "id"],
            ondelete=action,
        )
    op.execute("DROP FUNCTION follow_deletion()")
