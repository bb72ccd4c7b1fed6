"""Clocks that warn or are breached: told once each, with all that follows from it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.configuration import Configuration, WorkspaceConfiguration
from gateway.conversations.change import Change, locked
from gateway.database.connections import Database, fetch_in
from gateway.database.schema import Conversation, SlaClock
from gateway.feed.log import EventType
from gateway.sla import clock_rows
from gateway.sla.acting import act, ask
from gateway.sla.clock_rows import MeasuredClock, measured
from gateway.sla.following import sign_data
from gateway.sla.policies import read_policies
from routing.clocks import Sign
from routing.priority import Priority

EVENTS = {Sign.WARNING: EventType.SLA_WARNING, Sign.BREACHED: EventType.SLA_BREACHED}
BATCH = 100


async def fire_due(database: Database, configuration: Configuration, now: datetime) -> int:
    """Tell all that is due, conversation by conversation; returns of how many.

    The rules are asked what follows, which is done in the same transaction.

    What another transaction has locked is left for the next time.
    """
    async with database.transaction() as session:
        due = await session.execute(
            select(SlaClock.workspace_id, SlaClock.conversation_id)
            .where(SlaClock.sign_at <= now)
            .order_by(SlaClock.sign_at)
            .limit(BATCH)
        )
        keys = list(dict.fromkeys((row[0], row[1]) for row in due))
    return sum([await _fire(database, configuration, *key) for key in keys])


async def _fire(
    database: Database, configuration: Configuration, workspace_id: int, conversation_id: UUID
) -> int:
    workspace = configuration.workspace(workspace_id)
    async with database.transaction() as session:
        if not await _taken(session, workspace_id, conversation_id):
            return 0
        async with locked(session, workspace_id, conversation_id) as change:
            signs = await _signs(change)
            for sign, clock in signs:
                await _tell(change, workspace, sign, clock)
    return bool(signs)


async def _tell(
    change: Change, workspace: WorkspaceConfiguration, sign: Sign, clock: MeasuredClock
) -> None:
    ruling = await ask(change, workspace, sign, clock)
    decided = {"decision": ruling.id} if ruling else {}
    change.tell(EVENTS[sign], {**sign_data(clock), **decided})
    if ruling is not None:
        await act(change, workspace, ruling)


async def _taken(session: AsyncSession, workspace_id: int, conversation_id: UUID) -> bool:
    statement = (
        select(Conversation.id)
        .where(Conversation.workspace_id == workspace_id, Conversation.id == conversation_id)
        .where(Conversation.status != "closed")
        .with_for_update(key_share=True, skip_locked=True)
    )
    return await session.scalar(statement) is not None


async def _signs(change: Change) -> list[tuple[Sign, MeasuredClock]]:
    """What the clocks of a locked conversation have to tell by now, as its policy is now."""
    row = change.row
    assert row.sla_policy_id is not None  # noqa: S101 - else it has no clocks
    fetch = await fetch_in(change.session)
    policies = await read_policies(fetch, row.workspace_id, row.sla_policy_id)
    known = (await clock_rows.read(fetch, [(row.workspace_id, row.id)])).get(row.id, {})
    found = []
    for each in known.values():
        now = measured(each.clock, policies.by_id[row.sla_policy_id], Priority(row.priority))
        if now.sign_at is not None and now.sign_at <= change.now:
            is_breach = now.due_at is not None and now.due_at <= change.now
            found.append((Sign.BREACHED if is_breach else Sign.WARNING, now))
    return found
