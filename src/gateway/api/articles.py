"""Articles: answers that customers find by themselves. Agents write them, supervisors publish."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.api.callers import AgentCaller, Parts, SupervisorCaller
from gateway.api.problems import documented
from gateway.api.seeing import SEES_CONVERSATION, SEES_MESSAGE
from gateway.api.texts import LanguageTag, Name, Text, Value
from gateway.articles.gaps import note_gap
from gateway.articles.markup import to_html, to_text
from gateway.articles.searching import Found, search
from gateway.articles.suggesting import suggestions_for
from gateway.articles.texts import find_article, publish, save_draft, withdraw
from gateway.articles.votes import Votes, votes_of
from gateway.database.schema import Article, ArticleGap, ArticleText, Conversation, Message
from gateway.ids import new_id
from gateway.problems import invalid, not_found

router = APIRouter(
    prefix="/v1/articles", tags=["articles"], responses=documented(401, 403, 422, 503)
)

beside = APIRouter(prefix="/v1", tags=["articles"], responses=documented(401, 403, 404, 422, 503))
"""What conversations have to do with articles."""

LONGEST = 50_000
MOST = 1_000
EXAMPLE: dict[str, Any] = {
    "language": "en",
    "title": "Where is my parcel?",
    "body": "Open **Orders** and press *Track*.",
}


class ArticleIn(BaseModel):
    """A text in one language; `body` is Markdown, HTML in it loses what could run or load."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    language: LanguageTag
    title: Name
    body: Annotated[Text, Field(max_length=LONGEST)]


class AnswerIn(BaseModel):
    """What an answer is called as an article; its words are the draft's."""

    model_config = ConfigDict(extra="forbid")

    language: LanguageTag
    title: Name


class PublishIn(BaseModel):
    """The version that was read: a draft that has changed since is not published."""

    model_config = ConfigDict(extra="forbid")

    language: LanguageTag
    version: Annotated[int, Field(ge=1, lt=2**31)]


class WithdrawIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    language: LanguageTag


class HeadOut(BaseModel):
    """A version of a text, without what it says."""

    language: str
    version: int
    state: Literal["draft", "published", "past"]
    title: str
    author_id: UUID | None
    created_at: datetime
    published_at: datetime | None


class ArticleTextOut(HeadOut):
    """`html` is `body` as the help page shows it."""

    body: str
    html: str


class SummaryOut(BaseModel):
    """`texts` are drafts and what is published, by language; so many visitors it `helped`."""

    id: UUID
    language: str
    texts: Sequence[HeadOut]
    helped: int
    not_helped: int
    created_at: datetime


class ArticleOut(SummaryOut):
    """With what it says."""

    texts: Sequence[ArticleTextOut]


class FoundOut(BaseModel):
    """A published article; `excerpt` is its beginning."""

    id: UUID
    language: str
    title: str
    excerpt: str

    @classmethod
    def of(cls, found: Found) -> "FoundOut":
        return cls(
            id=found.id,
            language=found.language,
            title=found.title,
            excerpt=to_text(found.excerpt),
        )


class GapOut(BaseModel):
    """What was looked for so many times and not found."""

    query: str
    language: str
    times: int
    last_at: datetime


@router.get("")
async def list_articles(gateway: Parts, caller: AgentCaller) -> list[SummaryOut]:
    """The newest thousand, with drafts."""
    statement = (
        select(Article)
        .where(Article.workspace_id == caller.workspace_id, Article.archived_at.is_(None))
        .order_by(Article.id.desc())
        .limit(MOST)
    )
    async with gateway.database.transaction() as session:
        rows = (await session.scalars(statement)).all()
        texts = await _current_texts(session, caller.workspace_id, rows)
        votes = await votes_of(session, caller.workspace_id, [row.id for row in rows])
    return [
        SummaryOut(**_summary(row, votes), texts=[_head(text) for text in texts.get(row.id, [])])
        for row in rows
    ]


@router.get("/search")
async def search_articles(
    gateway: Parts,
    caller: AgentCaller,
    q: Annotated[Value, Query(min_length=1)],
    language: LanguageTag = "en",
) -> list[FoundOut]:
    """Published articles that fit `q`, best first, as a reader of `language` has them."""
    async with gateway.database.transaction() as session:
        found = await search(session, caller.workspace_id, q, language, limit=20)
        if not found:
            await note_gap(session, caller.workspace_id, language, q)
    return [FoundOut.of(each) for each in found]


@router.get("/gaps")
async def list_gaps(gateway: Parts, caller: AgentCaller) -> list[GapOut]:
    """What was looked for and not found in the last 90 days, the most frequent hundred."""
    statement = (
        select(ArticleGap)
        .where(ArticleGap.workspace_id == caller.workspace_id)
        .order_by(ArticleGap.times.desc(), ArticleGap.last_at.desc())
        .limit(100)
    )
    async with gateway.database.transaction() as session:
        rows = await session.scalars(statement)
        return [GapOut.model_validate(row, from_attributes=True) for row in rows]


@router.post("", status_code=201)
async def create_article(gateway: Parts, caller: AgentCaller, body: ArticleIn) -> ArticleOut:
    """Begin an article with a draft; its language is the one for everybody else's readers."""
    row = Article(workspace_id=caller.workspace_id, id=new_id(), language=body.language)
    async with gateway.database.transaction() as session:
        session.add(row)
        await session.flush()
        await save_draft(session, row, caller.agent_id, _text(body))
        return await _one(session, row)


@router.get("/{id}", responses=documented(404))
async def get_article(gateway: Parts, caller: AgentCaller, id: UUID) -> ArticleOut:  # noqa: A002
    async with gateway.database.transaction() as session:
        return await _one(session, await find_article(session, caller.workspace_id, id))


@router.put("/{id}/draft", responses=documented(404))
async def write_draft(
    gateway: Parts,
    caller: AgentCaller,
    id: UUID,  # noqa: A002
    body: ArticleIn,
) -> ArticleOut:
    """Write the draft of a language; what is published stays until the draft is."""
    async with gateway.database.transaction() as session:
        row = await find_article(session, caller.workspace_id, id, locked=True)
        await save_draft(session, row, caller.agent_id, _text(body))
        return await _one(session, row)


@router.post("/{id}/publish", responses=documented(404, 409))
async def publish_article(
    gateway: Parts,
    caller: SupervisorCaller,
    id: UUID,  # noqa: A002
    body: PublishIn,
) -> ArticleOut:
    """Let everybody read the draft of a language, in place of what was published."""
    async with gateway.database.transaction() as session:
        row = await find_article(session, caller.workspace_id, id, locked=True)
        await publish(session, row, body.language, body.version)
        return await _one(session, row)


@router.post("/{id}/withdraw", responses=documented(404))
async def withdraw_article(
    gateway: Parts,
    caller: SupervisorCaller,
    id: UUID,  # noqa: A002
    body: WithdrawIn,
) -> ArticleOut:
    """Let nobody read it in a language any more."""
    async with gateway.database.transaction() as session:
        row = await find_article(session, caller.workspace_id, id, locked=True)
        await withdraw(session, row, body.language)
        return await _one(session, row)


@router.get("/{id}/versions", responses=documented(404))
async def list_article_versions(
    gateway: Parts,
    caller: AgentCaller,
    id: UUID,  # noqa: A002
) -> list[ArticleTextOut]:
    """All its texts, newest first, with those that were published before; a thousand at most."""
    async with gateway.database.transaction() as session:
        row = await find_article(session, caller.workspace_id, id)
        texts = await session.scalars(
            _texts_of(caller.workspace_id, [row.id])
            .order_by(ArticleText.created_at.desc(), ArticleText.version.desc())
            .limit(MOST)
        )
        return [_text_out(text) for text in texts]


@router.delete("/{id}", status_code=204, responses=documented(404))
async def archive_article(gateway: Parts, caller: SupervisorCaller, id: UUID) -> None:  # noqa: A002
    """Take it from the help page and from the list."""
    async with gateway.database.transaction() as session:
        row = await find_article(session, caller.workspace_id, id, locked=True)
        row.archived_at = func.now()


@beside.get("/conversations/{id}/suggestions", dependencies=[SEES_CONVERSATION])
async def suggest_articles(gateway: Parts, caller: AgentCaller, id: UUID) -> list[FoundOut]:  # noqa: A002
    """Published articles that fit what the customer said last, best first, five at most."""
    async with gateway.database.transaction() as session:
        conversation = await session.get(Conversation, (caller.workspace_id, id))
        if conversation is None:
            raise not_found("conversation")
        return [FoundOut.of(each) for each in await suggestions_for(session, conversation)]


@beside.post("/messages/{id}/article", status_code=201, dependencies=[SEES_MESSAGE])
async def draft_of_answer(
    gateway: Parts,
    caller: AgentCaller,
    id: UUID,  # noqa: A002
    body: AnswerIn,
) -> ArticleOut:
    """Begin an article with the words of an answer; take out what is the customer's alone."""
    async with gateway.database.transaction() as session:
        message = await session.get(Message, (caller.workspace_id, id))
        if message is None:
            raise not_found("message")
        if message.direction != "outbound" or not message.text.strip():
            raise invalid("only what was answered in words can become an article")
        row = Article(workspace_id=caller.workspace_id, id=new_id(), language=body.language)
        session.add(row)
        await session.flush()
        text = (body.language, body.title, message.text.strip()[:LONGEST])
        await save_draft(session, row, caller.agent_id, text)
        return await _one(session, row)


def _text(body: ArticleIn) -> tuple[str, str, str]:
    return body.language, body.title, body.body


def _texts_of(workspace_id: int, ids: Sequence[UUID]) -> Any:
    return select(ArticleText).where(
        ArticleText.workspace_id == workspace_id, ArticleText.article_id.in_(ids)
    )


async def _one(session: AsyncSession, row: Article) -> ArticleOut:
    texts = await _current_texts(session, row.workspace_id, [row])
    votes = await votes_of(session, row.workspace_id, [row.id])
    return ArticleOut(
        **_summary(row, votes), texts=[_text_out(text) for text in texts.get(row.id, [])]
    )


async def _current_texts(
    session: AsyncSession, workspace_id: int, rows: Sequence[Article]
) -> dict[UUID, list[ArticleText]]:
    """Drafts and what is published, by article."""
    statement = (
        _texts_of(workspace_id, [row.id for row in rows])
        .where(ArticleText.state != "past")
        .order_by(ArticleText.language, ArticleText.version)
        .execution_options(populate_existing=True)
    )
    texts: dict[UUID, list[ArticleText]] = {}
    for text in await session.scalars(statement):
        texts.setdefault(text.article_id, []).append(text)
    return texts


def _summary(row: Article, votes: dict[UUID, Votes]) -> dict[str, Any]:
    counted = votes.get(row.id, Votes(0, 0))
    return {
        "id": row.id,
        "language": row.language,
        "helped": counted.helped,
        "not_helped": counted.not_helped,
        "created_at": row.created_at,
    }


def _head(row: ArticleText) -> HeadOut:
    return HeadOut.model_validate(row, from_attributes=True)


def _text_out(row: ArticleText) -> ArticleTextOut:
    return ArticleTextOut(**_head(row).model_dump(), body=row.body, html=to_html(row.body))
