"""The doors of HTTP: web forms, Twilio's webhook, raw mail."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from channels.contract import Kind, Payload
from gateway.access.callers import Callers
from gateway.access.tokens import Role
from gateway.configuration import Configuration, ConfiguredChannel
from gateway.database.connections import to_json_bytes
from gateway.ingest.door import Intake
from gateway.ingest.submission import Accepted
from gateway.problems import Problem, not_found, problem_of, too_large, unexpected

JSON = "application/json"
ANYWHERE = {"Access-Control-Allow-Origin": "*"}
PREFLIGHT = {
    **ANYWHERE,
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "Content-Type, Idempotency-Key",
    "Access-Control-Max-Age": "86400",
}
EMPTY_TWIML = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'


Door = Callable[[Request, str], Awaitable[Response]]


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
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - everybody gets an answer
            problem = problem_of(error) or unexpected(request.url.path, error)
            response = problem.with_headers(ANYWHERE).response()
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        path: str = request.scope["path"]
        name, _, key = path.removeprefix("/in/").partition("/")
        door = self._doors.get((request.method, name))
        if door is None:
            allowed = [method for method, other in self._doors if other == name]
            if not allowed:
                raise Problem(404, "Not Found", "there is no such door below /in/")
            detail = f"this door takes {' and '.join(allowed)}"
            raise Problem(405, "Method Not Allowed", detail, headers={"Allow": ", ".join(allowed)})
        return await door(request, key)

    async def form(self, request: Request, key: str) -> Response:
        """A submission, from any page: 201 when stored, 200 when it was known."""
        channel = self._channel(key, "web_form")
        envelope = _headers(request, "idempotency-key", "origin", "user-agent")
        accepted = await self._intake.receive(channel, await self._payload(request, envelope))
        return _answer(accepted, ANYWHERE)

    async def form_preflight(self, _request: Request, _key: str) -> Response:
        return Response(status_code=204, headers=PREFLIGHT)

    async def twilio(self, request: Request, key: str) -> Response:
        """An incoming message; the answer is TwiML that says nothing (replies are sent by REST)."""
        channel = self._channel(key, "sms")
        envelope = {"url": self._url(request), **_headers(request, "x-twilio-signature")}
        await self._intake.receive(channel, await self._payload(request, envelope))
        return Response(EMPTY_TWIML, media_type="text/xml")

    async def mail(self, request: Request, key: str) -> Response:
        """One raw mail (message/rfc822), by a caller whose key may post."""
        channel = self._channel(key, "email")
        caller = await self._callers.of(request, Role.PROVIDER)
        if caller.workspace_id != channel.workspace_id:
            raise not_found("channel")
        accepted = await self._intake.receive(channel, await self._payload(request, {}))
        return _answer(accepted, {})

    def _channel(self, key: str, kind: Kind) -> ConfiguredChannel:
        channel = self._configuration.channel_by_key(key)
        if channel is None or channel.config.kind != kind:
            raise Problem(404, "Not Found", "no channel of this kind has this key")
        return channel

    async def _payload(self, request: Request, envelope: Mapping[str, str]) -> Payload:
        content_type = request.headers.get("content-type", "application/octet-stream")
        return Payload(content_type, await self._body(request), envelope)

    async def _body(self, request: Request) -> bytes:
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > self._max_bytes:
            raise too_large(self._max_bytes)
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > self._max_bytes:
                raise too_large(self._max_bytes)
        return bytes(body)

    def _url(self, request: Request) -> str:
        if self._public_url is None:
            return str(request.url)
        query = f"?{request.url.query}" if request.url.query else ""
        return self._public_url.rstrip("/") + request.url.path + query


def _headers(request: Request, *names: str) -> dict[str, str]:
    return {name: value for name in names if (value := request.headers.get(name)) is not None}


def _answer(accepted: Accepted, headers: Mapping[str, str]) -> Response:
    document: dict[str, Any] = {"message": accepted.message_id, "duplicate": accepted.duplicate}
    if accepted.quarantine_id is not None:
        document["quarantine"] = accepted.quarantine_id
    is_new_message = accepted.message_id is not None and not accepted.duplicate
    status = 202 if accepted.quarantine_id else 201 if is_new_message else 200
    return Response(to_json_bytes(document), status, headers=headers, media_type=JSON)
