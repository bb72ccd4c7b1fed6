"""Clocks set to what the log says."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.database.connections import Database, fetch_in
from gateway.database.schema import Conversation, SlaClock
from gateway.feed.log import EventType, Happening, append_in, in_place
from gateway.sla import clock_rows
from gateway.sla.policies import read_policies
from gateway.sla.remeasuring import Remeasured, remeasure

PAGE = 500


async def check_clocks(database: Database, *, repairs: bool) -> tuple[int, list[UUID]]:
    """Compare all clocks with the log, and perhaps set them right.

    Returns how many conversations are under a policy, and those whose clocks were otherwise.
    """
    number = 0
    wrong: list[UUID] = []
    after: tuple[int, UUID] | None = None
    while True:
        async with database.transaction() as session:
            page = await _page(session, after)
            if not page:
                return number, wrong
            workspace_id = page[0][0]
            ids = [id_ for workspace, id_ in page if workspace == workspace_id]
            work = repair if repairs else examine
            wrong += [each.conversation_id for each in await work(session, workspace_id, ids)]
        number += len(ids)
        after = (workspace_id, ids[-1])


async def _page(session: AsyncSession, after: tuple[int, UUID] | None) -> list[tuple[int, UUID]]:
    key = tuple_(Conversation.workspace_id, Conversation.id)
    statement = (
        select(Conversation.workspace_id, Conversation.id)
        .where(Conversation.sla_policy_id.is_not(None))
        .order_by(Conversation.workspace_id, Conversation.id)
        .limit(PAGE)
    )
    if after is not None:
        statement = statement.where(key > tuple_(*after))
    return [(row[0], row[1]) for row in await session.execute(statement)]


async def examine(
    session: AsyncSession, workspace_id: int, ids: Sequence[UUID]
) -> list[Remeasured]:
    """Those conversations whose clocks are not what the log says; what is locked is left out."""
    rows = await _lock(session, workspace_id, ids)
    return await _wrong(session, workspace_id, rows)


async def repair(session: AsyncSession, workspace_id: int, ids: Sequence[UUID]) -> list[Remeasured]:
    """`examine`, and set them right; nothing may follow in the transaction."""
    rows = await _lock(session, workspace_id, ids)
    wrong = await _wrong(session, workspace_id, rows)
    await clock_rows.write(
        await fetch_in(session),
        {(workspace_id, each.conversation_id): each.differing for each in wrong},
    )
    for each in wrong:
        await _forget_surplus(session, workspace_id, each)
    moved = [each for each in wrong if each.due_at != each.was_due_at]
    happenings = [_due_anew(rows[each.conversation_id], each) for each in moved]
    if happenings:
        await append_in(session, *happenings)
    return wrong


async def _lock(
    session: AsyncSession, workspace_id: int, ids: Sequence[UUID]
) -> dict[UUID, Conversation]:
    statement = (
        select(Conversation)
        .where(Conversation.workspace_id == workspace_id, Conversation.id.in_(ids))
        .order_by(Conversation.id)
        .with_for_update(skip_locked=True, key_share=True)
    )
    return {row.id: row for row in await session.scalars(statement)}


async def _wrong(
    session: AsyncSession, workspace_id: int, rows: dict[UUID, Conversation]
) -> list[Remeasured]:
    fetch = await fetch_in(session)
    policies = await read_policies(fetch, workspace_id)
    found = await remeasure(fetch, workspace_id, list(rows), policies)
    return [each for each in found if not each.is_as_kept]


async def _forget_surplus(session: AsyncSession, workspace_id: int, each: Remeasured) -> None:
    if each.surplus:
        keys = [clock.clock.key for clock in each.surplus]
        await session.execute(
            delete(SlaClock).where(
                SlaClock.workspace_id == workspace_id,
                SlaClock.conversation_id == each.conversation_id,
                tuple_(SlaClock.metric, SlaClock.cycle).in_(keys),
            )
        )


def _due_anew(row: Conversation, each: Remeasured) -> Happening:
    row.due_at = each.due_at
    row.version += 1
    data = {"conversation": {"due_at": each.due_at}}
    return in_place(row, EventType.SLA_MEASURED, data, version=row.version)
