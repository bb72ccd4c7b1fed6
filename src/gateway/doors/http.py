"""The doors of HTTP: web forms, Twilio's webhook, raw mail."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from channels.contract import Kind, Payload
from gateway.access.callers import Callers
from gateway.access.tokens import Role
from gateway.configuration import Configuration, ConfiguredChannel
from gateway.database.connections import to_json_bytes
from gateway.doors.exchange import Disconnected, Exchange
from gateway.ingest.door import Intake
from gateway.ingest.submission import Accepted
from gateway.problems import Problem, not_found, problem_of, unexpected

JSON = "application/json"
ANYWHERE = {"Access-Control-Allow-Origin": "*"}
PREFLIGHT = {
    **ANYWHERE,
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "Content-Type, Idempotency-Key",
    "Access-Control-Max-Age": "86400",
}
EMPTY_TWIML = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'


@dataclass(frozen=True, slots=True)
class Answer:
    """What a door says."""

    status: int
    body: bytes = b""
    media_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


Door = Callable[[Exchange, str], Awaitable[Answer]]


class HttpDoors:
    """A small ASGI application of its own, before the API's: no middleware, no models.

    A message then costs little more than its parsing. `public_url` is what providers sign, where
    a proxy stands in front.
    """

    def __init__(
        self,
        intake: Intake,
        configuration: Configuration,
        callers: Callers,
        *,
        max_bytes: int,
        public_url: str | None,
    ) -> None:
        self._intake = intake
        self._configuration = configuration
        self._callers = callers
        self._max_bytes = max_bytes
        self._public_url = public_url
        self._doors: dict[tuple[str, str], Door] = {
            ("POST", "forms"): self.form,
            ("OPTIONS", "forms"): self.form_preflight,
            ("POST", "twilio"): self.twilio,
            ("POST", "email"): self.mail,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request below `/in/`: the path is `/in/{door}/{channel key}`."""
        exchange = Exchange(scope, receive, send)
        try:
            answer = await self._respond(exchange)
        except Disconnected:
            return
        except Exception as error:  # noqa: BLE001 - everybody gets an answer
            problem = problem_of(error) or unexpected(exchange.path, error)
            await problem.with_headers(ANYWHERE).response()(scope, receive, send)
        else:
            await exchange.answer(answer.status, answer.body, answer.media_type, answer.headers)

    async def _respond(self, exchange: Exchange) -> Answer:
        name, _, key = exchange.path.removeprefix("/in/").partition("/")
        door = self._doors.get((exchange.method, name))
        if door is None:
            allowed = [method for method, other in self._doors if other == name]
            if not allowed:
                raise Problem(404, "Not Found", "there is no such door below /in/")
            detail = f"this door takes {' and '.join(allowed)}"
            raise Problem(405, "Method Not Allowed", detail, headers={"Allow": ", ".join(allowed)})
        return await door(exchange, key)

    async def form(self, exchange: Exchange, key: str) -> Answer:
        """A submission, from any page: 201 when stored, 200 when it was known."""
        channel = self._channel(key, "web_form")
        envelope = exchange.headers("idempotency-key", "origin", "user-agent")
        accepted = await self._intake.receive(channel, await self._payload(exchange, envelope))
        return _answer(accepted, ANYWHERE)

    async def form_preflight(self, _exchange: Exchange, _key: str) -> Answer:
        return Answer(204, headers=PREFLIGHT)

    async def twilio(self, exchange: Exchange, key: str) -> Answer:
        """An incoming message; the answer is TwiML that says nothing (replies are sent by REST)."""
        channel = self._channel(key, "sms")
        url = exchange.url(self._public_url)
        envelope = {"url": url, **exchange.headers("x-twilio-signature")}
        await self._intake.receive(channel, await self._payload(exchange, envelope))
        return Answer(200, EMPTY_TWIML, "text/xml; charset=utf-8")

    async def mail(self, exchange: Exchange, key: str) -> Answer:
        """One raw mail (message/rfc822), by a caller whose key may post."""
        channel = self._channel(key, "email")
        caller = await self._callers.of(HTTPConnection(exchange.scope), Role.PROVIDER)
        if caller.workspace_id != channel.workspace_id:
            raise not_found("channel")
        accepted = await self._intake.receive(channel, await self._payload(exchange, {}))
        return _answer(accepted, {})

    def _channel(self, key: str, kind: Kind) -> ConfiguredChannel:
        channel = self._configuration.channel_by_key(key)
        if channel is None or channel.config.kind != kind:
            raise Problem(404, "Not Found", "no channel of this kind has this key")
        return channel

    async def _payload(self, exchange: Exchange, envelope: Mapping[str, str]) -> Payload:
        content_type = exchange.header("content-type") or "application/octet-stream"
        return Payload(content_type, await exchange.body(self._max_bytes), envelope)


def _answer(accepted: Accepted, headers: Mapping[str, str]) -> Answer:
    document: dict[str, Any] = {"message": accepted.message_id, "duplicate": accepted.duplicate}
    if accepted.quarantine_id is not None:
        document["quarantine"] = accepted.quarantine_id
    is_new_message = accepted.message_id is not None and not accepted.duplicate
    status = 202 if accepted.quarantine_id else 201 if is_new_message else 200
    return Answer(status, to_json_bytes(document), JSON, headers)
