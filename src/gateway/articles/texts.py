"""The texts of articles: drafts, what is published, what was."""

from typing import Final
from uuid import UUID

from sqlalchemy import func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ColumnElement

from gateway.database.schema import Article, ArticleText
from gateway.problems import conflict, invalid, not_found

DICTIONARIES: Final = {
    "ar": "arabic",
    "ca": "catalan",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "eu": "basque",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "ne": "nepali",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}
"""PostgreSQL's text search configurations by language; the others are searched by whole words."""


def dictionary_of(language: str) -> str:
    return DICTIONARIES.get(language.partition("-")[0], "simple")


async def find_article(
    session: AsyncSession, workspace_id: int, article_id: UUID, *, locked: bool = False
) -> Article:
    """Raises Problem 404 where there is none, or not any more."""
    key = (workspace_id, article_id)
    row = await session.get(Article, key, with_for_update=True if locked else None)
    if row is None or row.archived_at is not None:
        raise not_found("article")
    return row


async def save_draft(
    session: AsyncSession, article: Article, author_id: UUID | None, text: tuple[str, str, str]
) -> ArticleText:
    """Write the draft of a language anew, or begin one; `text` is language, title and body.

    The article is locked by the caller.
    """
    language, title, body = text
    row = await current(session, article, language, "draft")
    if row is None:
        row = ArticleText(
            workspace_id=article.workspace_id,
            article_id=article.id,
            language=language,
            version=await _next_version(session, article, language),
            state="draft",
            dictionary=dictionary_of(language),
        )
        session.add(row)
    row.title, row.body, row.author_id = title, body, author_id
    row.search = _search(row.dictionary, title, body)
    await session.flush()
    return row


async def publish(
    session: AsyncSession, article: Article, language: str, version: int
) -> ArticleText:
    """Let everybody read a draft, in place of what was published.

    Raises:
        Problem: 409, this version is no draft.
    """
    draft = await current(session, article, language, "draft")
    if draft is None or draft.version != version:
        raise conflict("this version is no draft: read the article again")
    await _end(session, article, language)
    draft.state, draft.published_at = "published", func.now()
    await session.flush()
    return draft


async def withdraw(session: AsyncSession, article: Article, language: str) -> None:
    """Let nobody read it in this language any more.

    Raises:
        Problem: 422, it is not published in this language.
    """
    if not await _end(session, article, language):
        what = "must be a language that it is published in"
        raise invalid("there is nothing to withdraw", [("/language", what)])


async def current(
    session: AsyncSession, article: Article, language: str, state: str
) -> ArticleText | None:
    """The draft, or what is published, in a language."""
    statement = select(ArticleText).where(
        ArticleText.workspace_id == article.workspace_id,
        ArticleText.article_id == article.id,
        ArticleText.language == language,
        ArticleText.state == state,
    )
    row: ArticleText | None = await session.scalar(statement)
    return row


async def _end(session: AsyncSession, article: Article, language: str) -> bool:
    row = await current(session, article, language, "published")
    if row is not None:
        row.state = "past"
        await session.flush()
    return row is not None


async def _next_version(session: AsyncSession, article: Article, language: str) -> int:
    statement = select(func.max(ArticleText.version)).where(
        ArticleText.workspace_id == article.workspace_id,
        ArticleText.article_id == article.id,
        ArticleText.language == language,
    )
    return (await session.scalar(statement) or 0) + 1


def _search(dictionary: str, title: str, body: str) -> ColumnElement[str]:
    """The words of both; those of the title weigh more."""
    config: ColumnElement[str] = literal_column(f"'{dictionary}'::regconfig")
    of_title = func.setweight(func.to_tsvector(config, title), literal_column("'A'"))
    of_body = func.setweight(func.to_tsvector(config, body), literal_column("'B'"))
    return of_title.op("||")(of_body)
