"""Messages by their words, the best first, in conversations that the caller may see.

What is asked is read as in search engines (`websearch_to_tsquery`): words that must all be there,
"phrases", `or`, and `-` before what must not. Words match as they are written, or by the stem that
the language of the message gives them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Double,
    Select,
    and_,
    cast,
    func,
    literal,
    literal_column,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects.postgresql import REGCONFIG, TSQUERY
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.access.tokens import Principal
from gateway.conversations.listing import Wanted
from gateway.database.schema import Conversation, Message, SearchEntry
from gateway.feed.item import ConversationItem
from gateway.feed.scope import allowed_to
from gateway.feed.snapshot import item_of, select_items
from gateway.ids import new_id
from gateway.search.configurations import BY_LANGUAGE, SIMPLE
from gateway.search.highlights import Highlight, highlights_of, marked

MOST_RANKED: Final = 1_000
"""So many matches are ranked, the newest: a word that is everywhere costs no more."""

MEANINGS = text("""
SELECT DISTINCT asked::text
  FROM unnest(CAST(:configurations AS text[])) c, websearch_to_tsquery(c::regconfig, :words) asked
 WHERE numnode(asked) > 0
""")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ends: the last message and its rank, and the newest when the search began."""

    rank: float
    message_id: UUID
    newest: UUID


@dataclass(frozen=True, slots=True)
class Hit:
    """A message that was found, in its conversation; where it matches are `highlights`."""

    message_id: UUID
    seq: int
    direction: str
    agent_id: UUID | None
    created_at: datetime
    rank: float
    conversation: ConversationItem
    highlights: Sequence[Highlight]


@dataclass(frozen=True, slots=True)
class Found:
    """`following` is None on the last page."""

    hits: Sequence[Hit]
    following: Place | None


async def find_messages(
    session: AsyncSession,
    caller: Principal,
    words: str,
    wanted: Wanted,
    *,
    limit: int,
    after: Place | None,
) -> Found:
    """Of the newest matches those of the highest rank first, from `after` on."""
    meaning = await _meaning(session, words)
    if meaning is None:
        return Found((), None)
    newest = after.newest if after else new_id()
    matches = _matches(meaning, newest, caller.workspace_id)
    seen = wanted.narrow_also_closed(matches).where(await allowed_to(session, caller))
    page = (await session.execute(_ranked(seen, words, after).limit(limit))).all()
    hits = await _hits(session, caller.workspace_id, words, page)
    is_last = len(page) < limit
    return Found(hits, None if is_last else Place(page[-1].rank, page[-1].message_id, newest))


async def _meaning(session: AsyncSession, words: str) -> str | None:
    """What is asked, in any of the languages; None where it names no word."""
    configurations = [SIMPLE, *BY_LANGUAGE.values()]
    values = {"configurations": configurations, "words": words}
    asked = sorted(await session.scalars(MEANINGS, values))
    return " | ".join(f"({each})" for each in asked) or None


def _matches(meaning: str, newest: UUID, workspace_id: int) -> Select[Any]:
    """The newest that mean it in any language."""
    return (
        select_items(workspace_id)
        .with_only_columns(
            SearchEntry.message_id,
            SearchEntry.configuration,
            SearchEntry.words,
            Conversation.id.label("conversation_id"),
        )
        .join(Message, _message_of_conversation())
        .join(SearchEntry, _entry_of_message())
        .where(SearchEntry.words.op("@@")(cast(meaning, TSQUERY)))
        .where(SearchEntry.message_id <= newest)
        .order_by(SearchEntry.message_id.desc())
        .limit(MOST_RANKED)
    )


def _message_of_conversation() -> ColumnElement[bool]:
    return and_(
        Message.workspace_id == Conversation.workspace_id,
        Message.conversation_id == Conversation.id,
    )


def _entry_of_message() -> ColumnElement[bool]:
    return and_(
        SearchEntry.workspace_id == Message.workspace_id, SearchEntry.message_id == Message.id
    )


def _ranked(matches: Select[Any], words: str, after: Place | None) -> Select[Any]:
    """Of matches, those that mean it in the message's own language, the best first.

    That is asked of the thousand alone: asked of all, it would hide from the planner how many there
    are, and have it sort them all.
    """
    near = matches.subquery()
    asked = _asked(words, near.c.configuration)
    rank = cast(func.ts_rank(near.c.words, asked), Double).label("rank")
    statement = (
        select(near.c.message_id, near.c.conversation_id, rank)
        .where(near.c.words.op("@@")(asked))
        .order_by(rank.desc(), near.c.message_id.desc())
    )
    if after is None:
        return statement
    key = tuple_(rank.element, near.c.message_id)
    return statement.where(key < tuple_(literal(after.rank, Double), after.message_id))


def _asked(words: str, configuration: ColumnElement[str]) -> ColumnElement[Any]:
    """What is asked of a message: as it is written, and in the message's own language."""
    own = func.websearch_to_tsquery(cast(configuration, REGCONFIG), words)
    as_written = func.websearch_to_tsquery(literal_column(f"'{SIMPLE}'::regconfig"), words)
    return as_written.op("||")(own)


async def _hits(
    session: AsyncSession, workspace_id: int, words: str, page: Sequence[Any]
) -> list[Hit]:
    """What has gone since it was found is left out."""
    items = await _items(session, workspace_id, {row.conversation_id for row in page})
    shown = await _shown(session, workspace_id, words, [row.message_id for row in page])
    return [
        Hit(
            message_id=row.message_id,
            seq=shown[row.message_id].seq,
            direction=shown[row.message_id].direction,
            agent_id=shown[row.message_id].agent_id,
            created_at=shown[row.message_id].created_at,
            rank=row.rank,
            conversation=items[row.conversation_id],
            highlights=highlights_of(shown[row.message_id]),
        )
        for row in page
        if row.message_id in shown and row.conversation_id in items
    ]


async def _items(
    session: AsyncSession, workspace_id: int, ids: Collection[UUID]
) -> dict[UUID, ConversationItem]:
    connection = await session.connection()
    statement = select_items(workspace_id).where(Conversation.id.in_(ids))
    return {row.id: item_of(row) for row in await connection.execute(statement)}


async def _shown(
    session: AsyncSession, workspace_id: int, words: str, ids: Collection[UUID]
) -> dict[UUID, Any]:
    own = func.coalesce(Message.new_text, Message.text)
    configuration = cast(SearchEntry.configuration, REGCONFIG)
    asked = _asked(words, SearchEntry.__table__.c.configuration)
    statement = (
        select(
            Message.id,
            Message.seq,
            Message.direction,
            Message.agent_id,
            Message.created_at,
            marked(configuration, func.coalesce(Message.subject, ""), asked).label("subject"),
            marked(configuration, own, asked).label("text"),
        )
        .join(SearchEntry, _entry_of_message())
        .where(Message.workspace_id == workspace_id, Message.id.in_(ids))
    )
    return {row.id: row for row in await session.execute(statement)}
