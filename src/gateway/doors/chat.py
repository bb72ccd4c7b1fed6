"""The chat door: a visitor's websocket, resumable, with the agents' answers on the same line.

Answers are not pushed: the socket reads its conversation after its own cursor whenever the hub
says that it may have changed, in whichever process it is.
"""

import asyncio
import hashlib
import secrets
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy import select
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketDisconnected

from channels.chat import (
    VERSION,
    Ack,
    ClientFrame,
    ClientMessage,
    Err,
    Hello,
    InvalidFrame,
    Ping,
    Seen,
    ServerFrame,
    ServerMessage,
    Welcome,
    decode,
    encode,
)
from channels.contract import Payload
from gateway.composition import Gateway
from gateway.configuration import ConfiguredChannel
from gateway.database.connections import is_database_away
from gateway.database.schema import Agent, Conversation, Identity, Message
from gateway.delivery.acknowledgements import mark_delivered
from gateway.problems import problem_of
from gateway.wakeups import Topic, wait_for

log = structlog.get_logger(__name__)

HELLO_TIMEOUT_S = 10
PING_S = 25
READ_AGAIN_S = 30  # a net behind the hub, and how another tab's new conversation is found
PAGE = 100
TRY_AGAIN_LATER = 1013  # of the registry that RFC 6455 began
UNKNOWN_CHANNEL = 4404
POLICY = 4500

TOKEN_PREFIX = "vt_"  # noqa: S105 - the beginning of a token, not one
TOKEN_LENGTH = len(TOKEN_PREFIX) + 43


def new_token() -> str:
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def visitor_of(token: str) -> str:
    """The visitor's address is a digest of its token: whoever holds the token is the visitor.

    The token itself is kept nowhere.
    """
    return "v_" + hashlib.sha256(token.encode()).hexdigest()[:32]


@dataclass(slots=True)
class Place:
    """How far a visitor has read: `seq` within one conversation."""

    conversation_id: UUID | None
    seq: int


class ChatDoor:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def route(self, path: str = "/chat/{key}") -> WebSocketRoute:
        return WebSocketRoute(path, self._serve)

    async def _serve(self, socket: WebSocket) -> None:
        channel = self._gateway.configuration.channel_by_key(socket.path_params["key"])
        await socket.accept()
        if channel is None or channel.config.kind != "chat":
            await socket.close(UNKNOWN_CHANNEL, "no chat has this key")
            return
        with suppress(WebSocketDisconnect, WebSocketDisconnected):
            hello = await _hello(socket)
            if hello is not None:
                await self._receive_visit(channel, socket, hello)

    async def _receive_visit(
        self, channel: ConfiguredChannel, socket: WebSocket, hello: Hello
    ) -> None:
        try:
            await _Visit(self._gateway, channel, socket, hello).run()
        except Exception as error:
            if not is_database_away(error):
                raise
            await socket.close(TRY_AGAIN_LATER, "the database is away")


async def _hello(socket: WebSocket) -> Hello | None:
    """The first frame; None, with the socket closed, if it is no `hello` in time."""
    try:
        async with asyncio.timeout(HELLO_TIMEOUT_S):
            frame = decode(await socket.receive_text())
        if isinstance(frame, Hello):
            return frame
        reason = "the first frame must be hello"
    except InvalidFrame as error:
        reason = str(error)
    except (TimeoutError, KeyError):
        reason = "the first frame must be a hello in text"
    await socket.close(POLICY, reason[:120])
    return None


class _Visit:
    """One connection of a visitor: what it says goes in, what is new goes out."""

    def __init__(
        self, gateway: Gateway, channel: ConfiguredChannel, socket: WebSocket, hello: Hello
    ) -> None:
        self._gateway = gateway
        self._channel = channel
        self._socket = socket
        known = hello.token if hello.token and _is_token(hello.token) else None
        self._token = known or new_token()
        self._visitor = visitor_of(self._token)
        self._place = Place(_uuid(hello.conversation), hello.after or 0)
        self._changed = asyncio.Event()
        self._watched: UUID | None = None

    async def run(self) -> None:
        await self._welcome()
        tasks = [
            asyncio.create_task(self._listen()),
            asyncio.create_task(self._tell()),
            asyncio.create_task(self._ping()),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _send(self, frame: ServerFrame) -> None:
        await self._socket.send_text(encode(frame))

    async def _welcome(self) -> None:
        place = await self._newest()
        await self._send(
            Welcome(
                v=VERSION,
                token=self._token,
                visitor=self._visitor,
                conversation=str(place.conversation_id) if place.conversation_id else None,
                seq=place.seq,
            )
        )

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(PING_S)
            await self._send(Ping())

    async def _listen(self) -> None:
        while True:
            try:
                frame = decode(await self._socket.receive_text())
            except InvalidFrame as error:
                await self._send(Err(error.code, error.detail))
            except KeyError:
                await self._send(Err("not_text", "frames are text"))
            else:
                await self._take(frame)

    async def _take(self, frame: ClientFrame) -> None:
        match frame:
            case ClientMessage():
                await self._receive(frame)
            case Seen() if self._place.conversation_id is not None:
                await self._mark_seen(self._place.conversation_id, frame.seq)

    async def _receive(self, frame: ClientMessage) -> None:
        """Store a message; `ack` is sent after the commit, `err` if there was none."""
        body = encode(frame).encode()
        try:
            accepted = await self._gateway.intake.receive(
                self._channel, Payload("application/json", body, {"visitor": self._visitor})
            )
        except Exception as error:
            problem = problem_of(error)
            if problem is None:
                raise
            await self._send(Err("try_again", problem.detail, frame.id))
            return
        if accepted.message_id is None:
            await self._send(Err("held", "the message is kept for inspection", frame.id))
            return
        await self._send(
            Ack(
                id=frame.id,
                message=str(accepted.message_id),
                conversation=str(accepted.conversation_id),
                seq=accepted.seq or 0,
                duplicate=accepted.duplicate,
            )
        )
        self._changed.set()

    async def _mark_seen(self, conversation_id: UUID, seq: int) -> None:
        async with self._gateway.database.transaction() as session:
            position = await mark_delivered(
                session, self._channel.workspace_id, conversation_id, min(seq, self._place.seq)
            )
        if position is not None:
            self._gateway.wakeups.notify(Topic.FEED)

    async def _tell(self) -> None:
        """Send what is new, for as long as the socket lives."""
        try:
            while True:
                try:
                    await self._catch_up()
                except Exception as error:
                    if not is_database_away(error):
                        raise
                await wait_for(self._changed, READ_AGAIN_S)
        finally:
            self._watch(None)

    async def _catch_up(self) -> None:
        newest = await self._newest()
        if newest.conversation_id is None:
            return
        if newest.conversation_id != self._place.conversation_id:
            self._place = Place(newest.conversation_id, 0)
        self._watch(newest.conversation_id)
        while messages := await self._unread():
            for message in messages:
                await self._send(message)
                self._place.seq = message.seq

    def _watch(self, conversation_id: UUID | None) -> None:
        """Be woken by this conversation, and no longer by another."""
        if conversation_id == self._watched:
            return
        hub, workspace_id = self._gateway.hub, self._channel.workspace_id
        if self._watched is not None:
            hub.unwatch(workspace_id, self._watched, self._changed)
        if conversation_id is not None:
            hub.watch(workspace_id, conversation_id, self._changed)
            self._changed.set()  # what came between the last reading and the watch
        self._watched = conversation_id

    async def _newest(self) -> Place:
        """The visitor's present conversation, and the `seq` of its newest message."""
        workspace_id = self._channel.workspace_id
        statement = (
            select(Conversation.id, Conversation.message_count)
            .join(
                Identity,
                (Identity.workspace_id == Conversation.workspace_id)
                & (Identity.id == Conversation.identity_id),
            )
            .where(
                Conversation.workspace_id == workspace_id,
                Conversation.channel_id == self._channel.config.id,
                Conversation.status != "closed",
                Identity.space == "visitor",
                Identity.address == self._visitor,
            )
            .order_by(Conversation.last_message_at.desc())
            .limit(1)
        )
        async with self._gateway.database.transaction() as session:
            row = (await session.execute(statement)).first()
        return Place(row.id, row.message_count) if row else Place(None, 0)

    async def _unread(self) -> list[ServerMessage]:
        """The next messages after the cursor; notes are the agents' own."""
        workspace_id = self._channel.workspace_id
        statement = (
            select(Message, Agent.name)
            .outerjoin(
                Agent,
                (Agent.workspace_id == Message.workspace_id) & (Agent.id == Message.agent_id),
            )
            .where(
                Message.workspace_id == workspace_id,
                Message.conversation_id == self._place.conversation_id,
                Message.seq > self._place.seq,
                Message.direction != "note",
            )
            .order_by(Message.seq)
            .limit(PAGE)
        )
        async with self._gateway.database.transaction() as session:
            rows = (await session.execute(statement)).all()
        return [_said(message, author) for message, author in rows]


def _said(message: Message, author: str | None) -> ServerMessage:
    return ServerMessage(
        seq=message.seq,
        id=str(message.id),
        conversation=str(message.conversation_id),
        direction="inbound" if message.direction == "inbound" else "outbound",
        text=message.text,
        at=message.created_at,
        author=author,
    )


def _is_token(text: str) -> bool:
    return text.startswith(TOKEN_PREFIX) and len(text) == TOKEN_LENGTH


def _uuid(text: str | None) -> UUID | None:
    with suppress(ValueError):
        return UUID(text) if text else None
    return None
