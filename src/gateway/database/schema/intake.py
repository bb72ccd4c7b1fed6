"""What arrived: receipts that refuse repetitions, the raw bytes, and what could not be read."""

from typing import Any, Literal, get_args
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Mapped, mapped_column

from gateway.database.schema.base import (
    Base,
    CreatedAt,
    Record,
    RowId,
    Timestamp,
    WorkspaceId,
    followed,
    inside_workspace,
    one_of,
)

ScanState = Literal["unscanned", "clean", "infected", "failed"]
"""What is known of viruses in a file; `failed`: it cannot be scanned."""


class Receipt(Base):
    """Proof that a delivery was taken: a second one with the same key meets this row.

    Points to the message, or to the quarantine entry; outlives both, hence no foreign key.
    """

    __tablename__ = "receipt"

    workspace_id: Mapped[WorkspaceId]
    space: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    message_id: Mapped[UUID | None]
    quarantine_id: Mapped[UUID | None]
    received_at: Mapped[Timestamp]
    repeats_until: Mapped[Timestamp | None]


class RawPayload(Base):
    """A message as the provider delivered it; large bodies lie in `blob` under `sha256`."""

    __tablename__ = "raw_payload"
    __table_args__ = (Index(None, "sha256", postgresql_where=text("sha256 IS NOT NULL")),)

    workspace_id: Mapped[WorkspaceId]
    message_id: Mapped[UUID] = mapped_column(
        primary_key=True, info=followed("message", cascade=True)
    )
    content_type: Mapped[str]
    envelope: Mapped[Record]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    sha256: Mapped[bytes | None] = mapped_column(LargeBinary)


class Blob(Base):
    """Bytes kept once, by their SHA-256: here in `content`, or in the bucket as `object_key`.

    `scan` is what is known of viruses in a file, null for raw payloads; `scan_detail` names the
    virus, or says why the file cannot be scanned. `scan_due_at` is when to try (again), and, while
    a worker has the file, when its lease ends.
    """

    __tablename__ = "blob"
    __table_args__ = (
        one_of("scan", *get_args(ScanState)),
        CheckConstraint("num_nonnulls(content, object_key) = 1", name="place"),
        Index(
            "blob_scan_due_idx",
            "workspace_id",
            "scan_due_at",
            postgresql_where=text("scan = 'unscanned'"),
        ),
    )

    workspace_id: Mapped[WorkspaceId]
    sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    object_key: Mapped[str | None]
    scan: Mapped[str | None]
    scan_detail: Mapped[str | None]
    scan_attempts: Mapped[int] = mapped_column(server_default=text("0"))
    scan_due_at: Mapped[CreatedAt]
    created_at: Mapped[CreatedAt]


class SpareObject(Base):
    """An object of the bucket that no blob refers to, as yet or any more; deleted when due."""

    __tablename__ = "spare_object"

    workspace_id: Mapped[WorkspaceId]
    key: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[Timestamp]


class Quarantine(Base):
    """An authentic payload that could not be processed, kept raw until it is replayed."""

    __tablename__ = "quarantine"
    __table_args__ = (
        one_of("state", "held", "replayed", "discarded"),
        inside_workspace("channel_id", "channel"),
        Index(None, "received_at", "id"),
        Index(None, "sha256", postgresql_where=text("sha256 IS NOT NULL")),
    )

    workspace_id: Mapped[WorkspaceId]
    id: Mapped[RowId]
    channel_id: Mapped[UUID]
    space: Mapped[str]
    key: Mapped[str]
    content_type: Mapped[str]
    envelope: Mapped[dict[str, Any]] = mapped_column(JSON)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    code: Mapped[str]
    detail: Mapped[str]
    state: Mapped[str]
    message_id: Mapped[UUID | None]
    received_at: Mapped[Timestamp]
    settled_at: Mapped[Timestamp | None]
