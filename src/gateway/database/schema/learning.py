"""What is learnt from a workspace's history."""

from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, false, text
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Mapped, mapped_column

from gateway.database.schema.base import Base, CreatedAt, Timestamp, WorkspaceId, one_of


class LearntTypes(Base):
    """A version of the model that suggests types, with what it was measured to be worth.

    Of `held_out` messages it had so many `right`; the most frequent type alone `majority_right`.
    `model` holds counts by bucket, no words.
    """

    __tablename__ = "learnt_types"
    __table_args__ = (
        one_of("state", "waiting", "ready", "failed"),
        Index(
            "learnt_types_in_force_key",
            "workspace_id",
            unique=True,
            postgresql_where=text("in_force"),
        ),
        Index(
            "learnt_types_waiting_idx",
            "requested_at",
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    workspace_id: Mapped[WorkspaceId] = mapped_column(ForeignKey("workspace.id"))
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str]
    in_force: Mapped[bool] = mapped_column(server_default=false())
    reason: Mapped[str | None]
    learnt: Mapped[int] = mapped_column(server_default=text("0"))
    held_out: Mapped[int] = mapped_column(server_default=text("0"))
    right: Mapped[int] = mapped_column(server_default=text("0"))
    majority_right: Mapped[int] = mapped_column(server_default=text("0"))
    confusion: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    model: Mapped[bytes | None] = mapped_column(LargeBinary)
    requested_at: Mapped[CreatedAt]
    ended_at: Mapped[Timestamp | None]
