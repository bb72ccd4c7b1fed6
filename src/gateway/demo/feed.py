"""An agent's side of the feed: a copy of some conversations, kept up to date by events alone."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect

from gateway.demo.failure import DemoFailed
from gateway.feed.log import EventType
from gateway.feed.server_frames import VERSION

PATIENCE_S = 10
SUBSCRIPTION = "demo"

JSON = dict[str, Any]


class Feed:
    """Follows the workspace from now on, whenever somebody waits for it.

    `items` are the conversations of `addresses`, by id; `on_event` is told of each of their
    events, `seen` are these by conversation and type, `received` has the conversation of every
    customer's message. `events` and `gaps` count over the whole workspace.
    """

    def __init__(self, socket: ClientConnection, on_event: Callable[[JSON, JSON], None]) -> None:
        self._socket = socket
        self._on_event = on_event
        self.addresses: set[str] = set()
        self.items: dict[str, JSON] = {}
        self.received: list[str] = []
        self.seen: set[tuple[str, str]] = set()
        self.pos = 0
        self.events = 0
        self.gaps = 0

    async def begin(self, token: str) -> None:
        """Say hello and follow from the head of the log."""
        await self._send({"t": "hello", "token": token, "v": VERSION, "client": "sportello demo"})
        welcome = await self._receive()
        if welcome["t"] != "welcome":
            raise DemoFailed(f"the feed did not welcome the demo's agent: {welcome}")
        self.pos = welcome["head"]
        cursor = f"{welcome['epoch']}.{self.pos}"
        await self._send({"t": "sub", "id": SUBSCRIPTION, "cursor": cursor})

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Follow until `condition` holds; DemoFailed if it does not within 10 seconds."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not condition():
                    await self._step()
        except TimeoutError:
            raise DemoFailed(f"the feed did not tell of {what} within {PATIENCE_S} s") from None

    async def linger(self, seconds: float) -> None:
        """Follow for a while."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while True:
                    await self._step()

    async def _step(self) -> None:
        frame = await self._receive()
        match frame["t"]:
            case "ping":
                await self._send({"t": "pong"})
            case "ev":
                self._take(frame)
                await self._send({"t": "ack", "sub": SUBSCRIPTION, "pos": self.pos})
            case "evs":
                for event in frame["items"]:
                    self._take(event)
                await self._send({"t": "ack", "sub": SUBSCRIPTION, "pos": self.pos})
            case "err" | "bye":
                raise DemoFailed(f"the feed ended: {frame.get('detail') or frame.get('code')}")

    def _take(self, event: JSON) -> None:
        self.events += 1
        self.gaps += event["prev"] != self.pos
        self.pos = event["pos"]
        change = event["data"].get("conversation", {})
        identity = change.get("identity") or {}
        if event["entity"] not in self.items and identity.get("address") not in self.addresses:
            return
        item = self.items.setdefault(event["entity"], {"id": event["entity"], "ver": 0})
        if event["ver"] > item["ver"]:
            item.update(change, ver=event["ver"])
        self.seen.add((event["entity"], event["type"]))
        if event["type"] == EventType.RECEIVED:
            self.received.append(event["entity"])
        self._on_event(event, item)

    async def _send(self, frame: JSON) -> None:
        await self._socket.send(orjson.dumps(frame).decode())

    async def _receive(self) -> JSON:
        frame: JSON = orjson.loads(await self._socket.recv())
        return frame


@asynccontextmanager
async def following(
    url: str, token: str, on_event: Callable[[JSON, JSON], None]
) -> AsyncIterator[Feed]:
    """Follow the feed of the token's workspace during the block."""
    async with connect(f"{url.replace('http', 'ws', 1)}/feed") as socket:
        feed = Feed(socket, on_event)
        await feed.begin(token)
        yield feed
