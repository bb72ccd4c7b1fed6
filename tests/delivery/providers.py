"""Providers to send to, on 127.0.0.1: an SMTP server, and Twilio's Messages resource."""

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Protocol
from urllib.parse import parse_qs

import orjson
import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class MailServer:
    """Takes mail, each after `delay_s`, unless its recipient has `replies` waiting."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    replies: dict[str, list[str]] = field(default_factory=dict)
    delay_s: float = 0.0
    most_at_once: int = 0
    _at_once: int = 0

    def texts(self) -> list[str]:
        return [mail.get_content().strip() for mail in self.mails]

    @property
    def settings(self) -> dict[str, str]:
        return {"smtp_host": "127.0.0.1", "smtp_port": str(self.port), "smtp_tls": "none"}

    async def handle_DATA(  # noqa: N802 - aiosmtpd's hook
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        mail = message_from_bytes(envelope.original_content or b"", policy=default)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        await asyncio.sleep(self.delay_s)
        self._at_once -= 1
        if waiting := self.replies.get(envelope.rcpt_tos[0]):
            return waiting.pop(0)
        self.mails.append(mail)
        self.raw.append(envelope.original_content or b"")
        return "250 2.0.0 taken"


@asynccontextmanager
async def mail_server() -> AsyncIterator[MailServer]:
    handler = MailServer()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(handler, hostname="mail.test", enable_SMTPUTF8=False, loop=loop), "127.0.0.1"
    )
    handler.port = server.sockets[0].getsockname()[1]
    try:
        yield handler
    finally:
        server.close()


@dataclass
class Twilio:
    """`answers` holds, by recipient, what to say before it takes the text: status, code, wait."""

    account_sid: str = field(default_factory=lambda: f"AC{secrets.token_hex(16)}")
    auth_token: str = field(default_factory=lambda: secrets.token_hex(16))
    port: int = 0
    texts: list[dict[str, str]] = field(default_factory=list)
    answers: dict[str, list[tuple[int, int, str]]] = field(default_factory=dict)
    before_answer: Callable[[dict[str, str]], Awaitable[None]] | None = None
    media: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    media_answers: list[int] = field(default_factory=list)
    may_give_media: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.may_give_media.set()

    @property
    def settings(self) -> dict[str, str]:
        return {
            "account_sid": self.account_sid,
            "base_url": f"http://127.0.0.1:{self.port}",
        }

    @property
    def secrets(self) -> dict[str, str]:
        return {"auth_token": self.auth_token}

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Serve `POST /2010-04-01/Accounts/{AccountSid}/Messages.json` and media (ASGI)."""
        if scope["method"] == "GET":
            await self.may_give_media.wait()
            await _send(send, *self._file(scope))
            return
        form = {name: values[0] for name, values in parse_qs(await _body(receive)).items()}
        status, wait, answer = self._answer(scope, form)
        if status == 201 and self.before_answer is not None:
            await self.before_answer({**form, **orjson.loads(answer)})
        headers = [(b"content-type", b"application/json"), (b"retry-after", wait.encode())]
        await _send(send, status, headers[: 1 + bool(wait)], answer.encode())

    def keep(self, name: str, content: bytes, content_type: str = "image/png") -> str:
        """Keep a file as media of a message; returns its URL."""
        path = f"/2010-04-01/Accounts/{self.account_sid}/Messages/MM1/Media/{name}"
        self.media[path] = (content_type, content)
        return f"http://127.0.0.1:{self.port}{path}"

    def _is_authorised(self, scope: dict[str, Any]) -> bool:
        basic = base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
        return bool(dict(scope["headers"]).get(b"authorization") == f"Basic {basic}".encode())

    def _file(self, scope: dict[str, Any]) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        """The API checks who asks and redirects to a store, as Twilio does."""
        path = scope["path"]
        if path.startswith("/store") and path.removeprefix("/store") in self.media:
            content_type, content = self.media[path.removeprefix("/store")]
            return 200, [(b"content-type", content_type.encode())], content
        if not self._is_authorised(scope):
            return 401, [], b""
        if self.media_answers:
            return self.media_answers.pop(0), [], b""
        if path not in self.media:
            return 404, [], b""
        return 307, [(b"location", f"/store{path}".encode())], b""

    def _answer(self, scope: dict[str, Any], form: dict[str, str]) -> tuple[int, str, str]:
        if not self._is_authorised(scope):
            return 401, "", '{"code": 20003, "message": "Authenticate", "status": 401}'
        if scope["path"] != f"/2010-04-01/Accounts/{self.account_sid}/Messages.json":
            return 404, "", '{"code": 20404, "message": "not found", "status": 404}'
        if waiting := self.answers.get(form["To"]):
            status, code, wait = waiting.pop(0)
            return status, wait, f'{{"code": {code}, "message": "no", "status": {status}}}'
        self.texts.append(form)
        return 201, "", f'{{"sid": "SM{len(self.texts):032x}", "status": "queued"}}'


async def _send(send: Any, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _body(receive: Any) -> str:
    body, is_more = b"", True
    while is_more:
        part = await receive()
        body, is_more = body + part.get("body", b""), part.get("more_body", False)
    return body.decode()


class Application(Protocol):
    """An ASGI application that wants to know its port."""

    port: int

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None: ...


@asynccontextmanager
async def serve(application: Application, **options: Any) -> AsyncIterator[None]:
    """Options are uvicorn's, such as a certificate."""
    server = uvicorn.Server(
        uvicorn.Config(
            application,
            host="127.0.0.1",
            port=0,
            lifespan="off",
            ws="none",
            log_config=None,
            timeout_graceful_shutdown=1,
            **options,
        )
    )
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.005)
    application.port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def twilio(application: Twilio | None = None) -> AsyncIterator[Twilio]:
    application = application or Twilio()
    async with serve(application):
        yield application


@dataclass
class SilentServer:
    """Takes connections and never says a word, until it hangs up."""

    server: asyncio.Server | None = None
    connections: list[asyncio.StreamWriter] = field(default_factory=list)

    @property
    def settings(self) -> dict[str, str]:
        assert self.server is not None
        port = self.server.sockets[0].getsockname()[1]
        return {"smtp_host": "127.0.0.1", "smtp_port": str(port), "smtp_tls": "none"}

    async def ignore(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.append(writer)
        with suppress(ConnectionError):
            await reader.read()
        writer.close()

    def hang_up(self) -> None:
        assert self.server is not None
        self.server.close()
        for connection in self.connections:
            connection.close()


@asynccontextmanager
async def silent_server() -> AsyncIterator[SilentServer]:
    silent = SilentServer()
    silent.server = await asyncio.start_server(silent.ignore, "127.0.0.1")
    yield silent
    silent.hang_up()


@asynccontextmanager
async def rude_server() -> AsyncIterator[str]:
    """Hear a request out, begin an answer and hang up; gives its URL."""

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{")
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1")
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
