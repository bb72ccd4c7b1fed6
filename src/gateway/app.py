"""The web application, built from a gateway's parts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from gateway import problems
from gateway.composition import Gateway
from gateway.doors.http import HttpDoors

DESCRIPTION = "Async omnichannel messaging gateway: every message becomes part of one conversation."


def create_app(gateway: Gateway) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with gateway.running():
            yield

    app = FastAPI(title="Sportello", description=DESCRIPTION, lifespan=lifespan)
    app.state.gateway = gateway
    problems.install(app)
    doors = HttpDoors(
        gateway.intake,
        gateway.configuration,
        gateway.callers,
        max_bytes=gateway.settings.max_payload_bytes,
        public_url=gateway.settings.public_url,
    )
    app.router.routes[:0] = doors.routes()
    return app
