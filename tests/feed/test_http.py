"""The feed by long poll and as Server-Sent Events: the same frames, the same guarantees."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson
from tests.feed.feed_client import Follower, check
from tests.house import House, bearer

JSON = dict[str, Any]


async def poll(house: House, **query: Any) -> JSON:
    answer: JSON = await house.get("/feed", house.team.agent, **query)
    for frame in answer["frames"]:
        check(frame, "send")
    return answer


@asynccontextmanager
async def streaming(house: House, **options: Any) -> AsyncIterator[AsyncIterator[tuple[str, JSON]]]:
    """The ids and frames of an event stream."""
    headers = bearer(house.team.agent) | {"Accept": "text/event-stream"}
    headers |= options.pop("headers", {})
    async with house.http.stream("GET", "/feed", headers=headers, params=options) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        yield events_of(response)


async def events_of(response: httpx.Response) -> AsyncIterator[tuple[str, JSON]]:
    id_ = ""
    async for line in response.aiter_lines():
        name, _, value = line.partition(": ")
        if name == "id":
            id_ = value
        elif name == "data":
            frame = orjson.loads(value)
            check(frame, "send")
            yield id_, frame


async def test_polls_chain_to_the_state_of_a_fresh_snapshot(house: House) -> None:
    first = await poll(house)
    follower = Follower("")
    for frame in first["frames"]:
        follower.apply(frame)
    cursor = first["cursor"]
    for number in range(3):
        await house.post_form(email=f"{number}@example.com")
        [fresh] = (await poll(house))["frames"]
        while follower.pos < fresh["at"]:
            answer = await poll(house, cursor=cursor)
            assert answer["frames"][0]["t"] == "resumed"
            for frame in answer["frames"]:
                follower.apply(frame)
            cursor = answer["cursor"]
            assert cursor.endswith(f".{follower.pos}")
    assert follower.state == {item["id"]: item for item in fresh["items"]}
    assert len(follower.state) == 3


async def test_a_poll_waits_for_what_comes(house: House) -> None:
    cursor = (await poll(house))["cursor"]
    nothing = await poll(house, cursor=cursor, wait=0)
    assert [frame["t"] for frame in nothing["frames"]] == ["resumed"]
    waiting = asyncio.create_task(poll(house, cursor=cursor, wait=60))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await house.post_form()
    resumed, *events = (await waiting)["frames"]
    assert resumed["t"] == "resumed"
    assert events


async def test_a_poll_of_a_view_moves_on_past_what_it_is_not_shown(house: House) -> None:
    second = {"queues": [str(house.team.second_level)]}
    cursor = (await poll(house, **second))["cursor"]
    await house.post_form()
    [fresh] = (await poll(house))["frames"]
    while not cursor.endswith(f".{fresh['at']}"):
        answer = await poll(house, cursor=cursor, wait=0, **second)
        assert [frame["t"] for frame in answer["frames"]] == ["resumed"]
        cursor = answer["cursor"]


async def test_cursors_that_do_not_hold_are_reset(house: House) -> None:
    answer = await poll(house, cursor="nonsense")
    assert [frame["t"] for frame in answer["frames"]] == ["reset", "snap"]
    assert answer["frames"][0]["reason"] == "epoch"


async def test_a_stream_goes_on_where_another_ended(house: House) -> None:
    async with streaming(house) as events:
        id_, snapshot = await anext(events)
        assert (snapshot["t"], id_.rpartition(".")[2]) == ("snap", "0")
        await house.post_form(email="a@example.com")
        id_, first = await anext(events)
        last = first.get("items", [first])[-1]["pos"]
        assert id_.endswith(f".{last}")
    await house.post_form(email="b@example.com")
    async with streaming(house, headers={"Last-Event-ID": id_}) as events:
        again, resumed = await anext(events)
        assert (again, resumed["t"]) == (id_, "resumed")
        _, second = await anext(events)
        assert second.get("items", [second])[0]["prev"] == last


async def test_a_stream_ends_with_its_token(house: House) -> None:
    async with streaming(house) as events:
        await anext(events)
        [token] = await house.get(f"/v1/agents/{house.team.agent_id}/tokens")
        await house.http.delete(f"/v1/tokens/{token['id']}", headers=bearer(house.team.admin))
        frames = [frame async for _, frame in events]
    assert [frame["t"] for frame in frames] == ["err", "bye"]
    assert frames[1]["code"] == 4501


async def test_mistakes_are_told_before_anything_is_sent(house: House) -> None:
    for query in ({"wait": 61}, {"queues": "x"}, {"nonsense": 1}, {"types": "x"}):
        response = await house.http.get("/feed", params=query, headers=bearer(house.team.agent))
        assert response.status_code == 422
    mine = {"assigned_to_me": True}
    response = await house.http.get("/feed", params=mine, headers=bearer(house.team.admin))
    assert response.status_code == 422
    assert (await house.http.get("/feed")).status_code == 401
