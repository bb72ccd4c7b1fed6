"""The doors of HTTP: web forms, raw mail, and a webhook of its own name per provider."""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import field, replace
from functools import partial
from typing import Any

from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from channels.contract import Adapter, Payload, StatusInbound, Webhook
from channels.errors import InvalidSignature
from channels.records import record
from channels.registry import ADAPTERS
from channels.web_form import max_bytes
from gateway.access.callers import Callers
from gateway.access.tokens import Role
from gateway.configuration import Configuration, ConfiguredChannel
from gateway.database.connections import to_json_bytes
from gateway.delivery.reports import Reports
from gateway.doors.exchange import Disconnected, Exchange
from gateway.doors.form_definition import definition
from gateway.doors.form_guard import FormGuard
from gateway.doors.handshakes import Handshakes
from gateway.ingest.door import Intake
from gateway.ingest.submission import Accepted
from gateway.problems import Problem, not_found, problem_of, refused, unexpected

JSON = "application/json"
ANYWHERE = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Retry-After",
}
PREFLIGHT = {
    **ANYWHERE,
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Content-Type, Idempotency-Key",
    "Access-Control-Max-Age": "86400",
}


@record
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
        reports: Reports,
        handshakes: Handshakes,
        configuration: Configuration,
        callers: Callers,
        guard: FormGuard,
        *,
        max_bytes: int,
        public_url: str | None,
    ) -> None:
        self._intake = intake
        self._reports = reports
        self._handshakes = handshakes
        self._configuration = configuration
        self._callers = callers
        self._guard = guard
        self._max_bytes = max_bytes
        self._public_url = public_url
        self._doors: dict[tuple[str, str], Door] = {
            ("GET", "forms"): self.form_definition,
            ("POST", "forms"): self.form,
            ("OPTIONS", "forms"): self.form_preflight,
            ("POST", "email"): self.mail,
        }
        for adapter in ADAPTERS.values():
            if adapter.webhook is not None:
                self._doors["POST", adapter.provider] = partial(self.webhook, adapter)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request below `/in/`: the path is `/in/{door}/{channel key}`, or more."""
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
        await self._guard.count(channel, exchange)
        envelope = exchange.headers("idempotency-key", "origin", "user-agent")
        most = max_bytes(exchange.header("content-type") or "")
        payload = await self._payload(exchange, envelope, most)
        await self._guard.check(channel, payload)
        return _answer(await self._intake.receive(channel, payload), ANYWHERE)

    async def form_definition(self, _exchange: Exchange, key: str) -> Answer:
        """What the form asks for, for the script that shows it; its stamp is good for a day."""
        channel = self._channel(key, "web_form")
        document = definition(channel, self._guard.stamp(channel))
        headers = {**ANYWHERE, "Cache-Control": "no-store"}
        return Answer(200, to_json_bytes(document), JSON, headers)

    async def form_preflight(self, _exchange: Exchange, _key: str) -> Answer:
        return Answer(204, headers=PREFLIGHT)

    async def webhook(self, adapter: Adapter, exchange: Exchange, rest: str) -> Answer:
        """A provider's message, or, at `/status` below, what became of messages to it."""
        key, _, ending = rest.partition("/")
        channel = self._channel(key, adapter.kind, adapter.provider)
        webhook = adapter.webhook or Webhook()
        status = adapter.status if ending == "status" else None
        if status is None and ending not in {"", webhook.ending}:
            raise Problem(404, "Not Found", "this provider has no such door")
        payload = await self._signed(exchange, webhook)
        try:
            await self._take(channel, status, payload)
        except InvalidSignature as error:
            raise refused(error, has_login=webhook.has_login) from error
        return _heard(webhook, webhook.status_answer if status else webhook.answer)

    async def _take(
        self, channel: ConfiguredChannel, status: StatusInbound | None, payload: Payload
    ) -> None:
        payload = await self._handshakes.prepared(channel, payload)
        if await self._handshakes.settled(channel, status or channel.adapter.inbound, payload):
            return
        if status is not None:
            await self._reports.receive(channel, status, payload)
        else:
            await self._intake.receive(channel, payload)

    async def mail(self, exchange: Exchange, key: str) -> Answer:
        """One raw mail (message/rfc822), by a caller whose key may post."""
        channel = self._channel(key, "email", "smtp")
        caller = await self._callers.of(HTTPConnection(exchange.scope), Role.PROVIDER)
        if caller.workspace_id != channel.workspace_id:
            raise not_found("channel")
        accepted = await self._intake.receive(channel, await self._payload(exchange, {}))
        return _answer(accepted, {})

    def _channel(self, key: str, kind: str, provider: str | None = None) -> ConfiguredChannel:
        channel = self._configuration.channel_by_key(key)
        if (
            channel is None
            or channel.config.kind != kind
            or provider not in {None, channel.config.provider}
        ):
            raise Problem(404, "Not Found", "no channel of this kind has this key")
        return channel

    async def _signed(self, exchange: Exchange, webhook: Webhook) -> Payload:
        envelope = {"url": exchange.url(self._public_url), **exchange.headers(*webhook.headers)}
        proof = {"received_at": str(int(time.time())), **exchange.headers("authorization")}
        payload = await self._payload(exchange, envelope, webhook.max_bytes)
        return replace(payload, proof=proof)

    async def _payload(
        self, exchange: Exchange, envelope: Mapping[str, str], most: int | None = None
    ) -> Payload:
        content_type = exchange.header("content-type") or "application/octet-stream"
        body = await exchange.body(min(self._max_bytes, most or self._max_bytes))
        return Payload(content_type, body, envelope)


def _heard(webhook: Webhook, answer: bytes) -> Answer:
    """What the provider wants to hear of what is stored."""
    return Answer(200, answer, webhook.media_type) if answer else Answer(204)


def _answer(accepted: Accepted, headers: Mapping[str, str]) -> Answer:
    document: dict[str, Any] = {"message": accepted.message_id, "duplicate": accepted.duplicate}
    if accepted.acknowledged:
        document["acknowledged"] = True
    if accepted.quarantine_id is not None:
        document["quarantine"] = accepted.quarantine_id
    is_new_message = accepted.message_id is not None and not accepted.duplicate
    status = 202 if accepted.quarantine_id else 201 if is_new_message else 200
    return Answer(status, to_json_bytes(document), JSON, headers)
