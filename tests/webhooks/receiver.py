"""Another system, on 127.0.0.1: takes calls, and verifies them as its makers would."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks.webhooks import Webhook
from tests.delivery.providers import serve


@dataclass
class Call:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def verified(self, secret: str) -> Any:
        """The body, once the reference library has found it to be signed by the secret."""
        return Webhook(secret).verify(self.body, self.headers)


@dataclass
class Receiver:
    """Answers 204, or what `answers` holds for the next calls: a status, headers and a body.

    While `may_answer` is not set it hangs.
    """

    port: int = 0
    calls: list[Call] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    always: int = 204
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    most_at_once: int = 0
    _at_once: int = 0

    def __post_init__(self) -> None:
        self.may_answer.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/in?from=desk"

    def ids(self) -> list[str]:
        return [call.id for call in self.calls]

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        body, is_more = b"", True
        while is_more:
            part = await receive()
            body, is_more = body + part.get("body", b""), part.get("more_body", False)
        path = f"{scope['path']}?{scope['query_string'].decode()}"
        self.calls.append(Call(path, headers, body))
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        await self.may_answer.wait()
        self._at_once -= 1
        status, extra, text = self.answers.pop(0) if self.answers else (self.always, {}, b"")
        sent = [(name.encode(), value.encode()) for name, value in extra.items()]
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": text})


@asynccontextmanager
async def receiving(**options: Any) -> AsyncIterator[Receiver]:
    receiver = Receiver()
    async with serve(receiver, **options):
        try:
            yield receiver
        finally:
            receiver.may_answer.set()
