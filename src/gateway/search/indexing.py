"""From the log to what messages are found by: a worker reads on, set by set.

Nothing of this is in the path of a message (docs/decisions/0058). The mark moves in the transaction
that writes the entries: nothing is left out or done twice, whoever dies.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.connections import Database, fetch_in
from gateway.database.schema import Message
from gateway.languages import detect
from gateway.search.configurations import of_language
from gateway.wakeups import Topic, Wakeups, wait_for

BATCH: Final = 500
SHORTEST_PAUSE_S: Final = 0.1

MOST_BYTES: Final = 64_000
"""Of a text, in UTF-8. A tsvector has a MiB at most, and a byte of text becomes twelve at most:
two vectors, compounds whole and in parts, lower case that is longer, positions."""

MOST_SUBJECT_BYTES: Final = 2_000

BEHIND = text("""
SELECT h.workspace_id
  FROM feed_head h
  LEFT JOIN search_mark m ON m.workspace_id = h.workspace_id
 WHERE h.pos > coalesce(m.pos, 0)
 ORDER BY h.workspace_id
""")

NEW_MARK = text("""
INSERT INTO search_mark (workspace_id, pos) VALUES (:workspace_id, 0) ON CONFLICT DO NOTHING
""")

MARK = text("""
SELECT pos FROM search_mark WHERE workspace_id = :workspace_id FOR UPDATE SKIP LOCKED
""")

SAID = text("""
SELECT pos, type, data->'message'->>'id' AS message_id
  FROM event
 WHERE workspace_id = :workspace_id AND pos > :pos
 ORDER BY pos
 LIMIT :size
""")

TELLING = {"message.received", "message.replied", "message.noted"}

MOVE = text("UPDATE search_mark SET pos = :pos WHERE workspace_id = :workspace_id")

ENTER = """
INSERT INTO search_entry (workspace_id, message_id, configuration, words)
SELECT $1, n.id, n.configuration,
       setweight(to_tsvector(n.configuration::regconfig, n.subject), 'A')
    || setweight(to_tsvector('simple', n.subject), 'A')
    || to_tsvector(n.configuration::regconfig, n.text)
    || to_tsvector('simple', n.text)
  FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[])
       AS n (id, configuration, subject, text)
    ON CONFLICT (workspace_id, message_id) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Said:
    """The event that tells of a message."""

    pos: int
    message_id: UUID


class Indexer:
    """Reads the logs of all workspaces, until cancelled. Several at once are harmless."""

    def __init__(self, database: Database, wakeups: Wakeups, poll_interval_s: float) -> None:
        self._database = database
        self._hint = wakeups.listen(Topic.FEED)
        self._poll_interval_s = poll_interval_s

    async def run(self) -> None:
        """Rests for as long as it has worked, so that messages come first where both are many."""
        while True:
            began = monotonic()
            if await index_round(self._database):
                await asyncio.sleep(max(SHORTEST_PAUSE_S, monotonic() - began))
            else:
                await asyncio.sleep(SHORTEST_PAUSE_S)
                await wait_for(self._hint, self._poll_interval_s)


async def index_round(database: Database, size: int = BATCH) -> bool:
    """Read on by a batch in every workspace that is behind; whether anything has moved."""
    async with database.transaction() as session:
        behind = list(await session.scalars(BEHIND))
    moved = False
    for workspace_id in behind:
        async with database.transaction() as session:
            moved |= await _index(session, workspace_id, size)
    return moved


async def _index(session: AsyncSession, workspace_id: int, size: int) -> bool:
    """Enter what the next events tell of; False where another worker does, or it is in use."""
    await session.execute(NEW_MARK, {"workspace_id": workspace_id})
    pos = await session.scalar(MARK, {"workspace_id": workspace_id})
    if pos is None:
        return False
    here = {"workspace_id": workspace_id, "pos": pos, "size": size}
    events = (await session.execute(SAID, here)).all()
    told = [Said(row.pos, UUID(row.message_id)) for row in events if row.type in TELLING]
    rows = await _free(session, workspace_id, told)
    held_up_at = await _first_in_use(session, workspace_id, told, {row.id for row in rows})
    await _enter(session, workspace_id, rows)
    reached = held_up_at - 1 if held_up_at is not None else events[-1].pos if events else pos
    await session.execute(MOVE, {"workspace_id": workspace_id, "pos": reached})
    return bool(reached > pos)


async def _free(session: AsyncSession, workspace_id: int, told: Sequence[Said]) -> Sequence[Any]:
    """The messages that nobody changes now; whoever erases one from here on meets its entry."""
    statement = (
        select(Message.id, Message.subject, Message.text, Message.new_text)
        .where(Message.workspace_id == workspace_id)
        .where(Message.id.in_([each.message_id for each in told]))
        .with_for_update(read=True, skip_locked=True)
    )
    return (await session.execute(statement)).all()


async def _first_in_use(
    session: AsyncSession, workspace_id: int, told: Sequence[Said], free: set[UUID]
) -> int | None:
    """The position of the first message that is there and could not be had."""
    missing = {each.message_id: each.pos for each in told if each.message_id not in free}
    statement = select(Message.id).where(
        Message.workspace_id == workspace_id, Message.id.in_(missing)
    )
    if not missing:
        return None
    return min([missing[id_] for id_ in await session.scalars(statement)], default=None)


async def _enter(session: AsyncSession, workspace_id: int, rows: Sequence[Any]) -> None:
    rows = [row for row in rows if row.subject or _own(row)]
    subjects = [_bounded(row.subject or "", MOST_SUBJECT_BYTES) for row in rows]
    texts = [_bounded(_own(row), MOST_BYTES) for row in rows]
    described = [said or subject for subject, said in zip(subjects, texts, strict=True)]
    configurations = await asyncio.to_thread(_configurations, described)
    fetch = await fetch_in(session)
    await fetch(ENTER, workspace_id, [row.id for row in rows], configurations, subjects, texts)


def _own(row: Any) -> str:
    return str(row.text if row.new_text is None else row.new_text)


def _configurations(texts: Sequence[str]) -> list[str]:
    return [of_language(detect(each)) for each in texts]


def _bounded(words: str, most_bytes: int) -> str:
    return words.encode()[:most_bytes].decode(errors="ignore")
