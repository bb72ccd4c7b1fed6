"""Articles as readers of a language have them: in it, in what it is a variety of, or as written."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.articles.searching import EXCERPT, Found
from gateway.database.schema import Article, ArticleText

MOST: Final = 500

READABLE: Final = text("""
SELECT article_id, language, title, left(body, :excerpt) FROM (
    SELECT DISTINCT ON (t.article_id) t.*
      FROM article_text t
      JOIN article a ON (a.workspace_id, a.id) = (t.workspace_id, t.article_id)
     WHERE t.workspace_id = :workspace_id AND t.state = 'published' AND a.archived_at IS NULL
       AND lower(t.language) IN (:language, :broader, lower(a.language))
     ORDER BY t.article_id, lower(t.language) = :language DESC,
              lower(t.language) = :broader DESC
) readable
 ORDER BY lower(title), article_id
 LIMIT :most
""")


async def readable(session: AsyncSession, workspace_id: int, language: str) -> Sequence[Found]:
    """What is published, by title."""
    values = {
        "workspace_id": workspace_id,
        "language": language.lower(),
        "broader": language.lower().partition("-")[0],
        "excerpt": EXCERPT,
        "most": MOST,
    }
    return [Found(*row) for row in await session.execute(READABLE, values)]


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
