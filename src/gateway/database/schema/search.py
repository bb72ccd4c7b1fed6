"""What messages are found by, and how far the log has been read for it."""

from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from gateway.database.schema.base import Base, Position, WorkspaceId, inside_workspace


class SearchEntry(Base):
    """The words of a message: of its subject, and of what is new in its text.

    `configuration` is the text search configuration of PostgreSQL by which they are stemmed; as
    they were written (`simple`) they are there too. A message without words has no entry.
    """

    __tablename__ = "search_entry"
    __table_args__ = (
        Index("search_entry_words_idx", "words", postgresql_using="gin"),
        inside_workspace("message_id", "message", ondelete="CASCADE"),
    )

    workspace_id: Mapped[WorkspaceId]
    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    configuration: Mapped[str]
    words: Mapped[Any] = mapped_column(TSVECTOR)


class SearchMark(Base):
    """The position in the log up to which a workspace's messages can be found."""

    __tablename__ = "search_mark"

    workspace_id: Mapped[WorkspaceId]
    pos: Mapped[Position]
