"""What is said again and again."""

from typing import Any

from sqlalchemy import ARRAY, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Mapped, mapped_column

from gateway.database.schema.base import (
    Base,
    CreatedAt,
    RowId,
    Timestamp,
    WorkspaceId,
    one_of,
)


class Macro(Base):
    """A canned answer: `texts` by language, `{text, html}`; of `language` is the one for the rest.

    Beside it go tags, a priority and what becomes of the conversation `afterwards`.
    """

    __tablename__ = "macro"
    __table_args__ = (
        one_of("priority", "low", "normal", "high", "urgent"),
        one_of("afterwards", "solve"),
        Index(
            "macro_name_key",
            "workspace_id",
            text("lower(name)"),
            unique=True,
            postgresql_where=text("archived_at IS NULL"),
        ),
    )

    workspace_id: Mapped[WorkspaceId] = mapped_column(ForeignKey("workspace.id"))
    id: Mapped[RowId]
    name: Mapped[str]
    language: Mapped[str]
    texts: Mapped[dict[str, dict[str, Any]]] = mapped_column(JSON)
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text))
    priority: Mapped[str | None]
    afterwards: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    archived_at: Mapped[Timestamp | None]
