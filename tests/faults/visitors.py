"""Visitors of a page with a live chat, who connect again until every message is acknowledged."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from random import Random
from typing import Any

import orjson
from tests.faults.ledger import PATIENCE, Ledger
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

LOST = (WebSocketException, OSError, EOFError)
LONGEST_PAUSE_S = 0.3
OPEN_LIMIT_S = 5.0
ACK_LIMIT_S = 5.0
HANGS_UP = 0.1


class Visitor:
    """Keeps its token and its place over connections, each to one of `urls`.

    `read` are the agents' answers, in order.
    """

    def __init__(self, name: str, urls: Sequence[str], ledger: Ledger, chance: Random) -> None:
        self.read: list[str] = []
        self.is_settled = False
        self._name = name
        self._urls = urls
        self._ledger = ledger
        self._chance = chance
        self._token: str | None = None
        self._conversation: str | None = None
        self._seq = 0
        self._number = 0
        self._waiting: str | None = None

    async def chat(self, closing: asyncio.Event) -> None:
        """Write until `closing`, then only read, until cancelled."""
        while True:
            with suppress(*LOST):
                url = self._chance.choice(self._urls)
                async with connect(url, open_timeout=OPEN_LIMIT_S, proxy=None) as socket:
                    await self._greet(socket)
                    await self._converse(socket, closing)
            await asyncio.sleep(self._chance.uniform(0, LONGEST_PAUSE_S))

    async def _greet(self, socket: ClientConnection) -> None:
        hello = {"t": "hello", "v": 1, "token": self._token, "conversation": self._conversation}
        await _send(socket, **hello, after=self._seq)
        welcome = await _receive(socket)
        assert welcome["t"] == "welcome", welcome
        self._token = welcome["token"]
        await _send(socket, t="seen", seq=self._seq)

    async def _converse(self, socket: ClientConnection, closing: asyncio.Event) -> None:
        while not closing.is_set() or self._waiting is not None:
            marker = self._waiting or self._compose()
            await _send(socket, t="message", id=marker, text=marker)
            if self._chance.random() < HANGS_UP:
                return
            async with asyncio.timeout(ACK_LIMIT_S):
                while self._waiting is not None and await self._take(socket):
                    pass
            await self._linger(socket)
        self.is_settled = True
        while True:
            await self._take(socket)

    def _compose(self) -> str:
        self._number += 1
        self._waiting = f"{self._name}-{self._number}"
        self._ledger.hand_in(self._waiting, self._name)
        return self._waiting

    async def _linger(self, socket: ClientConnection) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._chance.uniform(0, LONGEST_PAUSE_S)):
                while True:
                    await self._take(socket)

    async def _take(self, socket: ClientConnection) -> bool:
        """Take one frame; False if the message has to be sent again."""
        frame = await _receive(socket)
        match frame["t"]:
            case "ack":
                self._acknowledged(frame)
            case "message":
                await self._hear(socket, frame)
            case "ping":
                await _send(socket, t="pong")
            case "agent":
                assert frame["state"] in {"joined", "left"}, frame
            case _:
                assert frame["t"] == "err", frame
                assert frame["code"] == "try_again", frame
                return False
        return True

    def _acknowledged(self, frame: dict[str, Any]) -> None:
        self._ledger.take(frame["id"], frame["message"])
        if frame["id"] == self._waiting:
            self._waiting = None

    async def _hear(self, socket: ClientConnection, frame: dict[str, Any]) -> None:
        if frame["conversation"] == self._conversation:
            assert frame["seq"] > self._seq, "a message came twice or late"
        self._conversation, self._seq = frame["conversation"], frame["seq"]
        if frame["direction"] == "outbound":
            self.read.append(frame["text"])
        await _send(socket, t="seen", seq=self._seq)


async def _send(socket: ClientConnection, **frame: Any) -> None:
    await socket.send(orjson.dumps(frame).decode())


async def _receive(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE):
        frame: dict[str, Any] = orjson.loads(await socket.recv())
    return frame
