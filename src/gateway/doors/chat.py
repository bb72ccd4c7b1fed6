"""The chat door: a visitor's websocket, resumable, with the agents' answers on the same line.

Answers are not pushed: the socket reads its conversation after its own cursor whenever the hub
says that it may have changed, in whichever process it is.
"""

import asyncio
import hashlib
import secrets
from contextlib import suppress

import structlog
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketDisconnected

from channels.chat import Hello, InvalidFrame, decode, identity_of, is_proven
from channels.contract import Sender
from gateway.composition import Gateway
from gateway.configuration import ConfiguredChannel
from gateway.database.connections import is_database_away
from gateway.doors.exchange import client_of
from gateway.doors.visit import Visit, Visitor

log = structlog.get_logger(__name__)

HELLO_TIMEOUT_S = 10
TRY_AGAIN_LATER = 1013  # of the registry that RFC 6455 began
UNKNOWN_CHANNEL = 4404
POLICY = 4500
UNPROVEN = 4501

TOKEN_PREFIX = "vt_"  # noqa: S105 - the beginning of a token, not one
TOKEN_LENGTH = len(TOKEN_PREFIX) + 43


def new_token() -> str:
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def visitor_of(token: str) -> str:
    """The visitor's address is a digest of its token: whoever holds the token is the visitor.

    The token itself is kept nowhere.
    """
    return "v_" + hashlib.sha256(token.encode()).hexdigest()[:32]


class ChatDoor:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

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
            if hello is None:
                return
            if hello.user and not is_proven(hello, _identity_secret(channel)):
                await socket.close(UNPROVEN, "the hash does not prove this user")
                return
            await self._receive_visit(channel, socket, hello)

    async def _receive_visit(
        self, channel: ConfiguredChannel, socket: WebSocket, hello: Hello
    ) -> None:
        visitor = _visitor(hello, client_of(socket.scope, self._gateway.settings.proxies))
        try:
            await Visit(self._gateway, channel, socket, visitor, hello, self._limiter).run()
        except Exception as error:
            if not is_database_away(error):
                raise
            await socket.close(TRY_AGAIN_LATER, "the database is away")


def _identity_secret(channel: ConfiguredChannel) -> str:
    return channel.config.secrets.get("identity_secret", "")


def _visitor(hello: Hello, client: str) -> Visitor:
    """The user whom the page vouches for, else whoever holds the token."""
    known = hello.token if hello.token and _is_token(hello.token) else None
    token = known or new_token()
    who = identity_of(hello.user) if hello.user else Sender("visitor", visitor_of(token))
    return Visitor(token, who, client)


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


def _is_token(text: str) -> bool:
    return text.startswith(TOKEN_PREFIX) and len(text) == TOKEN_LENGTH
