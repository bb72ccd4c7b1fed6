"""Fetching a file from where the provider says it is, and from nowhere else."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.channels.sms.twilio_payloads import twilio_channel

from channels.contract import Attachment, ChannelConfig, RemoteFile
from channels.errors import Failure, FetchFailed
from channels.media import Storehouse, fetch
from channels.sms.twilio import TwilioMedia

SECRET = {"authorization": "Basic c2VjcmV0"}
LIMIT = 10_000


@dataclass
class Origin:
    """Answers every connection with `answer`, byte for byte, and keeps the requests."""

    answer: bytes = b""
    port: int = 0
    requests: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            self.requests.append((await reader.readuntil(b"\r\n\r\n")).decode().lower())
            writer.write(self.answer)
            await writer.drain()
        writer.close()

    def says(self, status: str, *headers: str, body: bytes = b"") -> None:
        head = "\r\n".join([f"HTTP/1.1 {status}", *headers, "connection: close", "", ""])
        self.answer = head.encode() + body


@pytest.fixture
async def open_origin() -> AsyncIterator[Callable[[], "asyncio.Future[Origin]"]]:
    servers = []

    async def open_one() -> Origin:
        origin = Origin()
        server = await asyncio.start_server(origin.serve, "127.0.0.1")
        servers.append(server)
        origin.port = server.sockets[0].getsockname()[1]
        return origin

    yield lambda: asyncio.ensure_future(open_one())
    for server in servers:
        server.close()


@pytest.fixture
async def origin(open_origin: Callable[[], "asyncio.Future[Origin]"]) -> Origin:
    return await open_origin()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


async def get(origin: Origin, http: httpx.AsyncClient, url: str | None = None) -> Attachment:
    storehouse = Storehouse(api=origin.url, headers=SECRET)
    return await fetch(RemoteFile(url or f"{origin.url}/m"), storehouse, http, LIMIT)


async def refused(origin: Origin, http: httpx.AsyncClient, url: str | None = None) -> FetchFailed:
    with pytest.raises(FetchFailed) as caught:
        await get(origin, http, url)
    assert "c2VjcmV0" not in f"{caught.value!r} {caught.value}"
    return caught.value


async def test_a_file(origin: Origin, http: httpx.AsyncClient) -> None:
    origin.says("200 OK", "Content-Type: Image/PNG; x=y", "Content-Length: 3", body=b"png")
    file = await get(origin, http)
    assert (file.filename, file.content_type, file.content) == ("file.png", "image/png", b"png")
    assert "authorization: basic c2vjcmv0" in origin.requests[0]
    assert "accept-encoding: identity" in origin.requests[0]


async def test_what_the_message_said_serves_where_the_store_says_nothing(
    origin: Origin, http: httpx.AsyncClient
) -> None:
    origin.says("200 OK", body=b"x")
    storehouse = Storehouse(api=origin.url)
    file = RemoteFile(origin.url, "audio/ogg", "voice.ogg")
    found = await fetch(file, storehouse, http, LIMIT)
    assert (found.filename, found.content_type) == ("voice.ogg", "audio/ogg")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/m",
        "https://evil.example/m",
        "https://twiliocdn.com.evil.example/m",
        "https://eviltwiliocdn.com/m",
        "http://mms.twiliocdn.com/m",
        "https://mms.twiliocdn.com:8443/m",
        "https://api.twilio.com@evil.example/m",
        "https://user@mms.twiliocdn.com/m",
        "http://169.254.169.254/latest/meta-data/",
        "http://localhost/m",
        "file:///etc/passwd",
        "ftp://mms.twiliocdn.com/m",
        "//mms.twiliocdn.com/m",
        "nonsense",
        "http://[::bad",
        "",
    ],
)
async def test_nothing_is_asked_elsewhere(http: httpx.AsyncClient, url: str) -> None:
    with pytest.raises(FetchFailed) as caught:
        await TwilioMedia().fetch(RemoteFile(url), twilio_channel(), http, LIMIT)
    assert caught.value.failure is Failure.REJECTED


def test_stores_get_no_credentials() -> None:
    storehouse = Storehouse(
        "https://api.x.test",
        api_hosts=frozenset({".api.test"}),
        hosts=frozenset({".store.test", "one.test"}),
        headers=SECRET,
    )
    for api in ("https://api.x.test/m", "https://eu.api.test/m"):
        assert storehouse.headers_for(httpx.URL(api)) == SECRET
    for store in ("https://a.store.test/m", "https://one.test/m"):
        assert storehouse.headers_for(httpx.URL(store)) == {}
    for elsewhere in ("https://store.test/m", "http://eu.api.test/m"):
        with pytest.raises(FetchFailed):
            storehouse.headers_for(httpx.URL(elsewhere))


async def test_a_redirect_within_the_house_is_followed(
    origin: Origin, http: httpx.AsyncClient
) -> None:
    origin.says("307 Temporary Redirect", "Location: /elsewhere", "Content-Length: 0")
    assert "again and again" in (await refused(origin, http)).detail
    assert len(origin.requests) == 4
    assert "get /elsewhere " in origin.requests[1]


async def test_a_redirect_out_of_the_house_is_not(
    origin: Origin, http: httpx.AsyncClient, open_origin: Callable[[], "asyncio.Future[Origin]"]
) -> None:
    stranger = await open_origin()
    stranger.says("200 OK", body=b"x")
    origin.says("302 Found", f"Location: {stranger.url}/", "Content-Length: 0")
    assert (await refused(origin, http)).failure is Failure.REJECTED
    assert stranger.requests == []


@pytest.mark.parametrize(
    "headers", [("Content-Length: 10001",), ("Content-Length: " + "9" * 400,), ()]
)
async def test_too_large(origin: Origin, http: httpx.AsyncClient, headers: tuple[str, ...]) -> None:
    origin.says("200 OK", *headers, body=b"x" * (LIMIT + 1))
    error = await refused(origin, http)
    assert error.failure in {Failure.TOO_LARGE, Failure.UNREACHABLE}
    if headers != ("Content-Length: " + "9" * 400,):
        assert error.failure is Failure.TOO_LARGE


async def test_the_largest(origin: Origin, http: httpx.AsyncClient) -> None:
    origin.says("200 OK", body=b"x" * LIMIT)
    assert len((await get(origin, http)).content) == LIMIT


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        ("401 Unauthorized", Failure.UNAUTHORISED),
        ("403 Forbidden", Failure.UNAUTHORISED),
        ("404 Not Found", Failure.UNAVAILABLE),
        ("410 Gone", Failure.REJECTED),
        ("429 Too Many Requests", Failure.THROTTLED),
        ("500 Oh", Failure.UNAVAILABLE),
        ("204 No Content", Failure.REJECTED),
        ("304 Not Modified", Failure.REJECTED),
    ],
)
async def test_refusals(
    origin: Origin, http: httpx.AsyncClient, status: str, failure: Failure
) -> None:
    origin.says(status, "Retry-After: 7", "Content-Length: 0")
    error = await refused(origin, http)
    assert (error.failure, error.retry_after) == (failure, 7.0)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
        b"not http at all",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b",
    ],
    ids=["hangs up", "half a file", "nonsense", "compressed"],
)
async def test_broken_answers(origin: Origin, http: httpx.AsyncClient, answer: bytes) -> None:
    origin.answer = answer
    assert (await refused(origin, http)).failure in {Failure.UNREACHABLE, Failure.REJECTED}


async def test_missing_credentials(http: httpx.AsyncClient) -> None:
    channel = ChannelConfig(twilio_channel().id, "sms", "twilio", "+1")
    with pytest.raises(FetchFailed) as caught:
        await TwilioMedia().fetch(RemoteFile("https://api.twilio.com/m"), channel, http, LIMIT)
    assert caught.value.failure is Failure.MISCONFIGURED


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60) | st.text(alphabet="htps:/@.[]#?\\%x\n", max_size=30))
async def test_any_address_is_answered_by_a_refusal(http: httpx.AsyncClient, url: str) -> None:
    storehouse = Storehouse(api="https://api.x.test")
    with suppress(FetchFailed):
        await fetch(RemoteFile(url), storehouse, http, LIMIT)
        raise AssertionError(url)
