"""Who is there: the first frame of a socket, and a token that takes the place of another."""

import asyncio

from gateway.access.tickets import PREFIX, redeem
from gateway.access.tokens import Principal, Role, authenticate
from gateway.database.connections import Database
from gateway.feed.client_frames import Hello
from gateway.feed.closing import Close, CloseCode
from gateway.feed.server_frames import VERSION
from gateway.feed.token_watch import refusal_of
from gateway.feed.wire import Wire


async def greet(wire: Wire, database: Database, timeout_s: float) -> Principal:
    """The caller that `hello` names; raises `Close` where there is none that may follow."""
    hello = await receive_hello(wire, timeout_s)
    if hello.v != VERSION:
        raise Close(CloseCode.VERSION, f"this server speaks version {VERSION}")
    return await admitted(database, hello.token)


async def admitted(database: Database, secret: str) -> Principal:
    """The caller behind a token or ticket; raises `Close` where there is none that may follow."""
    async with database.transaction() as session:
        if secret.startswith(PREFIX):
            principal = await redeem(session, secret)
        else:
            principal = await authenticate(session, secret)
        refusal = None if principal else await refusal_of(session, secret)
    if principal is None:
        raise refusal or Close(CloseCode.AUTH)
    if principal.role is Role.PROVIDER:
        raise Close(CloseCode.AUTH, "a provider's key does not open the feed")
    return principal


async def receive_hello(wire: Wire, timeout_s: float) -> Hello:
    try:
        async with asyncio.timeout(timeout_s):
            frame = await wire.receive()
    except TimeoutError:
        raise Close(CloseCode.AUTH, f"no hello within {timeout_s:g} s") from None
    if not isinstance(frame, Hello):
        raise Close(CloseCode.PROTOCOL, "the first frame must be a complete hello")
    return frame
