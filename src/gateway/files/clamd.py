"""A virus scanner that speaks clamd's protocol (clamd(8), INSTREAM).

A chunk is its length in four bytes, highest first, and its bytes; one of no bytes ends the stream.
The answer is `stream: OK`, `stream: <name> FOUND`, or ends in `ERROR`, and a NUL.
"""

import asyncio
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from channels.text import one_line

CHUNK = 64 * 1024
MAX_ANSWER = 4_096
CONNECT_TIMEOUT_S = 5.0
SCAN_TIMEOUT_S = 120.0
PORT = 3310

_LENGTH = struct.Struct(">I")


class ScannerAway(Exception):  # noqa: N818 - says what is the case
    """The scanner gave no answer: it says nothing about the file."""


class Verdict(NamedTuple):
    """`detail` names the virus, or says what kept the scanner from looking.

    `error` may pass; `failed` will not, since the file is too large for the scanner.
    """

    state: Literal["clean", "infected", "failed", "error"]
    detail: str | None = None


class Clamd:
    """The scanner at `tcp://host:port` or `unix:///path`."""

    def __init__(self, address: str) -> None:
        self._address = urlsplit(address)

    async def scan(self, content: bytes) -> Verdict:
        """Have bytes scanned.

        Raises:
            ScannerAway: it cannot be reached, or does not answer.
        """
        try:
            async with asyncio.timeout(SCAN_TIMEOUT_S), self._connection() as (reader, writer):
                answer = await _exchange(reader, writer, content)
        except (OSError, TimeoutError, EOFError) as error:
            raise ScannerAway(type(error).__name__) from error
        return _verdict(answer)

    @asynccontextmanager
    async def _connection(
        self,
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        where = self._address
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            if where.scheme == "unix":
                reader, writer = await asyncio.open_unix_connection(where.path)
            else:
                reader, writer = await asyncio.open_connection(where.hostname, where.port or PORT)
        try:
            yield reader, writer
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, content: bytes
) -> str:
    """Listen while sending: a scanner that has had enough says so and hangs up."""
    answering = asyncio.create_task(_answer(reader))
    try:
        with suppress(ConnectionError):
            writer.write(b"zINSTREAM\0")
            for chunk in _chunks(content):
                if answering.done():
                    break
                writer.write(_LENGTH.pack(len(chunk)) + chunk)
                await writer.drain()
        return await answering
    finally:
        answering.cancel()


def _chunks(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), CHUNK):
        yield content[start : start + CHUNK]
    yield b""


async def _answer(reader: asyncio.StreamReader) -> str:
    answer = b""
    while b"\0" not in answer and len(answer) < MAX_ANSWER and (more := await reader.read(1_024)):
        answer += more
    if not answer:
        raise EOFError
    return one_line(answer.partition(b"\0")[0].decode(errors="replace"), 300)


def _verdict(answer: str) -> Verdict:
    said = answer.removeprefix("stream: ")
    if said == "OK":
        return Verdict("clean")
    if said.endswith(" FOUND"):
        return Verdict("infected", said.removesuffix(" FOUND"))
    if "size limit exceeded" in said:
        return Verdict("failed", "the file is larger than the scanner's StreamMaxLength")
    return Verdict("error", said)
