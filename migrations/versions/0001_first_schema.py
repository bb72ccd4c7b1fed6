"""First schema."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "blob",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("object_key", sa.Text(), nullable=True),
        sa.Column("scan", sa.Text(), nullable=True),
        sa.Column("scan_detail", sa.Text(), nullable=True),
        sa.Column("scan_attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "scan_due_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "scan IN ('unscanned', 'clean', 'infected', 'failed')", name=op.f("blob_scan_check")
        ),
        sa.CheckConstraint("num_nonnulls(content, object_key) = 1", name=op.f("blob_place_check")),
        sa.PrimaryKeyConstraint("workspace_id", "sha256", name=op.f("blob_pkey")),
    )
    op.create_index(
        "blob_scan_due_idx",
        "blob",
        ["workspace_id", "scan_due_at"],
        unique=False,
        postgresql_where=sa.text("scan = 'unscanned'"),
    )
    op.create_table(
        "contact",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column(
            "attributes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "merged_into"],
            ["contact.workspace_id", "contact.id"],
            name=op.f("contact_workspace_id_merged_into_fkey"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("contact_pkey")),
    )
    op.create_index(
        op.f("contact_merged_into_idx"),
        "contact",
        ["merged_into"],
        unique=False,
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.create_table(
        "event",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("pos", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("queue_before", sa.Uuid(), nullable=True),
        sa.Column("queue_after", sa.Uuid(), nullable=True),
        sa.Column("assignee_before", sa.Uuid(), nullable=True),
        sa.Column("assignee_after", sa.Uuid(), nullable=True),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "pos", "at", name=op.f("event_pkey")),
        postgresql_partition_by="RANGE (at)",
    )
    op.create_index(
        op.f("event_conversation_id_pos_idx"), "event", ["conversation_id", "pos"], unique=False
    )
    op.create_table(
        "feed_head",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("pos", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("feed_head_pkey")),
    )
    op.create_table(
        "receipt",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("space", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("quarantine_id", sa.Uuid(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("repeats_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "space", "key", name=op.f("receipt_pkey")),
    )
    op.create_table(
        "spare_object",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "key", name=op.f("spare_object_pkey")),
    )
    op.create_table(
        "workspace",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("configuration", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("rule_set_version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("shadow_version", sa.Integer(), nullable=True),
        sa.Column("raw_retention_days", sa.Integer(), server_default=sa.text("90"), nullable=True),
        sa.Column("conversation_retention_days", sa.Integer(), nullable=True),
        sa.Column("feed_resume_hours", sa.Integer(), server_default=sa.text("72"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("workspace_pkey")),
        sa.UniqueConstraint("name", name=op.f("workspace_name_key")),
    )
    op.create_table(
        "agent",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), server_default="agent", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role IN ('agent', 'admin')", name=op.f("agent_role_check")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("agent_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("agent_pkey")),
    )
    op.create_index(
        "agent_email_key",
        "agent",
        ["workspace_id", sa.literal_column("lower(email)")],
        unique=True,
        postgresql_where=sa.text("archived_at IS NULL"),
    )
    op.create_table(
        "business_calendar",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("week", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("subdivision", sa.Text(), nullable=True),
        sa.Column("special", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("business_calendar_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("business_calendar_pkey")),
    )
    op.create_index(
        "business_calendar_default_key",
        "business_calendar",
        ["workspace_id"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )
    op.create_table(
        "channel",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column(
            "settings",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("secrets", sa.LargeBinary(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('email', 'sms', 'web_form', 'chat')", name=op.f("channel_kind_check")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("channel_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("channel_pkey")),
        sa.UniqueConstraint("public_key", name=op.f("channel_public_key_key")),
    )
    op.create_index(
        "channel_address_key",
        "channel",
        ["kind", "address"],
        unique=True,
        postgresql_where=sa.text("archived_at IS NULL AND kind = 'email'"),
    )
    op.create_table(
        "contact_merge",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("identities", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("took_name", sa.Boolean(), nullable=False),
        sa.Column("took_attributes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("merged_by", sa.Text(), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "contact_id"],
            ["contact.workspace_id", "contact.id"],
            name=op.f("contact_merge_workspace_id_contact_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "other_id"],
            ["contact.workspace_id", "contact.id"],
            name=op.f("contact_merge_workspace_id_other_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("contact_merge_pkey")),
    )
    op.create_index(
        op.f("contact_merge_contact_id_idx"), "contact_merge", ["contact_id"], unique=False
    )
    op.create_table(
        "identity",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("space", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "space IN ('email', 'phone', 'visitor')", name=op.f("identity_space_check")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "contact_id"],
            ["contact.workspace_id", "contact.id"],
            name=op.f("identity_workspace_id_contact_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("identity_pkey")),
        sa.UniqueConstraint(
            "address", "space", "workspace_id", name=op.f("identity_address_space_workspace_id_key")
        ),
    )
    op.create_index(op.f("identity_contact_id_idx"), "identity", ["contact_id"], unique=False)
    op.create_table(
        "queue",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("level IN (1, 2)", name=op.f("queue_level_check")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("queue_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("queue_pkey")),
    )
    op.create_index(
        "queue_default_key",
        "queue",
        ["workspace_id"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )
    op.create_index(
        "queue_name_key",
        "queue",
        ["workspace_id", sa.literal_column("lower(name)")],
        unique=True,
        postgresql_where=sa.text("archived_at IS NULL"),
    )
    op.create_table(
        "rule_set_draft",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=True),
        sa.Column(
            "rules", postgresql.JSON(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "cases", postgresql.JSON(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("changed_by", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("rule_set_draft_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("rule_set_draft_pkey")),
    )
    op.create_table(
        "rule_set_move",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("former", sa.Integer(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("moved_by", sa.Text(), nullable=False),
        sa.Column(
            "moved_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint(
            "action IN ('publish', 'roll_back', 'shadow', 'end_shadow')",
            name=op.f("rule_set_move_action_check"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("rule_set_move_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("rule_set_move_pkey")),
    )
    op.create_table(
        "rule_set_version",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rules", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("cases", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("rule_set_version_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("workspace_id", "version", name=op.f("rule_set_version_pkey")),
    )
    op.create_table(
        "access_token",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role IN ('provider', 'agent', 'admin')", name=op.f("access_token_role_check")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"],
            ["agent.workspace_id", "agent.id"],
            name=op.f("access_token_workspace_id_agent_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("access_token_workspace_id_fkey")
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("access_token_pkey")),
        sa.UniqueConstraint("digest", name=op.f("access_token_digest_key")),
    )
    op.create_table(
        "conversation",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("queue_id", sa.Uuid(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("tags", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("message_count", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_message_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("solved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "priority IN ('low', 'normal', 'high', 'urgent')",
            name=op.f("conversation_priority_check"),
        ),
        sa.CheckConstraint(
            "status IN ('queued', 'assigned', 'solved', 'closed')",
            name=op.f("conversation_status_check"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "assignee_id"],
            ["agent.workspace_id", "agent.id"],
            name=op.f("conversation_workspace_id_assignee_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "channel_id"],
            ["channel.workspace_id", "channel.id"],
            name=op.f("conversation_workspace_id_channel_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "identity_id"],
            ["identity.workspace_id", "identity.id"],
            name=op.f("conversation_workspace_id_identity_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "merged_into"],
            ["conversation.workspace_id", "conversation.id"],
            name=op.f("conversation_workspace_id_merged_into_fkey"),
            ondelete="SET NULL (merged_into)",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "queue_id"],
            ["queue.workspace_id", "queue.id"],
            name=op.f("conversation_workspace_id_queue_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("conversation_pkey")),
    )
    op.create_index(
        "conversation_assignee_idx",
        "conversation",
        ["workspace_id", "assignee_id", "last_message_at", "id"],
        unique=False,
        postgresql_where=sa.text("assignee_id IS NOT NULL"),
    )
    op.create_index(
        "conversation_closed_idx",
        "conversation",
        ["workspace_id", "closed_at"],
        unique=False,
        postgresql_where=sa.text("status = 'closed'"),
    )
    op.create_index(
        op.f("conversation_identity_id_channel_id_idx"),
        "conversation",
        ["identity_id", "channel_id"],
        unique=False,
    )
    op.create_index(
        "conversation_merged_idx",
        "conversation",
        ["merged_into"],
        unique=False,
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.create_index(
        "conversation_open_idx",
        "conversation",
        ["workspace_id", "queue_id", "last_message_at", "id"],
        unique=False,
        postgresql_where=sa.text("status IN ('queued', 'assigned')"),
    )
    op.create_index(
        "conversation_recent_idx",
        "conversation",
        ["workspace_id", "last_message_at", "id"],
        unique=False,
        postgresql_where=sa.text("status <> 'closed'"),
    )
    op.create_index(
        "conversation_recently_closed_idx",
        "conversation",
        ["workspace_id", "last_message_at", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'closed'"),
    )
    op.create_index(
        "conversation_solved_idx",
        "conversation",
        ["workspace_id", "solved_at"],
        unique=False,
        postgresql_where=sa.text("status = 'solved'"),
    )
    op.create_table(
        "mailbox",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("holder", sa.Uuid(), nullable=True),
        sa.Column("polled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "channel_id"],
            ["channel.workspace_id", "channel.id"],
            name=op.f("mailbox_workspace_id_channel_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "channel_id", name=op.f("mailbox_pkey")),
    )
    op.create_table(
        "mailbox_folder",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("uid_validity", sa.BigInteger(), nullable=False),
        sa.Column("last_uid", sa.BigInteger(), nullable=False),
        sa.Column("reread_to", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tried_uid", sa.BigInteger(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "channel_id"],
            ["channel.workspace_id", "channel.id"],
            name=op.f("mailbox_folder_workspace_id_channel_id_fkey"),
        ),
        sa.PrimaryKeyConstraint(
            "workspace_id", "channel_id", "name", name=op.f("mailbox_folder_pkey")
        ),
    )
    op.create_table(
        "opt_out",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "channel_id"],
            ["channel.workspace_id", "channel.id"],
            name=op.f("opt_out_workspace_id_channel_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "identity_id"],
            ["identity.workspace_id", "identity.id"],
            name=op.f("opt_out_workspace_id_identity_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "workspace_id", "identity_id", "channel_id", name=op.f("opt_out_pkey")
        ),
    )
    op.create_table(
        "quarantine",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("space", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("envelope", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("sha256", sa.LargeBinary(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('held', 'replayed', 'discarded')", name=op.f("quarantine_state_check")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "channel_id"],
            ["channel.workspace_id", "channel.id"],
            name=op.f("quarantine_workspace_id_channel_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("quarantine_pkey")),
    )
    op.create_index(
        op.f("quarantine_received_at_id_idx"), "quarantine", ["received_at", "id"], unique=False
    )
    op.create_index(
        op.f("quarantine_sha256_idx"),
        "quarantine",
        ["sha256"],
        unique=False,
        postgresql_where=sa.text("sha256 IS NOT NULL"),
    )
    op.create_table(
        "sending_pace",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("full_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "channel_id"],
            ["channel.workspace_id", "channel.id"],
            name=op.f("sending_pace_workspace_id_channel_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "channel_id", name=op.f("sending_pace_pkey")),
    )
    op.create_table(
        "assignment",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"],
            ["agent.workspace_id", "agent.id"],
            name=op.f("assignment_workspace_id_agent_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "conversation_id"],
            ["conversation.workspace_id", "conversation.id"],
            name=op.f("assignment_workspace_id_conversation_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "workspace_id", "conversation_id", "id", name=op.f("assignment_pkey")
        ),
    )
    op.create_index(
        "assignment_active_key",
        "assignment",
        ["workspace_id", "conversation_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "assignment_agent_idx",
        "assignment",
        ["workspace_id", "agent_id"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "conversation_link",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "conversation_id"],
            ["conversation.workspace_id", "conversation.id"],
            name=op.f("conversation_link_workspace_id_conversation_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "other_id"],
            ["conversation.workspace_id", "conversation.id"],
            name=op.f("conversation_link_workspace_id_other_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "workspace_id", "conversation_id", "other_id", name=op.f("conversation_link_pkey")
        ),
    )
    op.create_index(
        op.f("conversation_link_other_id_idx"), "conversation_link", ["other_id"], unique=False
    )
    op.create_table(
        "decision",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("rule_set_version", sa.Integer(), nullable=False),
        sa.Column("facts", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("outcome", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("explanation", postgresql.JSON(astext_type=sa.Text()), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column(
            "shadow", postgresql.JSON(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "conversation_id"],
            ["conversation.workspace_id", "conversation.id"],
            name=op.f("decision_workspace_id_conversation_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "workspace_id", "conversation_id", "id", name=op.f("decision_pkey")
        ),
    )
    op.create_index(
        "decision_shadow_idx",
        "decision",
        ["workspace_id", "decided_at"],
        unique=False,
        postgresql_where=sa.text("shadow IS NOT NULL"),
    )
    op.create_table(
        "escalation",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("from_queue_id", sa.Uuid(), nullable=False),
        sa.Column("to_queue_id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("note_id", sa.Uuid(), nullable=False),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "conversation_id"],
            ["conversation.workspace_id", "conversation.id"],
            name=op.f("escalation_workspace_id_conversation_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "from_queue_id"],
            ["queue.workspace_id", "queue.id"],
            name=op.f("escalation_workspace_id_from_queue_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "to_queue_id"],
            ["queue.workspace_id", "queue.id"],
            name=op.f("escalation_workspace_id_to_queue_id_fkey"),
        ),
        sa.PrimaryKeyConstraint(
            "workspace_id", "conversation_id", "id", name=op.f("escalation_pkey")
        ),
    )
    op.create_table(
        "message",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=True),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("new_text", sa.Text(), nullable=True),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("email", postgresql.JSON(astext_type=sa.Text()), nullable=True),
        sa.Column("attributes", postgresql.JSON(astext_type=sa.Text()), nullable=True),
        sa.Column("automatic", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("automatic_kind", sa.Text(), nullable=True),
        sa.Column("authentication", postgresql.JSON(astext_type=sa.Text()), nullable=True),
        sa.Column("reports", postgresql.JSON(astext_type=sa.Text()), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "automatic_kind IN ('auto_reply', 'bounce', 'complaint', 'receipt', 'list', 'other')",
            name=op.f("message_automatic_kind_check"),
        ),
        sa.CheckConstraint(
            "direction IN ('inbound', 'outbound', 'note')", name=op.f("message_direction_check")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "conversation_id"],
            ["conversation.workspace_id", "conversation.id"],
            name=op.f("message_workspace_id_conversation_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("message_pkey")),
        sa.UniqueConstraint(
            "conversation_id",
            "seq",
            "workspace_id",
            name=op.f("message_conversation_id_seq_workspace_id_key"),
        ),
    )
    op.create_table(
        "queue_entry",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("queue_id", sa.Uuid(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "conversation_id"],
            ["conversation.workspace_id", "conversation.id"],
            name=op.f("queue_entry_workspace_id_conversation_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "queue_id"],
            ["queue.workspace_id", "queue.id"],
            name=op.f("queue_entry_workspace_id_queue_id_fkey"),
        ),
        sa.PrimaryKeyConstraint(
            "workspace_id", "conversation_id", "id", name=op.f("queue_entry_pkey")
        ),
    )
    op.create_index(
        "queue_entry_order_idx",
        "queue_entry",
        ["workspace_id", "queue_id", "effective_at", "conversation_id"],
        unique=False,
        postgresql_where=sa.text("left_at IS NULL"),
    )
    op.create_index(
        "queue_entry_waiting_key",
        "queue_entry",
        ["workspace_id", "conversation_id"],
        unique=True,
        postgresql_where=sa.text("left_at IS NULL"),
    )
    op.create_table(
        "read_mark",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.CheckConstraint("side IN ('customer', 'agent')", name=op.f("read_mark_side_check")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "conversation_id"],
            ["conversation.workspace_id", "conversation.id"],
            name=op.f("read_mark_workspace_id_conversation_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "workspace_id", "conversation_id", "side", name=op.f("read_mark_pkey")
        ),
    )
    op.create_table(
        "thread_ref",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rfc_message_id", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "conversation_id"],
            ["conversation.workspace_id", "conversation.id"],
            name=op.f("thread_ref_workspace_id_conversation_id_fkey"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "rfc_message_id", name=op.f("thread_ref_pkey")),
    )
    op.create_index(
        op.f("thread_ref_conversation_id_idx"), "thread_ref", ["conversation_id"], unique=False
    )
    op.create_table(
        "attachment",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("declared_type", sa.Text(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=True),
        sa.Column("refused", sa.Text(), nullable=True),
        sa.Column("inline", sa.Boolean(), nullable=False),
        sa.Column("content_id", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "refused IN ('too_large', 'message_too_large')", name=op.f("attachment_refused_check")
        ),
        sa.CheckConstraint("num_nonnulls(sha256, refused) = 1", name=op.f("attachment_kept_check")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "message_id"],
            ["message.workspace_id", "message.id"],
            name=op.f("attachment_workspace_id_message_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("attachment_pkey")),
    )
    op.create_index(op.f("attachment_message_id_idx"), "attachment", ["message_id"], unique=False)
    op.create_index(op.f("attachment_sha256_idx"), "attachment", ["sha256"], unique=False)
    op.create_index(
        "attachment_upload_idx",
        "attachment",
        ["workspace_id", "id"],
        unique=False,
        postgresql_where=sa.text("message_id IS NULL"),
    )
    op.create_table(
        "delivery",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("text_from", sa.Integer(), nullable=True),
        sa.Column("text_to", sa.Integer(), nullable=True),
        sa.Column("segments", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("forgiven", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'delivered', 'failed')",
            name=op.f("delivery_state_check"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "channel_id"],
            ["channel.workspace_id", "channel.id"],
            name=op.f("delivery_workspace_id_channel_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "message_id"],
            ["message.workspace_id", "message.id"],
            name=op.f("delivery_workspace_id_message_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("delivery_pkey")),
    )
    op.create_index(
        "delivery_due_idx",
        "delivery",
        ["workspace_id", "channel_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'sending')"),
    )
    op.create_index(
        "delivery_failed_idx",
        "delivery",
        ["workspace_id", "created_at"],
        unique=False,
        postgresql_where=sa.text("state = 'failed'"),
    )
    op.create_index(op.f("delivery_message_id_idx"), "delivery", ["message_id"], unique=False)
    op.create_index(
        "delivery_order_idx",
        "delivery",
        ["workspace_id", "conversation_id", "seq"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'sending')"),
    )
    op.create_index(
        "delivery_provider_idx",
        "delivery",
        ["workspace_id", "provider_id"],
        unique=False,
        postgresql_where=sa.text("provider_id IS NOT NULL"),
    )
    op.create_table(
        "raw_payload",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("envelope", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("sha256", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "message_id"],
            ["message.workspace_id", "message.id"],
            name=op.f("raw_payload_workspace_id_message_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "message_id", name=op.f("raw_payload_pkey")),
    )
    op.create_index(
        op.f("raw_payload_sha256_idx"),
        "raw_payload",
        ["sha256"],
        unique=False,
        postgresql_where=sa.text("sha256 IS NOT NULL"),
    )
    op.create_table(
        "remote_file",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'failed')", name=op.f("remote_file_state_check")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "channel_id"],
            ["channel.workspace_id", "channel.id"],
            name=op.f("remote_file_workspace_id_channel_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "message_id"],
            ["message.workspace_id", "message.id"],
            name=op.f("remote_file_workspace_id_message_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("remote_file_pkey")),
    )
    op.create_index(
        "remote_file_due_idx",
        "remote_file",
        ["workspace_id", "channel_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(op.f("remote_file_message_id_idx"), "remote_file", ["message_id"], unique=False)
    op.create_table(
        "attempt",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('sent', 'temporary', 'permanent')", name=op.f("attempt_outcome_check")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "delivery_id"],
            ["delivery.workspace_id", "delivery.id"],
            name=op.f("attempt_workspace_id_delivery_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "delivery_id", "number", name=op.f("attempt_pkey")),
    )
    op.execute("CREATE TABLE event_default PARTITION OF event DEFAULT")


def downgrade() -> None:
    op.drop_table("attempt")
    op.drop_index(op.f("remote_file_message_id_idx"), table_name="remote_file")
    op.drop_index(
        "remote_file_due_idx",
        table_name="remote_file",
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.drop_table("remote_file")
    op.drop_index(
        op.f("raw_payload_sha256_idx"),
        table_name="raw_payload",
        postgresql_where=sa.text("sha256 IS NOT NULL"),
    )
    op.drop_table("raw_payload")
    op.drop_index(
        "delivery_provider_idx",
        table_name="delivery",
        postgresql_where=sa.text("provider_id IS NOT NULL"),
    )
    op.drop_index(
        "delivery_order_idx",
        table_name="delivery",
        postgresql_where=sa.text("state IN ('queued', 'sending')"),
    )
    op.drop_index(op.f("delivery_message_id_idx"), table_name="delivery")
    op.drop_index(
        "delivery_failed_idx", table_name="delivery", postgresql_where=sa.text("state = 'failed'")
    )
    op.drop_index(
        "delivery_due_idx",
        table_name="delivery",
        postgresql_where=sa.text("state IN ('queued', 'sending')"),
    )
    op.drop_table("delivery")
    op.drop_index(
        "attachment_upload_idx",
        table_name="attachment",
        postgresql_where=sa.text("message_id IS NULL"),
    )
    op.drop_index(op.f("attachment_sha256_idx"), table_name="attachment")
    op.drop_index(op.f("attachment_message_id_idx"), table_name="attachment")
    op.drop_table("attachment")
    op.drop_index(op.f("thread_ref_conversation_id_idx"), table_name="thread_ref")
    op.drop_table("thread_ref")
    op.drop_table("read_mark")
    op.drop_index(
        "queue_entry_waiting_key",
        table_name="queue_entry",
        postgresql_where=sa.text("left_at IS NULL"),
    )
    op.drop_index(
        "queue_entry_order_idx",
        table_name="queue_entry",
        postgresql_where=sa.text("left_at IS NULL"),
    )
    op.drop_table("queue_entry")
    op.drop_table("message")
    op.drop_table("escalation")
    op.drop_index(
        "decision_shadow_idx", table_name="decision", postgresql_where=sa.text("shadow IS NOT NULL")
    )
    op.drop_table("decision")
    op.drop_index(op.f("conversation_link_other_id_idx"), table_name="conversation_link")
    op.drop_table("conversation_link")
    op.drop_index(
        "assignment_agent_idx",
        table_name="assignment",
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_index(
        "assignment_active_key",
        table_name="assignment",
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_table("assignment")
    op.drop_table("sending_pace")
    op.drop_index(
        op.f("quarantine_sha256_idx"),
        table_name="quarantine",
        postgresql_where=sa.text("sha256 IS NOT NULL"),
    )
    op.drop_index(op.f("quarantine_received_at_id_idx"), table_name="quarantine")
    op.drop_table("quarantine")
    op.drop_table("opt_out")
    op.drop_table("mailbox_folder")
    op.drop_table("mailbox")
    op.drop_index(
        "conversation_solved_idx",
        table_name="conversation",
        postgresql_where=sa.text("status = 'solved'"),
    )
    op.drop_index(
        "conversation_recently_closed_idx",
        table_name="conversation",
        postgresql_where=sa.text("status = 'closed'"),
    )
    op.drop_index(
        "conversation_recent_idx",
        table_name="conversation",
        postgresql_where=sa.text("status <> 'closed'"),
    )
    op.drop_index(
        "conversation_open_idx",
        table_name="conversation",
        postgresql_where=sa.text("status IN ('queued', 'assigned')"),
    )
    op.drop_index(
        "conversation_merged_idx",
        table_name="conversation",
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.drop_index(op.f("conversation_identity_id_channel_id_idx"), table_name="conversation")
    op.drop_index(
        "conversation_closed_idx",
        table_name="conversation",
        postgresql_where=sa.text("status = 'closed'"),
    )
    op.drop_index(
        "conversation_assignee_idx",
        table_name="conversation",
        postgresql_where=sa.text("assignee_id IS NOT NULL"),
    )
    op.drop_table("conversation")
    op.drop_table("access_token")
    op.drop_table("rule_set_version")
    op.drop_table("rule_set_move")
    op.drop_table("rule_set_draft")
    op.drop_index(
        "queue_name_key", table_name="queue", postgresql_where=sa.text("archived_at IS NULL")
    )
    op.drop_index("queue_default_key", table_name="queue", postgresql_where=sa.text("is_default"))
    op.drop_table("queue")
    op.drop_index(op.f("identity_contact_id_idx"), table_name="identity")
    op.drop_table("identity")
    op.drop_index(op.f("contact_merge_contact_id_idx"), table_name="contact_merge")
    op.drop_table("contact_merge")
    op.drop_index(
        "channel_address_key",
        table_name="channel",
        postgresql_where=sa.text("archived_at IS NULL AND kind = 'email'"),
    )
    op.drop_table("channel")
    op.drop_index(
        "business_calendar_default_key",
        table_name="business_calendar",
        postgresql_where=sa.text("is_default"),
    )
    op.drop_table("business_calendar")
    op.drop_index(
        "agent_email_key", table_name="agent", postgresql_where=sa.text("archived_at IS NULL")
    )
    op.drop_table("agent")
    op.drop_table("workspace")
    op.drop_table("spare_object")
    op.drop_table("receipt")
    op.drop_table("feed_head")
    op.drop_index(op.f("event_conversation_id_pos_idx"), table_name="event")
    op.drop_table("event")
    op.drop_index(
        op.f("contact_merged_into_idx"),
        table_name="contact",
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.drop_table("contact")
    op.drop_index(
        "blob_scan_due_idx", table_name="blob", postgresql_where=sa.text("scan = 'unscanned'")
    )
    op.drop_table("blob")
