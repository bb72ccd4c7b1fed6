"""How agents prove who they are where they have no token: a password, and a second factor."""

from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.database.schema.base import (
    Base,
    CreatedAt,
    Position,
    RowId,
    Timestamp,
    WorkspaceId,
    inside_workspace,
)


class Login(Base):
    """An agent's password, as an Argon2id hash, and perhaps a second factor (RFC 6238).

    `totp_secret` is encrypted; it counts once `totp_since` is set, when a first code has proved
    that the agent has it. `totp_step` is the last time step whose code was taken: none is taken
    twice. `recovery_digests` are SHA-256 digests of codes that replace it once each.
    """

    __tablename__ = "login"
    __table_args__ = (inside_workspace("agent_id", "agent"),)

    workspace_id: Mapped[WorkspaceId]
    agent_id: Mapped[UUID] = mapped_column(primary_key=True)
    password_hash: Mapped[str]
    changed_at: Mapped[CreatedAt]
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_since: Mapped[Timestamp | None]
    totp_step: Mapped[Position] = mapped_column(server_default=text("0"))
    recovery_digests: Mapped[list[bytes]] = mapped_column(
        ARRAY(LargeBinary), server_default=text("'{}'")
    )


class Invitation(Base):
    """A link by which an agent sets a password, once. Only the digest of its secret is kept."""

    __tablename__ = "invitation"
    __table_args__ = (inside_workspace("agent_id", "agent"),)

    workspace_id: Mapped[WorkspaceId]
    id: Mapped[RowId]
    agent_id: Mapped[UUID]
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[Timestamp]
    used_at: Mapped[Timestamp | None]


class AgentIdentity(Base):
    """An account of an OpenID provider that logs an agent in; one per agent and provider.

    `subject` is the provider's own key, which stays when the mail address changes.
    """

    __tablename__ = "agent_identity"
    __table_args__ = (
        inside_workspace("agent_id", "agent"),
        UniqueConstraint("workspace_id", "issuer", "subject"),
        UniqueConstraint("workspace_id", "agent_id", "issuer"),
    )

    workspace_id: Mapped[WorkspaceId]
    id: Mapped[RowId]
    agent_id: Mapped[UUID]
    issuer: Mapped[str]
    subject: Mapped[str]
    created_at: Mapped[CreatedAt]


class SpentErrand(Base):
    """A way to the provider that a browser has come back from: the SHA-256 digest of its state."""

    __tablename__ = "spent_errand"

    workspace_id: Mapped[WorkspaceId] = mapped_column(ForeignKey("workspace.id"))
    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    at: Mapped[Timestamp]
