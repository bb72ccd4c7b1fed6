"""Where a client may go on from, and what it is told where it may not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from tests.feed.conftest import Connect, RunNode
from tests.feed.history import Team, Writer

from gateway.database.connections import Database
from gateway.feed.cursor import Bounds, Cursor, ResetReason
from gateway.feed.reader import FeedReader


@given(st.text(), st.integers(min_value=0, max_value=10**18 - 1))
def test_a_cursor_reads_what_it_writes(epoch: str, pos: int) -> None:
    assert Cursor.parse(str(Cursor(epoch, pos))) == Cursor(epoch, pos)


@given(st.text())
def test_no_text_is_too_strange_for_a_cursor(given_text: str) -> None:
    cursor = Cursor.parse(given_text)
    assert cursor is None or cursor.pos >= 0


@pytest.mark.parametrize(
    ("cursor", "verdict"),
    [
        ("e.4", Cursor("e", 4)),
        ("e.9", Cursor("e", 9)),
        ("e.3", ResetReason.TOO_OLD),
        ("e.10", ResetReason.AHEAD),
        ("f.5", ResetReason.EPOCH),
        ("", ResetReason.EPOCH),
        ("e", ResetReason.EPOCH),
        ("e.-5", ResetReason.EPOCH),
        ("e.5x", ResetReason.EPOCH),
        ("e.²", ResetReason.EPOCH),
        (f"e.{10**18}", ResetReason.EPOCH),
    ],
)
def test_bounds_judge_cursors(cursor: str, verdict: Cursor | ResetReason) -> None:
    assert Bounds("e", floor=4, head=9).judge(cursor) == verdict


async def age(database: Database, up_to: int) -> None:
    """Let the first events be older than the feed reaches back."""
    statement = "UPDATE event SET at = at - interval '73 hours' WHERE pos <= :pos"
    async with database.transaction() as session:
        await session.execute(text(statement), {"pos": up_to})


async def test_the_floor_is_the_last_position_that_is_too_old(
    database: Database, team: Team, writer: Writer
) -> None:
    reader = FeedReader(database)
    await writer.steps(13)
    for old in (0, 1, 2, 5, 12, 13):
        await age(database, old)
        bounds = await reader.bounds(team.workspace_id)
        assert (bounds.floor, bounds.head) == (old, 13)


async def test_an_empty_log_has_bounds(database: Database, team: Team) -> None:
    bounds = await FeedReader(database).bounds(team.workspace_id)
    assert (bounds.floor, bounds.head) == (0, 0)


async def test_cursors_that_do_not_hold_start_from_a_snapshot(
    run_node: RunNode, sign_in: Connect, writer: Writer, database: Database
) -> None:
    await writer.steps(20)
    await age(database, 10)
    client = await sign_in(await run_node())
    assert client.welcome["floor"] == 10
    fresh = await client.subscribe()
    epoch = client.welcome["epoch"]
    cursors = {
        f"{epoch}.9": ["too_old"],
        f"{epoch}.21": ["ahead"],
        f"{epoch}x.15": ["epoch"],
        "15": ["epoch"],
        f"{epoch}.20": [],
    }
    for cursor, resets in cursors.items():
        follower = await client.subscribe(cursor, cursor=cursor)
        assert follower.resets == resets
        assert follower.state == (fresh.state if resets else {})
        assert follower.pos == 20
    last = await writer.step()
    for follower in client.followers.values():
        await client.follow_until(follower, last)
    resumed = await client.subscribe("floor", cursor=f"{epoch}.10")
    await client.follow_until(resumed, last)
    assert [event["pos"] for event in resumed.seen] == list(range(11, 22))


async def test_another_epoch_resets_whoever_is_connected(
    run_node: RunNode, sign_in: Connect, writer: Writer, database: Database
) -> None:
    client = await sign_in(await run_node())
    follower = await client.subscribe()
    await client.follow_until(follower, (await writer.steps(5))[-1])
    async with database.transaction() as session:
        await session.execute(text("DELETE FROM event WHERE pos > 2"))
        await session.execute(text("UPDATE feed_head SET epoch = 'restored', pos = 2"))
    await client.expect("reset")
    await client.expect("snap")
    assert follower.cursor == "restored.2"
    await client.follow_until(follower, await writer.step())
    fresh = await client.subscribe("fresh")
    assert fresh.resets == ["epoch"]
    assert fresh.state == follower.state
