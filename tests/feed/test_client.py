"""The client library: what it makes of frames, and that no fault parts it from the truth."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from tests.feed.conftest import Node, RunNode, node, token_of
from tests.feed.history import Team, Writer
from tests.feed.test_guarantees import terminate
from tests.proxy import Proxy, proxy

from gateway.client import Feed, FeedClosed, Following, View
from gateway.client.backoff import Backoff
from gateway.client.view import Gap
from gateway.database.connections import Database

JSON = dict[str, Any]

QUICK = Backoff(first_s=0.02, longest_s=0.1)


def event(pos: int, prev: int, entity: str = "a", **more: Any) -> JSON:
    fields = {"type": "message.noted", "ver": pos, "data": {"conversation": {"pos": pos}}}
    return {"t": "ev", "pos": pos, "prev": prev, "entity": entity, **fields, **more}


def whole(items: list[JSON], at: int) -> View:
    view = View()
    view.epoch = "e"
    list(view.apply({"t": "snap", "part": 0, "last": True, "at": at, "items": items}))
    return view


@given(repeats=st.lists(st.integers(1, 6), max_size=20))
def test_what_comes_twice_counts_once(repeats: list[int]) -> None:
    once, again = whole([], 0), whole([], 0)
    events = [event(pos, pos - 1) for pos in range(1, 7)]
    for each in events:
        list(once.apply(each))
    for each in events:
        list(again.apply(each))
        for pos in repeats:
            if pos <= again.pos:
                assert list(again.apply(events[pos - 1])) == []
    assert again.items == once.items
    assert again.cursor == once.cursor == "e.6"


def test_what_is_missing_is_noticed_and_nothing_after_it_applied() -> None:
    view = whole([{"id": "a", "ver": 1}], 1)
    with pytest.raises(Gap):
        list(view.apply({"t": "evs", "items": [event(2, 1), event(4, 3)]}))
    assert (view.pos, view.items["a"]["pos"]) == (2, 2)
    with pytest.raises(Gap):
        list(view.apply({"t": "mark", "pos": 9, "prev": 8}))
    list(view.apply({"t": "mark", "pos": 9, "prev": 2}))
    assert view.cursor == "e.9"


def test_older_versions_change_nothing_and_goners_go() -> None:
    view = whole([{"id": "a", "ver": 5}, {"id": "b", "ver": 1}], 0)
    list(view.apply(event(1, 0, ver=5)))
    assert view.items["a"] == {"id": "a", "ver": 5}
    list(view.apply(event(2, 1, "b", type="left_view", data={})))
    list(view.apply(event(3, 2, data={"conversation": {"status": "closed"}})))
    assert view.items == {}


def test_a_snapshot_counts_when_it_is_whole() -> None:
    view = whole([{"id": "a", "ver": 1}], 3)
    list(view.apply({"t": "reset", "reason": "lag", "cursor": "f.7"}))
    first, second = (
        {"t": "snap", "part": n, "last": n, "at": 7, "items": [{"id": str(n)}]} for n in (0, 1)
    )
    assert list(view.apply(first)) == []
    assert not view.is_whole
    assert set(view.items) == {"a"}
    [change] = view.apply(second)
    assert change.type == "reset"
    assert view.cursor == "f.7"
    assert set(view.items) == {"0", "1"}


def test_pauses_grow_to_a_bound_and_begin_anew() -> None:
    backoff = Backoff(first_s=1, longest_s=4)
    bounds = [max(backoff.next_s() for _ in range(1)) <= bound for bound in (1, 2, 4, 4)]
    assert all(bounds)
    assert backoff.next_s(1_500) == 1.5
    backoff.succeeded()
    assert backoff.next_s() <= 1


@asynccontextmanager
async def feed_through(way: Proxy, token: str) -> AsyncIterator[Feed]:
    async with Feed(f"ws://127.0.0.1:{way.port}/feed", token, backoff=QUICK, proxy=None) as feed:
        yield feed


def port_of(serving: Node) -> int:
    return int(serving.url.rpartition(":")[2].partition("/")[0])


async def test_ten_lines_are_enough_for_an_interface(
    run_node: RunNode, writer: Writer, database: Database, team: Team
) -> None:
    await writer.open("first")
    token = await token_of(database, team)
    lines: list[str] = []
    async with Feed((await run_node()).url, token, proxy=None) as feed:
        everything = feed.follow()
        async for change in everything:
            lines.append(f"{change.type}: {len(everything.items)}")
            if len(lines) == 1:
                await writer.open("second")
            if len(lines) == 2:
                break
    assert lines == ["reset: 1", "conversation.opened: 2"]


async def test_a_refusal_for_good_ends_what_waits(run_node: RunNode, team: Team) -> None:
    async with Feed((await run_node()).url, "st_unknown", proxy=None) as feed:
        view = feed.follow()
        with pytest.raises(FeedClosed, match="unknown") as refusal:
            await view.reached(1)
    assert refusal.value.code == 4501


async def test_a_gap_on_the_wire_is_mended(
    run_node: RunNode, writer: Writer, database: Database, team: Team
) -> None:
    async with Feed(
        (await run_node()).url, await token_of(database, team), backoff=QUICK, proxy=None
    ) as feed:
        view = feed.follow()
        await view.reached(await writer.step())
        view.pos -= 1  # as if the last had not come
        await writer.step()
        await view.reached(await writer.step())
        assert feed.gaps == 1
        await is_the_truth(feed, view)


async def is_the_truth(feed: Feed, view: Following) -> None:
    """Its state is that of a fresh snapshot of the same view."""
    fresh = feed.follow(**view.chosen)
    await fresh.reached(view.pos)
    await view.reached(fresh.pos)
    assert view.items == fresh.items


@pytest.mark.faults
@pytest.mark.parametrize("seed", range(int(os.environ.get("SPORTELLO_FAULT_ROUNDS", "1"))))
async def test_no_fault_parts_a_client_from_the_truth(
    run_node: RunNode, database: Database, dsn: str, team: Team, seed: int
) -> None:
    """Lines cut, backends killed, hints lost and repeated, a transaction that does not end."""
    chance = Random(seed)
    mortal = Database(dsn, application="mortal")
    token = await token_of(database, team)
    async with (
        node(mortal) as first,
        node(database, hears=False, poll_interval_s=0.1) as deaf,
        proxy(port_of(first)) as near,
        proxy(port_of(deaf)) as far,
        feed_through(near, token) as one,
        feed_through(far, token) as two,
    ):
        views = [(feed, view) for feed in (one, two) for view in followed(feed, team)]
        blocker = await database.connect()
        await blocker.execute("BEGIN; SELECT txid_current(); SELECT * FROM event LIMIT 1")
        seen = {id(view): watch(view) for _, view in views[:2]}
        enough = asyncio.Event()
        writing = asyncio.create_task(keep_writing(Writer(database, team, seed), enough))
        for _ in range(30):
            await asyncio.sleep(chance.uniform(0.01, 0.08))
            await a_fault(chance, [near.cut, far.cut], first, database)
        enough.set()
        last = await writing
        await blocker.close()
        for _, view in views:
            if not view.chosen:
                await view.reached(last)
        for feed, view in views:
            await is_the_truth(feed, view)
            assert view.resets == []
        assert near.cuts + far.cuts > 3
        assert one.gaps == two.gaps == 0
    await mortal.close()
    for positions in seen.values():
        assert positions == sorted(set(positions)), "nothing comes twice or out of order"


async def keep_writing(writer: Writer, enough: asyncio.Event) -> int:
    """Write until there is enough; the last position."""
    last = await writer.step()
    while not enough.is_set():
        last = await writer.step()
    return last


def followed(feed: Feed, team: Team) -> list[Following]:
    second = str(team.queues[1])
    return [feed.follow(), feed.follow(queues=[second]), feed.follow(assigned_to_me=True)]


async def a_fault(
    chance: Random, cuts: list[Callable[[], None]], serving: Node, database: Database
) -> None:
    match chance.randrange(5):
        case 0 | 1:
            chance.choice(cuts)()
        case 2:
            await terminate(database, "application_name = 'mortal'")
        case 3:
            for _ in range(chance.randrange(5)):
                serving.hub._hint.set()


def watch(view: Following) -> list[int]:
    """The positions of all changes that somebody who iterates is told, from now on."""
    positions: list[int] = []
    apply = view.apply

    def noting(frame: JSON) -> Any:
        for change in apply(frame):
            if change.event is not None:
                positions.append(change.event["pos"])
            yield change

    view.apply = noting  # type: ignore[method-assign]
    return positions


async def test_everybody_comes_back_after_the_log_was_rewound(
    run_node: RunNode, writer: Writer, database: Database, team: Team
) -> None:
    async with Feed(
        (await run_node()).url, await token_of(database, team), backoff=QUICK, proxy=None
    ) as feed:
        view = feed.follow()
        await view.reached((await writer.steps(5))[-1])
        async with database.transaction() as session:
            await session.execute(text("DELETE FROM event WHERE pos > 2"))
            await session.execute(text("UPDATE feed_head SET epoch = 'restored', pos = 2"))
        await view.until(lambda: view.cursor == "restored.2")
        await view.reached(await writer.step())
        assert view.resets == ["epoch"]
        await is_the_truth(feed, view)
