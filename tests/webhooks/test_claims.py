"""Who takes which delivery, and when."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.webhooks.desk import Desk

from gateway.database.connections import Database
from gateway.webhooks import passing
from gateway.webhooks.claims import Claimed, claim, seconds_until_next
from gateway.webhooks.fan_out import pass_on

URL = "http://127.0.0.1:9/"
NOBODY: Mapping[UUID, int] = {}


async def claim_all(desk: Desk, slots: int = 8, busy: Mapping[UUID, int] = NOBODY) -> list[Claimed]:
    async with desk.team.gateway.database.transaction() as session:
        return await claim(session, slots=slots, busy=busy, lease=timedelta(minutes=1))


async def pass_all_on(desk: Desk) -> None:
    async with desk.team.gateway.database.transaction() as session:
        while (await pass_on(session)).read:
            pass


async def happen(desk: Desk, number: int) -> None:
    """Write so many events into the log, as their writers do."""
    await desk.team.sql(
        """
        WITH head AS (
            UPDATE feed_head SET pos = pos + $2, at = greatest(at, clock_timestamp())
             WHERE workspace_id = $1 RETURNING pos, at)
        INSERT INTO event (workspace_id, pos, at, type, conversation_id, version, data)
        SELECT $1, head.pos - $2 + n, head.at, 'conversation.read', $3, 1, '{}'
          FROM head, generate_series(1, $2) n
        """,
        desk.team.workspace_id,
        number,
        UUID(int=1),
    )


def positions(rows: list[Any]) -> list[int]:
    return [row["pos"] for row in rows]


async def test_cursors_pass_every_event_once_whoever_moves_them(desk: Desk, dsn: str) -> None:
    """Many at once, beside writers: contiguous, nothing twice."""
    webhook = await desk.webhook(URL)
    database = Database(dsn, pool_size=8)

    async def go_on() -> None:
        for _ in range(10):
            async with database.transaction() as session:
                await pass_on(session)

    await asyncio.gather(*(go_on() for _ in range(4)), *(happen(desk, 7) for _ in range(20)))
    await pass_all_on(desk)
    await database.close()
    assert positions(await desk.deliveries(webhook)) == list(range(1, 141))


async def test_a_cursor_that_dies_with_its_transaction_loses_nothing(desk: Desk) -> None:
    webhook = await desk.webhook(URL)
    await happen(desk, 3)

    async def die() -> None:
        async with desk.team.gateway.database.transaction() as session:
            assert (await pass_on(session)).made == 3
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await die()
    await pass_all_on(desk)
    assert positions(await desk.deliveries(webhook)) == [1, 2, 3]


async def test_what_waits_is_bounded_and_the_log_keeps_the_rest(desk: Desk) -> None:
    webhook = await desk.webhook(URL)
    await happen(desk, passing.MOST_OPEN + 10)
    await pass_all_on(desk)
    shown = await desk.team.get(f"/v1/webhooks/{webhook['id']}")
    assert (shown["waiting"], shown["behind"]) == (passing.MOST_OPEN, 10)
    await desk.team.sql("UPDATE webhook_delivery SET state = 'delivered' WHERE pos <= 4")
    await pass_all_on(desk)
    shown = await desk.team.get(f"/v1/webhooks/{webhook['id']}")
    assert (shown["waiting"], shown["behind"]) == (passing.MOST_OPEN, 6)


async def test_a_delivery_is_claimed_by_one_of_many_workers(desk: Desk, dsn: str) -> None:
    await desk.webhook(URL)
    await happen(desk, 20)
    await pass_all_on(desk)
    database = Database(dsn, pool_size=8)

    async def once() -> list[UUID]:
        async with database.transaction() as session:
            claimed = await claim(session, slots=5, busy=NOBODY, lease=timedelta(minutes=1))
            return [each.delivery_id for each in claimed]

    batches = await asyncio.gather(*(once() for _ in range(16)))
    await database.close()
    claimed = [each for batch in batches for each in batch]
    assert len(claimed) == len(set(claimed)) == 20


async def test_each_webhook_is_given_what_it_has_slots_for(desk: Desk) -> None:
    busy, free = [UUID((await desk.webhook(URL))["id"]) for _ in range(2)]
    await happen(desk, 10)
    await pass_all_on(desk)
    claimed = await claim_all(desk, slots=4, busy={busy: 3})
    assert [each.webhook_id for each in claimed].count(busy) == 1
    assert [each.webhook_id for each in claimed].count(free) == 4


async def test_one_that_fails_has_a_single_slot(desk: Desk) -> None:
    webhook = await desk.webhook(URL)
    await happen(desk, 10)
    await pass_all_on(desk)
    await desk.team.sql("UPDATE webhook SET failures = 1")
    assert len(await claim_all(desk)) == 1
    assert await claim_all(desk, busy={UUID(webhook["id"]): 1}) == []


async def test_where_order_is_wanted_the_first_goes_alone(desk: Desk) -> None:
    await desk.webhook(URL, ordered=True)
    await happen(desk, 3)
    await pass_all_on(desk)
    [first] = await claim_all(desk)
    assert first.happened is not None
    assert first.happened.cursor.pos == 1
    await desk.team.sql("UPDATE webhook_delivery SET due_at = now() + interval '1 h' WHERE pos = 1")
    await desk.team.sql("UPDATE webhook_delivery SET state = 'queued' WHERE pos = 1")
    assert await claim_all(desk) == []
    await desk.team.sql("UPDATE webhook_delivery SET state = 'failed' WHERE pos = 1")
    [second] = await claim_all(desk)
    assert second.happened is not None
    assert second.happened.cursor.pos == 2


async def test_a_disabled_webhook_is_neither_called_nor_passed_on_to(desk: Desk) -> None:
    webhook = await desk.webhook(URL)
    await desk.webhook(URL, types=["conversation.solved"])  # which keeps the cursors moving
    path = f"/v1/webhooks/{webhook['id']}"
    await happen(desk, 1)
    await pass_all_on(desk)
    await desk.team.ask("PATCH", path, {"enabled": False})
    await happen(desk, 1)
    await pass_all_on(desk)
    assert await claim_all(desk) == []
    shown = await desk.team.get(path)
    assert (shown["waiting"], shown["behind"], shown["disabled_because"]) == (1, 1, "asked")
    await desk.team.ask("PATCH", path, {"enabled": True})
    await pass_all_on(desk)
    assert len(await claim_all(desk)) == 2


async def test_the_next_is_waited_for_as_long_as_it_takes(desk: Desk) -> None:
    await desk.webhook(URL)
    await happen(desk, 1)
    await pass_all_on(desk)
    await desk.team.sql("UPDATE webhook_delivery SET due_at = now() + interval '40 s'")
    async with desk.team.gateway.database.transaction() as session:
        seconds = await seconds_until_next(session)
    assert seconds is not None
    assert 30 < seconds <= 40


async def test_an_event_keeps_its_id_however_often_it_is_passed_on(desk: Desk) -> None:
    webhook = await desk.webhook(URL)
    await happen(desk, 2)
    await pass_all_on(desk)
    before = [row["id"] for row in await desk.deliveries(webhook)]
    await desk.team.sql("DELETE FROM webhook_delivery")
    await desk.team.sql("UPDATE webhook SET pos = 0")
    await pass_all_on(desk)
    assert [row["id"] for row in await desk.deliveries(webhook)] == before
    await desk.team.sql("DELETE FROM webhook_delivery")
    await desk.team.sql("UPDATE webhook SET pos = 0")
    await desk.team.sql("UPDATE feed_head SET epoch = 'restored'")
    await pass_all_on(desk)
    assert not set(before) & {row["id"] for row in await desk.deliveries(webhook)}
