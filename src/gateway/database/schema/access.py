"""Workspaces, the channels they own, the agents who serve, and who may call."""

from uuid import UUID

from sqlalchemy import ForeignKey, Identity, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gateway.database.schema.base import (
    Base,
    CreatedAt,
    Position,
    RowId,
    Timestamp,
    WorkspaceId,
    inside_workspace,
    one_of,
)


class Workspace(Base):
    """A tenant and its policies.

    `configuration` grows with every change of channels, queues, agents or rules: processes compare
    it with what they hold in memory. Retention of None keeps for ever.

    `capacity_weights` says by kind of channel how much of an agent's capacity a conversation takes
    (1 where it says nothing); after more than `hop_limit` moves it goes to the supervisors; who
    has declined it is left out for `decline_cooldown_s`. `acknowledgement_id` is the macro that
    answers first messages; a contact gets `automatic_answers` in `automatic_answer_hours` at most.
    After `pending_days` of silence a pending conversation is solved, with `pending_notice` to the
    customer. What customers ask counts as unanswered after `unanswered_hours`. With
    `weekly_report`, supervisors and admins get one by mail.
    """

    __tablename__ = "workspace"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[CreatedAt]
    configuration: Mapped[Position] = mapped_column(server_default=text("1"))
    rule_set_version: Mapped[int] = mapped_column(server_default=text("0"))
    shadow_version: Mapped[int | None]
    raw_retention_days: Mapped[int | None] = mapped_column(server_default=text("90"))
    conversation_retention_days: Mapped[int | None]
    feed_resume_hours: Mapped[int] = mapped_column(server_default=text("72"))
    capacity_weights: Mapped[dict[str, int]] = mapped_column(
        JSONB, server_default=text("""'{"chat": 2}'""")
    )
    default_capacity: Mapped[int] = mapped_column(server_default=text("5"))
    hop_limit: Mapped[int] = mapped_column(server_default=text("5"))
    decline_cooldown_s: Mapped[int] = mapped_column(server_default=text("300"))
    acknowledgement_id: Mapped[UUID | None]
    automatic_answers: Mapped[int] = mapped_column(server_default=text("3"))
    automatic_answer_hours: Mapped[int] = mapped_column(server_default=text("24"))
    pending_days: Mapped[int | None]
    pending_notice: Mapped[str | None]
    unanswered_hours: Mapped[int] = mapped_column(server_default=text("24"))
    weekly_report: Mapped[bool] = mapped_column(server_default=text("false"))


class Channel(Base):
    """A configured endpoint. `public_key` names it in URLs; `secrets` are encrypted."""

    __tablename__ = "channel"
    __table_args__ = (
        one_of("kind", "email", "sms", "web_form", "chat"),
        Index(
            "channel_address_key",
            "kind",
            "address",
            unique=True,
            postgresql_where=text("archived_at IS NULL AND kind = 'email'"),
        ),
    )

    workspace_id: Mapped[WorkspaceId] = mapped_column(ForeignKey("workspace.id"))
    id: Mapped[RowId]
    kind: Mapped[str]
    provider: Mapped[str]
    name: Mapped[str]
    address: Mapped[str] = mapped_column(server_default="")
    public_key: Mapped[str] = mapped_column(unique=True)
    settings: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=text("'{}'"))
    secrets: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[CreatedAt]
    archived_at: Mapped[Timestamp | None]


class Agent(Base):
    """A person who answers, leads, or administers.

    The router gives work as long as `load`, the weight of all that the agent has, stays within
    `capacity`; `skills` are proficiencies by name. One who `is_draining` is given nothing more.
    """

    __tablename__ = "agent"
    __table_args__ = (
        one_of("role", "agent", "supervisor", "admin"),
        Index(
            "agent_email_key",
            "workspace_id",
            text("lower(email)"),
            unique=True,
            postgresql_where=text("archived_at IS NULL"),
        ),
    )

    workspace_id: Mapped[WorkspaceId] = mapped_column(ForeignKey("workspace.id"))
    id: Mapped[RowId]
    name: Mapped[str]
    email: Mapped[str]
    role: Mapped[str] = mapped_column(server_default="agent")
    capacity: Mapped[int] = mapped_column(server_default=text("5"))
    load: Mapped[int] = mapped_column(server_default=text("0"))
    skills: Mapped[dict[str, int]] = mapped_column(JSONB, server_default=text("'{}'"))
    is_draining: Mapped[bool] = mapped_column(server_default=text("false"))
    idle_since: Mapped[CreatedAt]
    created_at: Mapped[CreatedAt]
    archived_at: Mapped[Timestamp | None]


class AccessToken(Base):
    """An API key, an agent's token, or a session. Only the SHA-256 digest of the secret is kept.

    Role `provider` may post to the inbound doors and nothing else.
    """

    __tablename__ = "access_token"
    __table_args__ = (
        one_of("role", "provider", "agent", "supervisor", "admin"),
        inside_workspace("agent_id", "agent"),
    )

    workspace_id: Mapped[WorkspaceId] = mapped_column(ForeignKey("workspace.id"))
    id: Mapped[RowId]
    name: Mapped[str]
    role: Mapped[str]
    agent_id: Mapped[UUID | None]
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    is_session: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[Timestamp | None]
    revoked_at: Mapped[Timestamp | None]


class FeedTicket(Base):
    """Opens one websocket of the feed, once, for whom the token stands for. Lives for a minute."""

    __tablename__ = "feed_ticket"
    __table_args__ = (inside_workspace("token_id", "access_token"),)

    workspace_id: Mapped[WorkspaceId] = mapped_column(ForeignKey("workspace.id"))
    id: Mapped[RowId]
    token_id: Mapped[UUID]
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    expires_at: Mapped[Timestamp]
