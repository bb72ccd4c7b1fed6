"""A server that speaks clamd's protocol, as clamd(8) tells it, and knows one virus."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class ClamdServer:
    """Scans streams. `answers`, first in first out, are given in place of the truth."""

    def __init__(self, max_bytes: int = 100_000) -> None:
        self._max_bytes = max_bytes
        self.answers: list[bytes] = []
        self.scanned: list[bytes] = []
        self.address = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
            writer.write(await self._answer(reader))
            await writer.drain()
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> bytes:
        content = b""
        while length := int.from_bytes(await reader.readexactly(4), "big"):
            if len(content) + length > self._max_bytes:
                return b"INSTREAM size limit exceeded. ERROR\0"
            content += await reader.readexactly(length)
        self.scanned.append(content)
        if self.answers:
            return self.answers.pop(0)
        return b"stream: Eicar-Signature FOUND\0" if EICAR in content else b"stream: OK\0"


@asynccontextmanager
async def clamd(socket: Path | None = None) -> AsyncIterator[ClamdServer]:
    """On a free TCP port, or on a socket."""
    scanner = ClamdServer()
    if socket is not None:
        server = await asyncio.start_unix_server(scanner.serve, socket)
        scanner.address = f"unix://{socket}"
    else:
        server = await asyncio.start_server(scanner.serve, "127.0.0.1", 0)
        scanner.address = f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield scanner
