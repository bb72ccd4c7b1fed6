"""Runs the web application: uvicorn in our own loop, with a farewell to the feed's clients."""

import asyncio
import gc
import signal
from collections.abc import Generator
from contextlib import contextmanager
from socket import socket

import uvicorn

from gateway.app import create_app
from gateway.composition import Gateway
from gateway.websocket_protocol import FramedWebSocket

SHUTDOWN_S = 10

COLLECTED_AFTER = (50_000, 20, 20)
"""A batch makes thousands of objects that reference counts free: few look for cycles is enough."""


class Server(uvicorn.Server):
    """uvicorn, ended by `stop`, which leaves time for what comes after it."""

    def __init__(self, gateway: Gateway) -> None:
        settings = gateway.settings
        config = uvicorn.Config(
            create_app(gateway),
            host=settings.host,
            port=settings.port,
            loop="none",
            http="httptools",
            ws=FramedWebSocket,
            ws_per_message_deflate=False,  # costs half the fan-out and 25 KB a socket
            ws_ping_interval=None,  # feed and chat have pings of their own
            ws_max_size=settings.max_payload_bytes,
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=SHUTDOWN_S,
        )
        super().__init__(config)
        self._gateway = gateway
        self.opened = asyncio.Event()

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        gc.collect()
        gc.freeze()  # modules, routes and rules live as long as the process
        gc.set_threshold(*COLLECTED_AFTER)
        if self.started:
            self.opened.set()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to the command line: the embedded database must outlive the server."""
        yield

    def stop(self) -> None:
        self.should_exit = True

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        await self._gateway.feed.drain()
        await super().shutdown(sockets)

    @property
    def url(self) -> str:
        """Where it listens, once it does."""
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        return f"http://{host}:{port}"


def on_stop_signal(stop: "asyncio.Future[None]") -> None:
    """Resolve `stop` on SIGINT or SIGTERM; a second signal is left to the default."""
    loop = asyncio.get_running_loop()

    def handle(number: int) -> None:
        loop.remove_signal_handler(number)
        if not stop.done():
            stop.set_result(None)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, handle, number)
