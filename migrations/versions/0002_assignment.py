"""Assignment: queues that give work, who serves them, capacity, presence, offers, moves."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002_assignment"
down_revision = "0003_pending"
branch_labels = None
depends_on = None

BEFORE = ("queued", "assigned", "pending", "solved", "closed")


def upgrade() -> None:
    _widen("conversation", "status", *BEFORE, "offered")
    _widen("agent", "role", "agent", "supervisor", "admin")
    _widen("access_token", "role", "provider", "agent", "supervisor", "admin")
    _open_index("status IN ('queued', 'offered', 'assigned')")
    _add_policies()
    _add_to_queue()
    op.create_table(
        "queue_member",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("queue_id", sa.Uuid(), nullable=False),
        sa.Column("proficiency", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"],
            ["agent.workspace_id", "agent.id"],
            name=op.f("queue_member_workspace_id_agent_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "queue_id"],
            ["queue.workspace_id", "queue.id"],
            name=op.f("queue_member_workspace_id_queue_id_fkey"),
        ),
        sa.PrimaryKeyConstraint(
            "workspace_id", "agent_id", "queue_id", name=op.f("queue_member_pkey")
        ),
    )
    op.create_index(op.f("queue_member_queue_id_idx"), "queue_member", ["queue_id"])
    op.create_table(
        "presence",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("is_mobile", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('online', 'away')", name=op.f("presence_status_check")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"],
            ["agent.workspace_id", "agent.id"],
            name=op.f("presence_workspace_id_agent_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "agent_id", name=op.f("presence_pkey")),
    )
    _add_to_assignment()
    _replace_escalation()


def _widen(table: str, column: str, *values: str) -> None:
    allowed = ", ".join(f"'{value}'" for value in values)
    op.drop_constraint(op.f(f"{table}_{column}_check"), table)
    op.create_check_constraint(op.f(f"{table}_{column}_check"), table, f"{column} IN ({allowed})")


def _open_index(condition: str) -> None:
    op.drop_index("conversation_open_idx", table_name="conversation")
    op.create_index(
        "conversation_open_idx",
        "conversation",
        ["workspace_id", "queue_id", "last_message_at", "id"],
        postgresql_where=sa.text(condition),
    )


def _number(name: str, default: int) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), server_default=sa.text(str(default)), nullable=False)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), server_default=sa.text("false"), nullable=False)


def _moment(name: str) -> sa.Column[sa.DateTime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


def _document(name: str, default: str) -> sa.Column[object]:
    kind = postgresql.JSONB(astext_type=sa.Text())
    return sa.Column(name, kind, server_default=sa.text(f"'{default}'"), nullable=False)


def _add(table: str, *columns: sa.Column[object]) -> None:
    for column in columns:
        op.add_column(table, column)


def _add_policies() -> None:
    _add(
        "workspace",
        _document("capacity_weights", '{"chat": 2}'),
        _number("default_capacity", 5),
        _number("hop_limit", 5),
        _number("decline_cooldown_s", 300),
    )
    _add(
        "agent",
        _number("capacity", 5),
        _number("load", 0),
        _document("skills", "{}"),
        _flag("is_draining"),
        sa.Column(
            "idle_since",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
    )
    _add(
        "conversation",
        sa.Column(
            "required_skills",
            sa.ARRAY(sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        _document("preferred_skills", "{}"),
        _number("hops", 0),
    )


def _add_to_queue() -> None:
    op.drop_constraint(op.f("queue_level_check"), "queue")
    op.create_check_constraint(op.f("queue_level_check"), "queue", "level IN (1, 2, 3)")
    _add(
        "queue",
        sa.Column("mode", sa.Text(), server_default="pull", nullable=False),
        _flag("is_paused"),
        sa.Column("pool_id", sa.Uuid(), nullable=True),
        sa.Column("overflow_queue_id", sa.Uuid(), nullable=True),
        _number("offer_timeout_s", 30),
        _number("wrap_up_s", 0),
        _number("sticky_s", 0),
        _number("reserve_after_s", 300),
        sa.Column("reclaim_s", sa.Integer(), nullable=True),
    )
    op.create_check_constraint(
        op.f("queue_mode_check"), "queue", "mode IN ('pull', 'offer', 'direct')"
    )
    op.execute("UPDATE queue SET pool_id = id")
    op.alter_column("queue", "pool_id", nullable=False)
    op.create_index(op.f("queue_pool_id_idx"), "queue", ["pool_id"])
    for column in ("pool_id", "overflow_queue_id"):
        _refer("queue", column, "queue")


def _refer(table: str, column: str, to: str) -> None:
    name = op.f(f"{table}_workspace_id_{column}_fkey")
    op.create_foreign_key(name, table, to, ["workspace_id", column], ["workspace_id", "id"])


def _add_to_assignment() -> None:
    """What was there is work that an agent took; each takes one of the agent's capacity."""
    _add(
        "assignment",
        sa.Column("queue_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), server_default="active", nullable=False),
        sa.Column("origin", sa.Text(), server_default="taken", nullable=False),
        sa.Column("weight", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("by_agent_id", sa.Uuid(), nullable=True),
        _moment("offered_at"),
        _moment("wrap_up_at"),
        _moment("due_at"),
        sa.Column("end_detail", sa.Text(), nullable=True),
        sa.Column("explanation", sa.JSON(), nullable=True),
    )
    op.execute("""
        UPDATE assignment a SET queue_id = c.queue_id FROM conversation c
         WHERE (c.workspace_id, c.id) = (a.workspace_id, a.conversation_id)
    """)
    op.execute("""
        UPDATE agent SET load = held.weight
          FROM (SELECT workspace_id, agent_id, sum(weight) AS weight
                  FROM assignment WHERE ended_at IS NULL GROUP BY 1, 2) AS held
         WHERE (agent.workspace_id, agent.id) = (held.workspace_id, held.agent_id)
    """)
    for column in ("state", "origin", "weight"):
        op.alter_column("assignment", column, server_default=None)
    op.alter_column("assignment", "queue_id", nullable=False)
    op.alter_column("assignment", "assigned_at", nullable=True)
    _refer("assignment", "queue_id", "queue")
    op.create_check_constraint(
        op.f("assignment_state_check"), "assignment", "state IN ('offered', 'active', 'wrap_up')"
    )
    op.create_check_constraint(
        op.f("assignment_origin_check"),
        "assignment",
        "origin IN ('taken', 'offered', 'direct', 'assigned', 'transferred')",
    )
    _active_key("ended_at IS NULL AND state <> 'wrap_up'")
    op.create_index(op.f("assignment_id_idx"), "assignment", ["id"])
    op.create_index(
        "assignment_due_idx",
        "assignment",
        ["due_at"],
        postgresql_where=sa.text("ended_at IS NULL AND due_at IS NOT NULL"),
    )


def _active_key(condition: str) -> None:
    op.drop_index("assignment_active_key", table_name="assignment")
    op.create_index(
        "assignment_active_key",
        "assignment",
        ["workspace_id", "conversation_id"],
        unique=True,
        postgresql_where=sa.text(condition),
    )


def _replace_escalation() -> None:
    op.create_table(
        "transfer",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("from_queue_id", sa.Uuid(), nullable=False),
        sa.Column("to_queue_id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("to_agent_id", sa.Uuid(), nullable=True),
        sa.Column("note_id", sa.Uuid(), nullable=True),
        _flag("is_redirected"),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('escalated', 'de_escalated', 'transferred', 'overflowed')",
            name=op.f("transfer_kind_check"),
        ),
        _cascading("transfer"),
        *(_to_queue("transfer", column) for column in ("from_queue_id", "to_queue_id")),
        sa.PrimaryKeyConstraint(
            "workspace_id", "conversation_id", "id", name=op.f("transfer_pkey")
        ),
    )
    op.execute("""
        INSERT INTO transfer (workspace_id, conversation_id, id, kind, from_queue_id, to_queue_id,
                              agent_id, note_id, moved_at)
        SELECT workspace_id, conversation_id, id, 'escalated', from_queue_id, to_queue_id,
               agent_id, note_id, escalated_at
          FROM escalation
    """)
    op.drop_table("escalation")


def _cascading(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id", "conversation_id"],
        ["conversation.workspace_id", "conversation.id"],
        name=op.f(f"{table}_workspace_id_conversation_id_fkey"),
        ondelete="CASCADE",
    )


def _to_queue(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id", column],
        ["queue.workspace_id", "queue.id"],
        name=op.f(f"{table}_workspace_id_{column}_fkey"),
    )


def downgrade() -> None:
    _restore_escalation()
    _narrow_assignment()
    op.drop_table("presence")
    op.drop_table("queue_member")
    _narrow_queue()
    for table, columns in {
        "conversation": ("hops", "preferred_skills", "required_skills"),
        "agent": ("idle_since", "is_draining", "skills", "load", "capacity"),
        "workspace": ("decline_cooldown_s", "hop_limit", "default_capacity", "capacity_weights"),
    }.items():
        for column in columns:
            op.drop_column(table, column)
    op.execute(
        "UPDATE conversation SET status = 'queued', assignee_id = NULL WHERE status = 'offered'"
    )
    for table in ("agent", "access_token"):
        op.execute(f"UPDATE {table} SET role = 'agent' WHERE role = 'supervisor'")  # noqa: S608
    _widen("conversation", "status", *BEFORE)
    _widen("agent", "role", "agent", "admin")
    _widen("access_token", "role", "provider", "agent", "admin")
    _open_index("status IN ('queued', 'assigned')")


def _restore_escalation() -> None:
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
        _cascading("escalation"),
        *(_to_queue("escalation", column) for column in ("from_queue_id", "to_queue_id")),
        sa.PrimaryKeyConstraint(
            "workspace_id", "conversation_id", "id", name=op.f("escalation_pkey")
        ),
    )
    op.execute("""
        INSERT INTO escalation
        SELECT workspace_id, conversation_id, id, from_queue_id, to_queue_id, agent_id, note_id,
               moved_at
          FROM transfer WHERE kind = 'escalated' AND note_id IS NOT NULL
    """)
    op.drop_table("transfer")


def _narrow_assignment() -> None:
    op.execute("DELETE FROM assignment WHERE assigned_at IS NULL OR state = 'offered'")
    op.execute("""
        UPDATE assignment SET ended_at = now(), end_reason = 'solved'
         WHERE ended_at IS NULL AND state = 'wrap_up'
    """)
    op.drop_index("assignment_due_idx", table_name="assignment")
    op.drop_index(op.f("assignment_id_idx"), table_name="assignment")
    _active_key("ended_at IS NULL")
    op.alter_column("assignment", "assigned_at", nullable=False)
    for column in (
        "explanation",
        "end_detail",
        "due_at",
        "wrap_up_at",
        "offered_at",
        "by_agent_id",
        "weight",
        "origin",
        "state",
        "queue_id",
    ):
        op.drop_column("assignment", column)


def _narrow_queue() -> None:
    op.drop_index(op.f("queue_pool_id_idx"), table_name="queue")
    for column in (
        "reclaim_s",
        "reserve_after_s",
        "sticky_s",
        "wrap_up_s",
        "offer_timeout_s",
        "overflow_queue_id",
        "pool_id",
        "is_paused",
        "mode",
    ):
        op.drop_column("queue", column)
    op.execute("UPDATE queue SET level = 2 WHERE level = 3")
    op.drop_constraint(op.f("queue_level_check"), "queue")
    op.create_check_constraint(op.f("queue_level_check"), "queue", "level IN (1, 2)")
