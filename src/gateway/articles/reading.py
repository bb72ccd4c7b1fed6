"""Articles as readers of a language have them: in it, in what it is a variety of, or as written."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.articles.searching import EXCERPT, READABLE, Found, reader
from gateway.database.schema import Article, ArticleText

MOST: Final = 500

BY_TITLE: Final = text(f"""
SELECT article_id, language, title, left(body, :excerpt) FROM ({READABLE}) readable
 ORDER BY lower(title), article_id
 LIMIT :most
""")  # noqa: S608 - our own statement


async def readable(session: AsyncSession, workspace_id: int, language: str) -> Sequence[Found]:
    """What is published, by title."""
    values = {**reader(workspace_id, language), "excerpt": EXCERPT, "most": MOST}
    return [Found(*row) for row in await session.execute(BY_TITLE, values)]


async def text_for(
    session: AsyncSession, workspace_id: int, article_id: UUID, language: str
) -> ArticleText | None:
    """What is published of an article, for a reader of `language`; None where nothing is."""
    article = await session.get(Article, (workspace_id, article_id))
    if article is None or article.archived_at is not None:
        return None
    statement = select(ArticleText).where(
        ArticleText.workspace_id == workspace_id,
        ArticleText.article_id == article_id,
        ArticleText.state == "published",
    )
    texts = {row.language.lower(): row for row in await session.scalars(statement)}
    wanted = language.lower()
    wishes = (wanted, wanted.partition("-")[0], article.language.lower())
    return next((texts[each] for each in wishes if each in texts), None)
