"""Providers of mail as the gateway meets them: channels, posts, and Amazon's certificate."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
from tests.channels.email.webhook_payloads import (
    CREDENTIALS,
    RAW,
    amazon_certificate,
    mailgun,
    postmark,
    sendgrid,
    ses,
)
from tests.house import House, bearer

from channels.contract import Payload
from channels.registry import adapter_for
from gateway.doors.provider_urls import ProviderUrls

POSTS: dict[str, Callable[[bytes], Payload]] = {
    "mailgun": lambda raw: mailgun(raw, at=int(time.time())),
    "sendgrid": lambda raw: sendgrid(raw, at=int(time.time())),
    "postmark": postmark,
    "ses": ses,
}


async def open_channel(
    house: House, provider: str, *, address: str = "support@example.org", **settings: str
) -> dict[str, Any]:
    """Make a channel of the provider, as an admin does; returns it as the API shows it."""
    given, secrets = CREDENTIALS[provider]()
    known = adapter_for("email", provider).settings
    response = await house.http.post(
        "/v1/channels",
        headers=bearer(house.team.admin),
        json={
            "kind": "email",
            "provider": provider,
            "name": provider,
            "address": address,
            "settings": {
                name: value for name, value in (given | settings).items() if name in known
            },
            "secrets": secrets,
        },
    )
    assert response.status_code == 201, response.text
    return dict(response.json())


async def post(
    house: House, channel: dict[str, Any], payload: Payload, ending: str = ""
) -> httpx.Response:
    """Post to the channel's door, or to one below its key, with all that proves who posts."""
    headers = {"Content-Type": payload.content_type, **payload.envelope}
    if channel["provider"] == "postmark":
        headers["Authorization"] = payload.proof["authorization"]
    path = f"/in/{channel['provider']}/{channel['public_key']}/{ending}" if ending else None
    return await house.http.post(path or channel["door"], content=payload.body, headers=headers)


async def deliver(house: House, channel: dict[str, Any], raw: bytes = RAW) -> httpx.Response:
    return await post(house, channel, POSTS[channel["provider"]](raw))


@dataclass
class Amazon:
    """An HTTP server on 127.0.0.1 in Amazon's place. `status` is what it answers with."""

    port: int = 0
    status: int = 200
    body: str = field(default_factory=lambda: amazon_certificate(int(time.time()) - 3_600))
    visited: list[str] = field(default_factory=list)

    def transport(self) -> httpx.AsyncBaseTransport:
        return _ToAmazon(self)

    @property
    def urls(self) -> ProviderUrls:
        return ProviderUrls(self.transport)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            head = f"HTTP/1.1 {self.status} Answer\r\nContent-Length: {len(self.body)}\r\n"
            location = "Location: https://sns.eu-west-1.amazonaws.com/elsewhere\r\n"
            writer.write(f"{head}{location}Connection: close\r\n\r\n{self.body}".encode())
            await writer.drain()
        writer.close()


class _ToAmazon(httpx.AsyncHTTPTransport):
    """Goes to the local server, whatever the URL says, and notes what it said."""

    def __init__(self, amazon: Amazon) -> None:
        super().__init__()
        self._amazon = amazon

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._amazon.visited.append(str(request.url))
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self._amazon.port)
        return await super().handle_async_request(request)


@asynccontextmanager
async def amazon() -> AsyncIterator[Amazon]:
    stand_in = Amazon()
    server = await asyncio.start_server(stand_in.serve, "127.0.0.1")
    stand_in.port = server.sockets[0].getsockname()[1]
    try:
        yield stand_in
    finally:
        server.close()
