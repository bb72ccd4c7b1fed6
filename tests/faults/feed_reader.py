"""A client of the feed that follows through every crash, from where it was."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from random import Random
from typing import Any

import orjson
from tests.faults.visitors import LOST
from tests.feed.feed_client import Follower, receive
from websockets.asyncio.client import ClientConnection, connect

from gateway.feed.closing import CloseCode

LONGEST_STAY_S = 3.0
LONGEST_ABSENCE_S = 0.5
OPEN_LIMIT_S = 5.0


class FeedReader:
    """Follows everything in the workspace, coming and going; a gap in the positions fails it."""

    def __init__(self, urls: Sequence[str], token: str, chance: Random) -> None:
        self.follower: Follower | None = None
        self._urls = urls
        self._token = token
        self._chance = chance

    @property
    def pos(self) -> int:
        return self.follower.pos if self.follower else 0

    async def is_following(self) -> bool:
        return self.follower is not None and self.follower.is_whole

    async def follow(self) -> None:
        """Read until cancelled."""
        while True:
            with suppress(*LOST):
                async with (
                    connect(
                        self._chance.choice(self._urls), open_timeout=OPEN_LIMIT_S, proxy=None
                    ) as socket,
                    asyncio.timeout(self._chance.uniform(0, LONGEST_STAY_S)),
                ):
                    await self._read(socket)
            await asyncio.sleep(self._chance.uniform(0, LONGEST_ABSENCE_S))

    async def _read(self, socket: ClientConnection) -> None:
        await _send(socket, t="hello", token=self._token, v=1, client="faults")
        welcome = await receive(socket)
        if welcome["t"] == "bye" and CloseCode(welcome["code"]).may_reconnect:
            return
        assert welcome["t"] == "welcome", welcome
        follower = self.follower
        if follower is None or not follower.is_whole:
            follower = self.follower = Follower(welcome["epoch"])
            await _send(socket, t="sub", id="all", snapshot=True)
        else:
            await _send(socket, t="sub", id="all", cursor=follower.cursor)
        while True:
            await self._take(socket, follower, await receive(socket))

    async def _take(
        self, socket: ClientConnection, follower: Follower, frame: dict[str, Any]
    ) -> None:
        assert frame["t"] not in ("err", "reset"), frame
        if frame["t"] == "ping":
            await _send(socket, t="pong")
        for event in frame.get("items", [frame]) if frame["t"] in ("ev", "evs") else ():
            assert event["pos"] == event["prev"] + 1, f"positions are missing before {event}"
        follower.apply(frame)
        if frame["t"] in ("ev", "evs"):
            await _send(socket, t="ack", sub="all", pos=follower.pos)


async def _send(socket: ClientConnection, **frame: Any) -> None:
    await socket.send(orjson.dumps(frame).decode())
