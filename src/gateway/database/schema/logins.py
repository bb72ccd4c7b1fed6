"""How agents prove who they are where they have no token: a password, and a second factor."""

from uuid import UUID

from sqlalchemy import ARRAY, LargeBinary, text
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
