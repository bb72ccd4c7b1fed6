"""Vonage's Messages API to send to, on 127.0.0.1: it checks requests as the documentation says."""

import asyncio
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import time
from typing import Any
from uuid import uuid4

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from tests.channels.sms.vonage_payloads import (
    API_KEY,
    APPLICATION,
    SECRET,
    private_key,
    private_pem,
)
from tests.delivery.providers import serve

KNOWN = {
    "channel",
    "message_type",
    "to",
    "from",
    "text",
    "client_ref",
    "webhook_url",
    "webhook_version",
}
MAX_TEXT = 1_000

Answer = tuple[int, dict[str, str], Any]


@dataclass
class Vonage:
    """`answers` are given, one by one, before it takes a message; `texts` are those it took."""

    port: int = 0
    texts: list[dict[str, str]] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    delay_s: float = 0.0
    before_answer: Callable[[dict[str, str]], Awaitable[None]] | None = None
    media: dict[str, bytes] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> dict[str, str]:
        return {"api_key": API_KEY, "application_id": APPLICATION, "base_url": self.url}

    @property
    def secrets(self) -> dict[str, str]:
        return {"private_key": private_pem(), "signature_secret": SECRET}

    def refuse(self, status: int, code: str = "", **headers: str) -> None:
        problem = {
            "type": f"https://developer.vonage.com/api-errors/messages#{code}" if code else "",
            "title": "Refused",
            "detail": "for a reason",
        }
        self.answers.append((status, headers, problem if code else {}))

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        body = (await receive())["body"]
        await asyncio.sleep(self.delay_s)
        status, headers, answer = self._judge(scope, body)
        if status == 202 and self.before_answer is not None:
            await self.before_answer({**self.texts[-1], **answer})
        content = answer if isinstance(answer, bytes) else orjson.dumps(answer)
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": content})

    def _judge(self, scope: dict[str, Any], body: bytes) -> Answer:
        given = {name.decode(): value.decode() for name, value in scope["headers"]}
        if not is_authorised(given.get("authorization", "")):
            return self._problem(401, "unauthorized", "You did not provide correct credentials.")
        if scope["method"] == "GET" and scope["path"] in self.media:
            return 200, {"content-type": "image/jpeg"}, self.media[scope["path"]]
        if (scope["method"], scope["path"]) != ("POST", "/v1/messages"):
            return self._problem(404, "not-found", "no such thing")
        if not given.get("content-type", "").startswith("application/json"):
            return self._problem(415, "unsupported-media-type", "send JSON")
        return self._take(orjson.loads(body))

    def _take(self, document: dict[str, str]) -> Answer:
        if mistakes := mistakes_in(document):
            return self._problem(422, "1020", f"invalid: {mistakes}")
        if self.answers:
            return self.answers.pop(0)
        self.texts.append(document)
        return 202, {}, {"message_uuid": str(uuid4())}

    def _problem(self, status: int, code: str, detail: str) -> Answer:
        kind = f"https://developer.vonage.com/api-errors#{code}"
        return status, {}, {"type": kind, "title": code, "detail": detail, "instance": "1"}


def mistakes_in(document: dict[str, str]) -> list[str]:
    """What the API would refuse: missing or unknown fields, a plus sign, too long a text."""
    found = [name for name in document if name not in KNOWN]
    found += [name for name in KNOWN - {"webhook_url", "webhook_version"} if not document.get(name)]
    if not found:
        found += ["to"] * (not document["to"].isdecimal())
        found += ["from"] * (not document["from"].isalnum())
        found += ["text"] * (len(document["text"]) > MAX_TEXT)
        found += ["channel"] * (document["channel"] not in {"sms", "whatsapp"})
        found += ["client_ref"] * (len(document["client_ref"]) > 100)
    return found


def is_authorised(authorization: str) -> bool:
    """Whether it is a token of the application, signed with its key and still in its time."""
    scheme, _, token = authorization.partition(" ")
    signed, _, signature = token.rpartition(".")
    try:
        private_key().public_key().verify(
            urlsafe_b64decode(signature + "=="), signed.encode(), PKCS1v15(), hashes.SHA256()
        )
    except (InvalidSignature, ValueError):
        return False
    head, claims = (orjson.loads(urlsafe_b64decode(part + "==")) for part in signed.split("."))
    return bool(
        scheme == "Bearer"
        and head == {"alg": "RS256", "typ": "JWT"}
        and claims["application_id"] == APPLICATION
        and claims["iat"] <= time() < claims["exp"] <= claims["iat"] + 86_400
        and claims["jti"]
    )


@asynccontextmanager
async def vonage() -> AsyncIterator[Vonage]:
    application = Vonage()
    async with serve(application):
        yield application
