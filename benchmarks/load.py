"""A load generator that costs little: raw HTTP/1.1 over kept connections, closed loop or paced.

Runs as a process of its own (`python -m benchmarks.load`), prints one JSON line.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Iterator
from typing import cast

import uvloop

WORDS = "Hello, my invoice is wrong and I would like to have it corrected soon, please. "
DUPLICATES_EVERY = 50  # 2 %


def requests(path: str, number: int, seed: str) -> Iterator[bytes]:
    """Submissions of 1 KB, each by a new customer but for the repeated ones."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        "Content-Length: "
    ).encode()
    for n in range(number):
        customer = n - 1 if n and n % DUPLICATES_EVERY == 0 else n
        body = json.dumps(
            {
                "email": f"customer-{seed}-{customer}@example.com",
                "name": "Ann Customer",
                "subject": "About my order",
                "message": WORDS * 12,
                "submission_id": f"{seed}-{customer}",
                "tier": "gold" if n % 3 else "silver",
            }
        ).encode()
        yield head + str(len(body)).encode() + b"\r\n\r\n" + body


class Client(asyncio.Protocol):
    """One connection: the next request when the answer is there and, if paced, it is time."""

    def __init__(
        self, source: Iterator[bytes], pause_s: float, due: float, ended: "asyncio.Future[None]"
    ) -> None:
        self._source = source
        self._pause_s = pause_s
        self._due = due
        self._ended = ended
        self._buffer = b""
        self.latencies: list[float] = []
        self.failures = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._wait()

    def _wait(self) -> None:
        wait = self._due - time.perf_counter()
        if self._pause_s and wait > 0:
            asyncio.get_running_loop().call_later(wait, self._next)
        else:
            self._next()

    def _next(self) -> None:
        request = next(self._source, None)
        if request is None:
            self._transport.close()
            self._ended.set_result(None)
            return
        self._began = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._buffer[:end].lower()
        length = int(head[head.index(b"content-length:") + 15 :].split(b"\r\n", 1)[0])
        if len(self._buffer) < end + 4 + length:
            return
        self.failures += not self._buffer.startswith(b"HTTP/1.1 20")
        self._buffer = b""
        self.latencies.append(time.perf_counter() - self._began)
        self._due += self._pause_s
        self._wait()


async def run(port: int, path: str, number: int, clients: int, rate: float, seed: str) -> None:
    source = requests(path, number, seed)
    loop = asyncio.get_running_loop()
    pause_s = clients / rate if rate else 0.0
    began = time.perf_counter()
    opened = []
    for nth in range(clients):
        ended = loop.create_future()
        due = began + pause_s * nth / clients  # evenly, not all at once
        client = Client(source, pause_s, due, ended)
        await loop.create_connection(lambda client=client: client, "127.0.0.1", port)  # type: ignore[misc]
        opened.append((client, ended))
    await asyncio.gather(*(ended for _, ended in opened))
    seconds = time.perf_counter() - began
    latencies = sorted(latency for client, _ in opened for latency in client.latencies)
    document = {
        "rate": len(latencies) / seconds,
        "p50_s": latencies[len(latencies) // 2],
        "p99_s": latencies[len(latencies) * 99 // 100],
        "failures": sum(client.failures for client, _ in opened),
    }
    print(json.dumps(document))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", required=True)
    parser.add_argument("--number", type=int, required=True)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--rate", type=float, default=0.0)
    parser.add_argument("--seed", required=True)
    given = parser.parse_args()
    uvloop.run(run(given.port, given.path, given.number, given.clients, given.rate, given.seed))


if __name__ == "__main__":
    main()
