"""Who changed what, for ever."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Mapped, mapped_column

from gateway.database.schema.base import Base, RowId, Timestamp, WorkspaceId


class AuditEntry(Base):
    """An administrative act: `action` is the call, such as `PATCH /v1/queues/{id}`.

    `changes` are the fields that it has changed, with plain values before and after where these
    are settings; of secrets and of customers' data only the names of fields. `token_id` is null
    for a login that was refused. No foreign keys: it outlives what it tells of.
    """

    __tablename__ = "audit_entry"

    workspace_id: Mapped[WorkspaceId] = mapped_column(ForeignKey("workspace.id"))
    id: Mapped[RowId]
    at: Mapped[Timestamp]
    token_id: Mapped[UUID | None]
    agent_id: Mapped[UUID | None]
    action: Mapped[str]
    target: Mapped[str | None]
    changes: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
