"""Who writes: people, and the addresses that they write from."""

from uuid import UUID

from sqlalchemy import ARRAY, Index, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gateway.database.schema.base import (
    Base,
    CreatedAt,
    RowId,
    Timestamp,
    WorkspaceId,
    followed,
    inside_workspace,
    one_of,
)


class Contact(Base):
    """A customer. One that was merged has no identities, and points to who has them now."""

    __tablename__ = "contact"
    __table_args__ = (
        Index(None, "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
        inside_workspace("merged_into", "contact"),
    )

    workspace_id: Mapped[WorkspaceId]
    id: Mapped[RowId]
    name: Mapped[str | None]
    attributes: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=text("'{}'"))
    created_at: Mapped[CreatedAt]
    erased_at: Mapped[Timestamp | None]
    merged_into: Mapped[UUID | None]


class ContactMerge(Base):
    """Who found two contacts to be one, and what it takes to undo that."""

    __tablename__ = "contact_merge"
    __table_args__ = (
        inside_workspace("contact_id", "contact"),
        inside_workspace("other_id", "contact"),
        Index(None, "contact_id"),
    )

    workspace_id: Mapped[WorkspaceId]
    id: Mapped[RowId]
    contact_id: Mapped[UUID]
    other_id: Mapped[UUID]
    identities: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    took_name: Mapped[bool]
    took_attributes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    merged_by: Mapped[str]
    merged_at: Mapped[Timestamp]
    undone_by: Mapped[str | None]
    undone_at: Mapped[Timestamp | None]


class Identity(Base):
    """An address of a contact in one space: an email address, a phone number, a chat visitor."""

    __tablename__ = "identity"
    __table_args__ = (
        one_of("space", "email", "phone", "visitor"),
        UniqueConstraint("address", "space", "workspace_id"),
        Index(None, "contact_id"),
    )

    workspace_id: Mapped[WorkspaceId]
    id: Mapped[RowId]
    contact_id: Mapped[UUID] = mapped_column(info=followed("contact"))
    space: Mapped[str]
    address: Mapped[str]
    created_at: Mapped[CreatedAt]
    last_seen_at: Mapped[Timestamp]
