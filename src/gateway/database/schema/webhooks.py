"""Other systems that are told what happens: their subscriptions, what each is owed, every try."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
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


class Webhook(Base):
    """A subscription to the log, whose events of these `types` and `queues` are posted to `url`.

    None of types or queues: all. What the log holds up to `pos` has become deliveries; that event
    was written at `read_at`. `secrets` are encrypted; the previous one signs until
    `previous_until`. `failing_since` and `failures` tell of the calls since the last that went
    through. `version` grows with each change that the log tells of. A span of the log that is to be
    sent again lies above `replay_pos`, up to `replay_until`.
    """

    __tablename__ = "webhook"
    __table_args__ = (one_of("disabled_because", "asked", "gone", "failing"),)

    workspace_id: Mapped[WorkspaceId] = mapped_column(ForeignKey("workspace.id"))
    id: Mapped[RowId]
    name: Mapped[str]
    url: Mapped[str]
    types: Mapped[list[str] | None] = mapped_column(ARRAY(TEXT))
    queues: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    with_item: Mapped[bool] = mapped_column(server_default=text("false"))
    is_ordered: Mapped[bool] = mapped_column(server_default=text("false"))
    secrets: Mapped[bytes] = mapped_column(LargeBinary)
    previous_until: Mapped[Timestamp | None]
    pos: Mapped[Position]
    read_at: Mapped[Timestamp]
    replay_pos: Mapped[Position | None]
    replay_until: Mapped[Position | None]
    replay_failed_only: Mapped[bool] = mapped_column(server_default=text("false"))
    failing_since: Mapped[Timestamp | None]
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    disabled_at: Mapped[Timestamp | None]
    disabled_because: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default=text("0"))
    created_at: Mapped[CreatedAt]


class WebhookDelivery(Base):
    """One event of the log, by `pos` and `at`, for one webhook.

    The id comes of both and of the log's epoch, so that an event that is sent again has the one
    that it had. queued -> calling -> delivered, or failed; `calling` past `lease_until` is a worker
    that died. `forgiven` attempts, before a replay, do not count. `status` is the last answer's.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        one_of("state", "queued", "calling", "delivered", "failed"),
        inside_workspace("webhook_id", "webhook", ondelete="CASCADE"),
        Index(None, "webhook_id", "pos"),
        Index(None, "webhook_id", "state", "pos"),
        Index(
            "webhook_delivery_due_idx",
            "webhook_id",
            "due_at",
            postgresql_where=text("state IN ('queued', 'calling')"),
        ),
        Index(
            "webhook_delivery_ended_idx",
            "workspace_id",
            "ended_at",
            postgresql_where=text("ended_at IS NOT NULL"),
        ),
    )

    workspace_id: Mapped[WorkspaceId]
    id: Mapped[RowId]
    webhook_id: Mapped[UUID]
    pos: Mapped[Position]
    at: Mapped[Timestamp]
    type: Mapped[str]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    forgiven: Mapped[int] = mapped_column(server_default=text("0"))
    due_at: Mapped[Timestamp]
    lease_until: Mapped[Timestamp | None]
    status: Mapped[int | None]
    failure: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    ended_at: Mapped[Timestamp | None]


class WebhookAttempt(Base):
    """One call. Written before it is made; `outcome` None means: nobody came back.

    `milliseconds` is how long an answer took, None where there was none.
    """

    __tablename__ = "webhook_attempt"
    __table_args__ = (
        one_of("outcome", "delivered", "failed"),
        inside_workspace("delivery_id", "webhook_delivery", ondelete="CASCADE"),
    )

    workspace_id: Mapped[WorkspaceId]
    delivery_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    started_at: Mapped[Timestamp]
    finished_at: Mapped[Timestamp | None]
    outcome: Mapped[str | None]
    status: Mapped[int | None]
    failure: Mapped[str | None]
    milliseconds: Mapped[int | None]
