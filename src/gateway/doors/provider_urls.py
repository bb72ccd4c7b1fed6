"""The few URLs of providers that the doors go to: certificates, and visits that confirm.

Whoever calls has checked that the URL is the provider's own (docs/decisions/0019).
"""

import asyncio
import time
from collections.abc import Callable

import httpx

from gateway.ingest.submission import IngestUnavailable

TIMEOUT_S = 10.0
KEPT_S = 86_400.0
MAX_KEPT = 64
MAX_BYTES = 64 * 1024


class ProviderUrls:
    """Goes to one URL at a time, follows no redirection, and keeps certificates for a day.

    `transport` makes what URLs are reached by: tests put a server in the internet's place.
    """

    def __init__(self, transport: Callable[[], httpx.AsyncBaseTransport] | None = None) -> None:
        self._transport = transport or httpx.AsyncHTTPTransport
        self._kept: dict[str, tuple[float, str]] = {}
        self._going = asyncio.Lock()

    async def certificate(self, url: str) -> str:
        """Return the text at a URL, fetched once a day.

        Raises:
            IngestUnavailable: it cannot be had now; the provider must try again.
        """
        if (known := self._known(url)) is not None:
            return known
        async with self._going:
            if (known := self._known(url)) is None:
                known = await self._get(url)
                self._keep(url, known)
        return known

    async def visit(self, url: str) -> None:
        """Tell the provider that we agree.

        Raises:
            IngestUnavailable: it does not listen now; it must ask again.
        """
        async with self._going:
            await self._get(url)

    def _known(self, url: str) -> str | None:
        since, text = self._kept.get(url, (0.0, ""))
        return text if text and time.monotonic() - since < KEPT_S else None

    def _keep(self, url: str, text: str) -> None:
        self._kept.pop(url, None)
        while len(self._kept) >= MAX_KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[url] = time.monotonic(), text

    async def _get(self, url: str) -> str:
        try:
            async with (
                asyncio.timeout(TIMEOUT_S),
                httpx.AsyncClient(transport=self._transport(), timeout=TIMEOUT_S) as http,
                http.stream("GET", url) as response,
            ):
                return await _text(response)
        except (httpx.HTTPError, TimeoutError) as error:
            raise IngestUnavailable("the provider's own URL does not answer") from error


async def _text(response: httpx.Response) -> str:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_BYTES:
            raise httpx.DecodingError("the answer is too large", request=response.request)
    if response.status_code != 200:
        raise httpx.HTTPStatusError("not 200", request=response.request, response=response)
    return body.decode("utf-8", "replace")
