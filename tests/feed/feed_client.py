"""An agent's UI in small: checks every frame, keeps the state, counts what it was promised."""

import asyncio
from functools import cache
from typing import Any

import orjson
from jsonschema_rs import Validator, validator_for
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from gateway.feed.asyncapi import description

DESCRIPTION = description()
REMOVALS = ("conversation.erased", "left_view")

State = dict[str, dict[str, Any]]


class Follower:
    """What one subscription has told so far. Fails where the chain of `prev` breaks."""

    def __init__(self, epoch: str, pos: int = 0, state: State | None = None) -> None:
        self.epoch = epoch
        self.pos = pos
        self.state: State = dict(state or {})
        self.seen: list[dict[str, Any]] = []
        self.resets: list[str] = []
        self.is_whole = True

    @property
    def cursor(self) -> str:
        return f"{self.epoch}.{self.pos}"

    def apply(self, frame: dict[str, Any]) -> None:
        match frame["t"]:
            case "reset":
                self.resets.append(frame["reason"])
                self.epoch = frame["cursor"].rpartition(".")[0]
                self.state = {}
                self.is_whole = False
            case "snap":
                self._snap(frame)
            case "mark":
                assert frame["prev"] == self.pos < frame["pos"]
                self.pos = frame["pos"]
            case "ev":
                self._event(frame)
            case "evs":
                assert len(frame["items"]) > 1
                for event in frame["items"]:
                    self._event(event)

    def _snap(self, frame: dict[str, Any]) -> None:
        if frame["part"] == 0:
            self.state = {}
        self.state |= {item["id"]: item for item in frame["items"]}
        self.pos = frame["at"]
        self.is_whole = frame["last"]

    def _event(self, event: dict[str, Any]) -> None:
        assert self.is_whole
        assert event["prev"] == self.pos < event["pos"]
        self.pos = event["pos"]
        self.seen.append(event)
        item = self.state.get(event["entity"], {"id": event["entity"], "ver": 0})
        change = event["data"].get("conversation", {})
        if event["type"] in REMOVALS or change.get("status") == "closed":
            self.state.pop(event["entity"], None)
        elif event["ver"] > item["ver"] and ("channel" in change or event["entity"] in self.state):
            self.state[event["entity"]] = item | change | {"ver": event["ver"]}


class FeedClient:
    """A socket that has been welcomed."""

    def __init__(self, socket: ClientConnection, welcome: dict[str, Any]) -> None:
        self.socket = socket
        self.welcome = welcome
        self.followers: dict[str, Follower] = {}
        self.unacknowledged: set[str] = set()

    async def send(self, **frame: Any) -> None:
        await self.socket.send(orjson.dumps(frame).decode())

    async def receive(self) -> dict[str, Any]:
        """The next frame; follows what subscriptions are told, and answers pings."""
        frame = await receive(self.socket)
        if frame["t"] == "ping":
            await self.send(t="pong")
        if follower := self.followers.get(frame.get("sub", "")):
            follower.apply(frame)
            if frame["t"] in ("ev", "evs") and frame["sub"] not in self.unacknowledged:
                await self.send(t="ack", sub=frame["sub"], pos=follower.pos)
        return frame

    async def expect(self, kind: str) -> dict[str, Any]:
        while (frame := await self.receive())["t"] != kind:
            assert frame["t"] not in ("err", "bye"), frame
        return frame

    async def subscribe(self, name: str = "all", **how: Any) -> Follower:
        """Follow from a snapshot, unless `cursor` says otherwise, until the first answer."""
        follower = self.followers[name] = Follower(self.welcome["epoch"])
        if "cursor" not in how:
            how["snapshot"] = True
        await self.send(t="sub", id=name, **how)
        while (frame := await self.receive())["t"] != "resumed":
            assert frame["t"] not in ("err", "bye"), frame
            if frame["t"] == "snap" and frame["last"]:
                break
        else:
            follower.pos = frame["from"]
        return follower

    async def follow_until(self, follower: Follower, pos: int) -> None:
        async with asyncio.timeout(20):
            while follower.pos < pos:
                await self.receive()


async def receive(socket: ClientConnection) -> dict[str, Any]:
    text = await socket.recv()
    assert isinstance(text, str)
    frame: dict[str, Any] = orjson.loads(text)
    check(frame, "send")
    return frame


def check(frame: dict[str, Any], action: str) -> None:
    """Fails where the frame is not as the AsyncAPI document has those of an operation."""
    assert f"#/channels/feed/messages/{frame['t']}" in {
        message["$ref"] for message in DESCRIPTION["operations"][action]["messages"]
    }
    validator_of(frame["t"]).validate(frame)


@cache
def validator_of(name: str) -> Validator:
    payload = DESCRIPTION["components"]["messages"][name]["payload"]
    return validator_for(payload | {"components": DESCRIPTION["components"]})


async def ending_of(
    socket: ClientConnection, *, pong: bool = False
) -> tuple[int | None, list[dict[str, Any]]]:
    """The close code, and the frames that came before it; `pong`: answer pings meanwhile."""
    frames = []
    try:
        async with asyncio.timeout(20):
            while True:
                frames.append(await receive(socket))
                if pong and frames[-1]["t"] == "ping":
                    await socket.send('{"t":"pong"}')
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None, frames
