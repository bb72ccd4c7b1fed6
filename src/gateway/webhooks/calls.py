"""One call of a receiver: a POST to an address that was checked, and what was answered.

No redirect is followed. Whatever keeps an answer from coming is one and the same `Unreachable`:
who may choose URLs must not learn by them which hosts and ports there are.
"""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

import httpcore
import httpx

from channels.retrying import retry_after_s
from channels.text import clean
from gateway.webhooks.networks import Reach

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 2.0
MAX_ADDRESSES = 4
MAX_READ_BYTES = 16 * 1024
SHOWN_CHARACTERS = 1_000
RESOLVING = 64
KEPT_CONNECTIONS = 100
KEPT_S = 30.0

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host, in the order of preference. Raises OSError where there are none."""

_FAILED = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError)


class Unreachable(Exception):  # noqa: N818 - what it says, whatever the reason
    """No answer was had: `str(error)` is the same for every reason."""

    def __init__(self) -> None:
        super().__init__(
            "the receiver gave no answer: its name must lead to public addresses alone, its "
            "certificate must be valid, and it must answer in time"
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """`text` is what it begins with; never logged, since it may quote what was sent."""

    status: int
    retry_after: float | None
    text: str = field(repr=False)
    seconds: float

    @property
    def is_taken(self) -> bool:
        return 200 <= self.status < 300


class Resolver:
    """Asks the system for addresses, in threads of its own.

    Names that are answered late, or never, must not hold up what else the process does in threads.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(RESOLVING, thread_name_prefix="resolver")

    async def __call__(self, host: str, port: int) -> list[str]:
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        return list(dict.fromkeys(str(address[0]) for *_, address in found))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to the very addresses that were checked: no name gets another one meanwhile."""

    def __init__(self, scheme: str, reach: Reach, resolve: Resolve) -> None:
        self._scheme = scheme
        self._reach = reach
        self._resolve = resolve
        self._plain = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await self._resolve(host, port)
        if not self._reach.allows(self._scheme, addresses):
            raise httpcore.ConnectError
        for address in addresses[:MAX_ADDRESSES]:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return await self._plain.connect_tcp(
                    address, port, timeout or CONNECT_TIMEOUT_S, local_address, socket_options
                )
        raise httpcore.ConnectError

    async def sleep(self, seconds: float) -> None:
        await self._plain.sleep(seconds)


class Caller:
    """Makes calls over connections that are kept for a while, each in `timeout_s` at most."""

    def __init__(self, reach: Reach, timeout_s: float, resolve: Resolve | None = None) -> None:
        self.reach = reach
        self._timeout_s = timeout_s
        self._system = Resolver()
        self._resolve = resolve or self._system
        self._pools: dict[str, httpcore.AsyncConnectionPool] = {}

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Post JSON; any status is an answer, also one whose text does not end in time.

        Raises:
            Unreachable: there was none.
        """
        began = time.monotonic()
        try:
            request = _request(httpx.URL(url), headers, body)
            async with asyncio.timeout(self._timeout_s):
                pool = self._pool(request.url.scheme.decode())
                response = await pool.handle_async_request(request)
        except (*_FAILED, httpx.InvalidURL, UnicodeError):
            raise Unreachable from None
        seconds = time.monotonic() - began
        try:
            text = await _beginning(response)
        finally:
            await response.aclose()
        return Answer(response.status, _retry_after(response), text, seconds)

    def _pool(self, scheme: str) -> httpcore.AsyncConnectionPool:
        """Unlimited: the worker's slots bound it; a shared bound would make receivers wait."""
        if scheme not in self._pools:
            self._pools[scheme] = httpcore.AsyncConnectionPool(
                ssl_context=httpx.create_ssl_context() if scheme == "https" else None,
                max_connections=None,
                max_keepalive_connections=KEPT_CONNECTIONS,
                keepalive_expiry=KEPT_S,
                network_backend=CheckedNetwork(scheme, self.reach, self._resolve),
            )
        return self._pools[scheme]

    async def close(self) -> None:
        for pool in self._pools.values():
            await pool.aclose()
        self._system.close()


def _request(target: httpx.URL, headers: Mapping[str, str], body: bytes) -> httpcore.Request:
    own = {
        "host": target.netloc.decode(),
        "user-agent": "Sportello-Webhooks",
        "content-type": "application/json",
        "content-length": str(len(body)),
    }
    url = httpcore.URL(
        scheme=target.raw_scheme, host=target.raw_host, port=target.port, target=target.raw_path
    )
    return httpcore.Request("POST", url, headers=[*own.items(), *headers.items()], content=body)


async def _beginning(response: httpcore.Response) -> str:
    """What the answer says, as far as it comes in time; its connection is kept if that is all."""
    read = bytearray()
    with suppress(*_FAILED):
        async with asyncio.timeout(READ_TIMEOUT_S):
            async for chunk in response.aiter_stream():
                read += chunk
                if len(read) > MAX_READ_BYTES:
                    break
    return clean(read.decode("utf-8", "replace"))[:SHOWN_CHARACTERS]


def _retry_after(response: httpcore.Response) -> float | None:
    """When the receiver wants to be called again, in seconds, where it says so."""
    headers = {name.lower(): value for name, value in response.headers}
    return retry_after_s(headers.get(b"retry-after", b"").decode("latin-1"))
