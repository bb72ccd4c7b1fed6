"""The web application, built from a gateway's parts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from gateway import problems
from gateway.api import conversations, health
from gateway.composition import Gateway
from gateway.doors.chat import ChatDoor
from gateway.doors.http import HttpDoors

DESCRIPTION = """\
Customers write by email, SMS, web form and live chat; every message becomes part of one
conversation, is routed by rules that explain themselves, and is answered over the same channel.

Errors are problem documents (RFC 9457). Calls carry `Authorization: Bearer` with an API key or an
agent's token. Agents follow what happens over the websocket `/feed`, visitors chat at
`/chat/{key}`.
"""
ROUTERS = (conversations.router, health.router)


def create_app(gateway: Gateway) -> FastAPI:
    """The doors come first: they are the hottest routes, and routes are tried in order."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with gateway.serving():
            yield

    app = FastAPI(title="Sportello", version="0.1.0", description=DESCRIPTION, lifespan=lifespan)
    app.state.gateway = gateway
    problems.install(app)
    doors = HttpDoors(
        gateway.intake,
        gateway.configuration,
        gateway.callers,
        max_bytes=gateway.settings.max_payload_bytes,
        public_url=gateway.settings.public_url,
    )
    app.router.routes[:0] = [*doors.routes(), gateway.feed.route(), ChatDoor(gateway).route()]
    for router in ROUTERS:
        app.include_router(router)
    return app
