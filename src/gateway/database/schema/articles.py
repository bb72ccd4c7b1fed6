"""Answers that customers find by themselves: articles, what was looked for, what helped."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import TSVECTOR
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


class Article(Base):
    """What customers can read; the text of `language` is for everybody whose own is not there."""

    __tablename__ = "article"

    workspace_id: Mapped[WorkspaceId] = mapped_column(ForeignKey("workspace.id"))
    id: Mapped[RowId]
    language: Mapped[str]
    created_at: Mapped[CreatedAt]
    archived_at: Mapped[Timestamp | None]


class ArticleText(Base):
    """A version of an article in one language; of each there is one draft and one published.

    `body` is Markdown. `dictionary` is PostgreSQL's text search configuration that `search` was
    made with. What was published before, or withdrawn, is `past`.
    """

    __tablename__ = "article_text"
    __table_args__ = (
        inside_workspace("article_id", "article"),
        inside_workspace("author_id", "agent"),
        one_of("state", "draft", "published", "past"),
        Index(
            "article_text_current_key",
            "article_id",
            "language",
            "state",
            "workspace_id",
            unique=True,
            postgresql_where=text("state <> 'past'"),
        ),
    )

    workspace_id: Mapped[WorkspaceId]
    article_id: Mapped[UUID] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str]
    title: Mapped[str]
    body: Mapped[str]
    author_id: Mapped[UUID | None]
    dictionary: Mapped[str]
    search: Mapped[Any] = mapped_column(TSVECTOR)
    created_at: Mapped[CreatedAt]
    published_at: Mapped[Timestamp | None]


class ArticleVote(Base):
    """Whether an article helped a visitor, of whom a digest made for this article is known."""

    __tablename__ = "article_vote"
    __table_args__ = (inside_workspace("article_id", "article"),)

    workspace_id: Mapped[WorkspaceId]
    article_id: Mapped[UUID] = mapped_column(primary_key=True)
    voter: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    helped: Mapped[bool]
    voted_at: Mapped[Timestamp]


class ArticleGap(Base):
    """What was looked for and not found, so many times."""

    __tablename__ = "article_gap"
    __table_args__ = (Index(None, "last_at"),)

    workspace_id: Mapped[WorkspaceId] = mapped_column(ForeignKey("workspace.id"))
    language: Mapped[str] = mapped_column(primary_key=True)
    query: Mapped[str] = mapped_column(primary_key=True)
    times: Mapped[int]
    last_at: Mapped[Timestamp]
