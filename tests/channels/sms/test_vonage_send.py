"""Sending through a server that answers as Vonage's documentation says the API does."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from tests.channels.builders import DELIVERY_ID, answer
from tests.channels.sms.vonage_payloads import SECRET, private_pem, vonage_channel
from tests.delivery.providers import rude_server
from tests.delivery.vonage import Vonage, vonage

from channels.contract import Attachment, ChannelConfig, OutboundMessage, RemoteFile
from channels.errors import Failure, FetchFailed, SendFailed
from channels.sms.vonage import VonageMedia, VonageOutbound
from channels.sms.vonage_codes import FAILURES

ANN = "+393331234567"


@pytest.fixture
async def provider() -> AsyncIterator[Vonage]:
    async with vonage() as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


async def refused(
    channel: ChannelConfig, http: httpx.AsyncClient, message: OutboundMessage | None = None
) -> SendFailed:
    with pytest.raises(SendFailed) as caught:
        await VonageOutbound(timeout=0.5).send(message or answer(ANN), channel, http)
    for secret in (SECRET, private_pem()[100:150]):
        assert secret not in f"{caught.value!r} {caught.value} {channel!r}"
    return caught.value


async def test_sent(provider: Vonage, http: httpx.AsyncClient) -> None:
    channel = vonage_channel(base_url=provider.url + "/")
    sent = await VonageOutbound().send(answer(ANN, "ciao è ok"), channel, http)
    assert sent.provider_id
    assert provider.texts == [
        {
            "channel": "sms",
            "message_type": "text",
            "to": "393331234567",
            "from": "447700900001",
            "text": "ciao è ok",
            "client_ref": str(DELIVERY_ID),
        }
    ]


async def test_whatsapp(provider: Vonage, http: httpx.AsyncClient) -> None:
    message = answer(f"whatsapp:{ANN}")
    await VonageOutbound().send(message, vonage_channel(base_url=provider.url), http)
    [text] = provider.texts
    assert (text["channel"], text["to"]) == ("whatsapp", "393331234567")


async def test_a_name_as_sender(provider: Vonage, http: httpx.AsyncClient) -> None:
    await VonageOutbound().send(answer(ANN), vonage_channel("ACME", base_url=provider.url), http)
    assert provider.texts[0]["from"] == "ACME"


async def test_callbacks_go_where_the_delivery_is_known(
    provider: Vonage, http: httpx.AsyncClient
) -> None:
    url = "https://desk.example.org/in/vonage/c1/status?delivery=d1"
    message = replace(answer(ANN), status_url=url)
    await VonageOutbound().send(message, vonage_channel(base_url=provider.url), http)
    assert provider.texts[0]["webhook_url"] == url
    assert provider.texts[0]["webhook_version"] == "v1"


@pytest.mark.parametrize(
    ("status", "code", "failure"),
    [
        *((422, code, FAILURES[code]) for code in ("1170", "1240", "1120", "1090", "1020")),
        (402, "low-balance", Failure.UNAUTHORISED),
        (401, "unauthorized", Failure.UNAUTHORISED),
        (403, "", Failure.UNAUTHORISED),
        (404, "", Failure.REJECTED),
        (422, "7777", Failure.REJECTED),
        (429, "1000", Failure.THROTTLED),
        (429, "", Failure.THROTTLED),
        (500, "1030", Failure.UNAVAILABLE),
        (503, "", Failure.UNAVAILABLE),
        (302, "", Failure.REJECTED),
    ],
)
async def test_refusals(
    provider: Vonage, http: httpx.AsyncClient, status: int, code: str, failure: Failure
) -> None:
    provider.refuse(status, code, **{"retry-after": "7"})
    error = await refused(vonage_channel(base_url=provider.url), http)
    assert (error.failure, error.retry_after) == (failure, 7.0)
    assert error.code == (code or str(status))
    assert error.unwanted is (code == "1240")


async def test_what_the_server_would_not_take(provider: Vonage, http: httpx.AsyncClient) -> None:
    channel = vonage_channel(base_url=provider.url)
    error = await refused(channel, http, answer(ANN, "x" * 1_001))
    assert error.failure is Failure.REJECTED
    assert "text" in error.detail


async def test_another_application(provider: Vonage, http: httpx.AsyncClient) -> None:
    channel = vonage_channel(base_url=provider.url, application_id="another")
    assert (await refused(channel, http)).failure is Failure.UNAUTHORISED


async def test_silence_is_unreachable(provider: Vonage, http: httpx.AsyncClient) -> None:
    provider.delay_s = 0.8
    error = await refused(vonage_channel(base_url=provider.url), http)
    assert error.failure is Failure.UNREACHABLE


async def test_half_an_answer_is_unreachable(http: httpx.AsyncClient) -> None:
    async with rude_server() as url:
        error = await refused(vonage_channel(base_url=url), http)
    assert error.failure is Failure.UNREACHABLE


async def test_nobody_there_is_unreachable(http: httpx.AsyncClient) -> None:
    error = await refused(vonage_channel(base_url="http://127.0.0.1:9"), http)
    assert error.failure is Failure.UNREACHABLE


@pytest.mark.parametrize("base_url", ["ftp://x", "nonsense", "http://[::bad"])
async def test_bad_base_url(http: httpx.AsyncClient, base_url: str) -> None:
    error = await refused(vonage_channel(base_url=base_url), http)
    assert error.failure is Failure.MISCONFIGURED


@pytest.mark.parametrize("key", [None, "", "nonsense", "-----BEGIN PRIVATE KEY-----\nAAAA\n"])
async def test_a_key_that_is_none(http: httpx.AsyncClient, key: str | None) -> None:
    channel = vonage_channel()
    secrets = {"signature_secret": SECRET} | ({} if key is None else {"private_key": key})
    broken = replace(channel, secrets=secrets)
    assert (await refused(broken, http)).failure is Failure.MISCONFIGURED
    with pytest.raises(FetchFailed) as caught:
        await VonageMedia().fetch(RemoteFile("https://api.nexmo.com/m"), broken, http, 10)
    assert caught.value.failure is Failure.MISCONFIGURED


async def test_attachments_are_refused_and_not_dropped(http: httpx.AsyncClient) -> None:
    message = answer(ANN, attachments=(Attachment("a.txt", "text/plain", b"x"),))
    assert (await refused(vonage_channel(), http, message)).failure is Failure.REJECTED


async def test_files_are_given_to_the_application(
    provider: Vonage, http: httpx.AsyncClient
) -> None:
    provider.media["/v3/media/1"] = b"jpeg"
    channel = vonage_channel(base_url=provider.url)
    file = RemoteFile(f"{provider.url}/v3/media/1", filename="photo.jpg")
    found = await VonageMedia().fetch(file, channel, http, 100)
    assert (found.filename, found.content_type, found.content) == (
        "photo.jpg",
        "image/jpeg",
        b"jpeg",
    )
    with pytest.raises(FetchFailed):
        await VonageMedia().fetch(RemoteFile("https://evil.example/m"), channel, http, 100)
