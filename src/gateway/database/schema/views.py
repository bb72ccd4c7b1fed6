"""Lists of conversations that agents come back to."""

from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from gateway.database.schema.base import (
    Base,
    CreatedAt,
    Document,
    RowId,
    WorkspaceId,
    inside_workspace,
)


class SavedView(Base):
    """What an agent narrows a list to, by a name; all see one that `is_shared`.

    `filters` are those of GET /v1/conversations, without what narrows nothing.
    """

    __tablename__ = "saved_view"
    __table_args__ = (inside_workspace("agent_id", "agent"), Index(None, "agent_id"))

    workspace_id: Mapped[WorkspaceId]
    id: Mapped[RowId]
    agent_id: Mapped[UUID]
    name: Mapped[str]
    is_shared: Mapped[bool]
    filters: Mapped[Document]
    sort: Mapped[str]
    created_at: Mapped[CreatedAt]
