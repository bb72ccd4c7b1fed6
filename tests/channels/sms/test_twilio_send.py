"""Sending through a server that answers as Twilio's documentation says the API does."""

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl

import httpx
import orjson
import pytest
import uvicorn
from tests.channels.builders import answer
from tests.channels.sms.twilio_payloads import ACCOUNT, TOKEN, twilio_channel
from tests.delivery.providers import rude_server

from channels.contract import Attachment, ChannelConfig
from channels.errors import Failure, SendFailed
from channels.sms.twilio import TwilioOutbound

SID = "SM" + "7" * 32


@dataclass
class Twilio:
    """The Messages resource: checks path, credentials and parameters before it answers."""

    url: str = ""
    status: int = 201
    answer: dict[str, Any] = field(default_factory=lambda: {"sid": SID, "status": "queued"})
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    forms: list[dict[str, str]] = field(default_factory=list)

    def fail(self, status: int, code: int | None = None, **headers: str) -> None:
        self.status = status
        self.answer = {"code": code, "message": "refused", "status": status} if code else {}
        self.headers = headers

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        form = dict(parse_qsl((await receive())["body"].decode(), strict_parsing=True))
        await asyncio.sleep(self.delay)
        status, body = self.judge(scope, form)
        headers = [(name.encode(), value.encode()) for name, value in self.headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": orjson.dumps(body)})

    def judge(self, scope: Any, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        given = dict(scope["headers"]).get(b"authorization", b"").decode()
        if given != "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode():
            return 401, {"code": 20003, "message": "Authenticate", "status": 401}
        if (scope["method"], scope["path"]) != (
            "POST",
            f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json",
        ):
            return 404, {"code": 20404, "message": "not found", "status": 404}
        if not form.get("To") or not form.get("Body"):
            return 400, {"code": 21604, "message": "'To' or 'Body' is missing", "status": 400}
        self.forms.append(form)
        return self.status, self.answer


@pytest.fixture
async def twilio() -> AsyncIterator[Twilio]:
    app = Twilio()
    config = uvicorn.Config(
        app, port=0, lifespan="off", ws="none", log_config=None, access_log=False
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells by this flag alone
        await asyncio.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    app.url = f"http://127.0.0.1:{port}"
    yield app
    server.force_exit = server.should_exit = True
    await task


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


async def failed(channel: ChannelConfig, http: httpx.AsyncClient) -> SendFailed:
    with pytest.raises(SendFailed) as caught:
        await TwilioOutbound(timeout=0.5).send(answer("+393331234567"), channel, http)
    assert TOKEN not in f"{caught.value!r} {caught.value}"
    return caught.value


async def test_sent(twilio: Twilio, http: httpx.AsyncClient) -> None:
    channel = twilio_channel(base_url=twilio.url + "/")
    sent = await TwilioOutbound().send(answer("+393331234567", "ciao è ok"), channel, http)
    assert sent.provider_id == SID
    assert twilio.forms == [{"To": "+393331234567", "Body": "ciao è ok", "From": "+15005550006"}]


async def test_a_messaging_service_chooses_the_sender(
    twilio: Twilio, http: httpx.AsyncClient
) -> None:
    channel = twilio_channel(base_url=twilio.url, messaging_service_sid="MG1")
    await TwilioOutbound().send(answer("+393331234567"), channel, http)
    (form,) = twilio.forms
    assert form["MessagingServiceSid"] == "MG1"
    assert "From" not in form


async def test_who_is_on_whatsapp_is_written_to_from_there(
    twilio: Twilio, http: httpx.AsyncClient
) -> None:
    channel = twilio_channel(base_url=twilio.url)
    await TwilioOutbound().send(answer("whatsapp:+393331234567"), channel, http)
    (form,) = twilio.forms
    assert (form["From"], form["To"]) == ("whatsapp:+15005550006", "whatsapp:+393331234567")


async def test_status_callbacks_go_where_the_delivery_is_known(
    twilio: Twilio, http: httpx.AsyncClient
) -> None:
    url = "https://desk.example.org/in/twilio/c1/status?delivery=d1"
    message = replace(answer("+393331234567"), status_url=url)
    await TwilioOutbound().send(message, twilio_channel(base_url=twilio.url), http)
    assert twilio.forms[0]["StatusCallback"] == url


async def test_who_has_answered_stop_is_told_apart(twilio: Twilio, http: httpx.AsyncClient) -> None:
    twilio.fail(400, 21610)
    assert (await failed(twilio_channel(base_url=twilio.url), http)).unwanted
    twilio.fail(400, 21211)
    assert not (await failed(twilio_channel(base_url=twilio.url), http)).unwanted


@pytest.mark.parametrize(
    ("status", "code", "failure"),
    [
        (400, 21211, Failure.BAD_RECIPIENT),
        (400, 21614, Failure.BAD_RECIPIENT),
        (400, 21610, Failure.BAD_RECIPIENT),
        (400, 21617, Failure.TOO_LARGE),
        (400, 21606, Failure.MISCONFIGURED),
        (400, 20001, Failure.REJECTED),
        (404, None, Failure.REJECTED),
        (401, 20003, Failure.UNAUTHORISED),
        (403, None, Failure.UNAUTHORISED),
        (429, 20429, Failure.THROTTLED),
        (429, None, Failure.THROTTLED),
        (500, 20500, Failure.UNAVAILABLE),
        (503, None, Failure.UNAVAILABLE),
    ],
)
async def test_refusals(
    twilio: Twilio, http: httpx.AsyncClient, status: int, code: int | None, failure: Failure
) -> None:
    twilio.fail(status, code)
    error = await failed(twilio_channel(base_url=twilio.url), http)
    assert error.failure is failure
    assert error.code == str(code or status)


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7.0), ("9" * 30, 86_400.0), ("soon", None), ("", None)]
)
async def test_retry_after(
    twilio: Twilio, http: httpx.AsyncClient, header: str, seconds: float | None
) -> None:
    twilio.fail(429, 20429, **{"retry-after": header})
    assert (await failed(twilio_channel(base_url=twilio.url), http)).retry_after == seconds


async def test_wrong_token(twilio: Twilio, http: httpx.AsyncClient) -> None:
    channel = twilio_channel(base_url=twilio.url)
    wrong = ChannelConfig(
        channel.id, "sms", "twilio", "+1", channel.settings, {"auth_token": "wrong"}
    )
    assert (await failed(wrong, http)).failure is Failure.UNAUTHORISED


async def test_silence_is_unreachable(twilio: Twilio, http: httpx.AsyncClient) -> None:
    twilio.delay = 2.0
    error = await failed(twilio_channel(base_url=twilio.url), http)
    assert error.failure is Failure.UNREACHABLE
    assert error.failure.is_temporary


async def test_half_an_answer_is_unreachable(http: httpx.AsyncClient) -> None:
    async with rude_server() as url:
        error = await failed(twilio_channel(base_url=url), http)
    assert error.failure is Failure.UNREACHABLE


async def test_nobody_there_is_unreachable(http: httpx.AsyncClient) -> None:
    channel = twilio_channel(base_url="http://127.0.0.1:9")
    assert (await failed(channel, http)).failure is Failure.UNREACHABLE


@pytest.mark.parametrize("base_url", ["ftp://x", "nonsense", "http://[::bad"])
async def test_bad_base_url(http: httpx.AsyncClient, base_url: str) -> None:
    error = await failed(twilio_channel(base_url=base_url), http)
    assert error.failure is Failure.MISCONFIGURED


async def test_missing_credentials(http: httpx.AsyncClient) -> None:
    channel = ChannelConfig(twilio_channel().id, "sms", "twilio", "+1")
    assert (await failed(channel, http)).failure is Failure.MISCONFIGURED


async def test_attachments_are_refused_and_not_dropped(http: httpx.AsyncClient) -> None:
    message = answer(attachments=(Attachment("a.txt", "text/plain", b"x"),))
    with pytest.raises(SendFailed) as caught:
        await TwilioOutbound().send(message, twilio_channel(), http)
    assert caught.value.failure is Failure.REJECTED
