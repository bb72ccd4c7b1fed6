"""What has to be sent, and every try of sending it."""

from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.database.schema.base import (
    Base,
    CreatedAt,
    RowId,
    Timestamp,
    WorkspaceId,
    inside_workspace,
    one_of,
)


class Delivery(Base):
    """One message to one recipient over one channel.

    A long text goes in several deliveries, of the characters from `text_from` up to `text_to`.
    `segments` is what a text message takes of the carrier.
    queued -> sending -> sent -> delivered, or failed for good; `sending` past `lease_until` is a
    worker that died, and is tried again. Who retries a failed one by hand has its attempts
    `forgiven`: they count no more against the most there may be.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        one_of("state", "queued", "sending", "sent", "delivered", "failed"),
        inside_workspace("message_id", "message", ondelete="CASCADE"),
        inside_workspace("channel_id", "channel"),
        Index(None, "message_id"),
        Index(
            "delivery_due_idx",
            "workspace_id",
            "channel_id",
            "due_at",
            postgresql_where=text("state IN ('queued', 'sending')"),
        ),
        Index(
            "delivery_order_idx",
            "workspace_id",
            "conversation_id",
            "seq",
            postgresql_where=text("state IN ('queued', 'sending')"),
        ),
        Index(
            "delivery_provider_idx",
            "workspace_id",
            "provider_id",
            postgresql_where=text("provider_id IS NOT NULL"),
        ),
        Index(
            "delivery_failed_idx",
            "workspace_id",
            "created_at",
            postgresql_where=text("state = 'failed'"),
        ),
    )

    workspace_id: Mapped[WorkspaceId]
    id: Mapped[RowId]
    conversation_id: Mapped[UUID]
    message_id: Mapped[UUID]
    seq: Mapped[int]
    channel_id: Mapped[UUID]
    recipient: Mapped[str]
    text_from: Mapped[int | None]
    text_to: Mapped[int | None]
    segments: Mapped[int | None]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    forgiven: Mapped[int] = mapped_column(server_default=text("0"))
    due_at: Mapped[Timestamp]
    lease_until: Mapped[Timestamp | None]
    provider_id: Mapped[str | None]
    failure: Mapped[str | None]
    detail: Mapped[str | None]
    created_at: Mapped[CreatedAt]


class Attempt(Base):
    """One try. Written before the provider is called; `outcome` None means: nobody came back."""

    __tablename__ = "attempt"
    __table_args__ = (
        one_of("outcome", "sent", "temporary", "permanent"),
        inside_workspace("delivery_id", "delivery", ondelete="CASCADE"),
    )

    workspace_id: Mapped[WorkspaceId]
    delivery_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    started_at: Mapped[Timestamp]
    finished_at: Mapped[Timestamp | None]
    outcome: Mapped[str | None]
    failure: Mapped[str | None]
    detail: Mapped[str | None]


class SendingPace(Base):
    """The tokens of a channel that may send only so fast: when the bucket will be full again."""

    __tablename__ = "sending_pace"
    __table_args__ = (inside_workspace("channel_id", "channel"),)

    workspace_id: Mapped[WorkspaceId]
    channel_id: Mapped[UUID] = mapped_column(primary_key=True)
    full_at: Mapped[Timestamp]


class OptOut(Base):
    """Somebody who wants nothing more from a channel, and since when: until they say START."""

    __tablename__ = "opt_out"
    __table_args__ = (
        inside_workspace("identity_id", "identity", ondelete="CASCADE"),
        inside_workspace("channel_id", "channel"),
    )

    workspace_id: Mapped[WorkspaceId]
    identity_id: Mapped[UUID] = mapped_column(primary_key=True)
    channel_id: Mapped[UUID] = mapped_column(primary_key=True)
    created_at: Mapped[CreatedAt]
