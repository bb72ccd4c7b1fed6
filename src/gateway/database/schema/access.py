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
    """A person who answers, or administers."""

    __tablename__ = "agent"
    __table_args__ = (
        one_of("role", "agent", "admin"),
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
    created_at: Mapped[CreatedAt]
    archived_at: Mapped[Timestamp | None]


class AccessToken(Base):
    """An API key, an agent's token, or a session. Only the SHA-256 digest of the secret is kept.

    Role `provider` may post to the inbound doors and nothing else.
    """

    __tablename__ = "access_token"
    __table_args__ = (
        one_of("role", "provider", "agent", "admin"),
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
