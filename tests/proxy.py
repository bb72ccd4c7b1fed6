"""A way to the server that can be cut: by the number of bytes, or at what the client asks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Proxy:
    """Passes on until `most_bytes` came from the server, or the client sends `forbidden`."""

    server_port: int
    port: int = 0
    most_bytes: int | None = None
    forbidden: bytes | None = None
    cuts: int = 0
    most_at_once: int = 0
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        self.most_at_once = max(self.most_at_once, len(self._open))
        try:
            server_reader, server_writer = await asyncio.open_connection(
                "127.0.0.1", self.server_port
            )
        except OSError:
            self._end(writer)
            return
        ways = [self._up(reader, server_writer), self._down(server_reader, writer)]
        tasks = [asyncio.create_task(way) for way in ways]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        server_writer.close()
        self._end(writer)

    def cut(self) -> None:
        """End all that is open now, amid whatever is on its way."""
        self.cuts += 1
        for writer in list(self._open):
            writer.transport.abort()

    def _end(self, writer: asyncio.StreamWriter) -> None:
        writer.close()
        self._open.discard(writer)

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            if self.forbidden is not None and self.forbidden in data:
                self.cuts += 1
                return
            writer.write(data)

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        passed = 0
        while data := await reader.read(65_536):
            writer.write(data)
            with suppress(ConnectionError):
                await writer.drain()
            passed += len(data)
            if self.most_bytes is not None and passed > self.most_bytes:
                self.cuts += 1
                return


@asynccontextmanager
async def proxy(server_port: int) -> AsyncIterator[Proxy]:
    way = Proxy(server_port)
    server = await asyncio.start_server(way._serve, "127.0.0.1", 0)
    way.port = server.sockets[0].getsockname()[1]
    async with server:
        yield way
