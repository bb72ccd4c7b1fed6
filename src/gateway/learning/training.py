"""The worker that trains the models that admins ask for, one after the other.

Conversations that have a type teach by the first message of the customer, the latest first.
"""

import asyncio
from typing import Final

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.connections import Database
from gateway.database.schema import LearntTypes
from gateway.learning.measuring import Measured, TooLittle, learn
from gateway.learning.naive_bayes import LOOKED_AT, Example, packed

EVERY_S: Final = 2.0
MOST: Final = 20_000
"""Conversations that a model is made of, the latest."""

LABELLED: Final = text("""
SELECT concat_ws(' ', c.subject, left(coalesce(m.new_text, m.text), :looked_at)), c.type
  FROM conversation c
 CROSS JOIN LATERAL (
       SELECT m.text, m.new_text FROM message m
        WHERE m.workspace_id = c.workspace_id AND m.conversation_id = c.id
          AND m.direction = 'inbound' AND NOT m.automatic
        ORDER BY m.seq LIMIT 1) m
 WHERE c.workspace_id = :workspace_id AND c.type IS NOT NULL AND c.merged_into IS NULL
 ORDER BY c.opened_at DESC, c.id DESC
 LIMIT :most
""")


async def train_always(database: Database) -> None:
    """Train what is asked for, and look again, until cancelled. Several at once are harmless."""
    while True:
        while await train_next(database):
            pass
        await asyncio.sleep(EVERY_S)


async def train_next(database: Database) -> bool:
    """Train one model; False where none is asked for that is free.

    The row is locked meanwhile: of a worker that dies another takes over.
    """
    async with database.transaction() as session:
        statement = (
            select(LearntTypes)
            .where(LearntTypes.state == "waiting")
            .order_by(LearntTypes.requested_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        row = await session.scalar(statement)
        if row is None:
            return False
        examples = await _examples(session, row.workspace_id)
        try:
            _keep(row, await asyncio.to_thread(learn, examples))
        except TooLittle as error:
            row.state, row.reason = "failed", str(error)
        row.ended_at = func.clock_timestamp()
        return True


async def _examples(session: AsyncSession, workspace_id: int) -> list[Example]:
    """Oldest first."""
    values = {"workspace_id": workspace_id, "looked_at": LOOKED_AT, "most": MOST}
    found = [(said, name) for said, name in await session.execute(LABELLED, values)]
    return found[::-1]


def _keep(row: LearntTypes, measured: Measured) -> None:
    row.state, row.model = "ready", packed(measured.counts)
    row.learnt, row.held_out = measured.learnt, measured.held_out
    row.right, row.majority_right = measured.right, measured.majority_right
    row.confusion = measured.confusion
