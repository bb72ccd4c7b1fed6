"""One HTTP request and its answer, straight on ASGI: a door needs no more of a framework.

Header names are lower case, as ASGI has them; of a repeated header the last counts.
"""

from collections.abc import Awaitable, Callable, Mapping

from starlette.datastructures import URL
from starlette.types import Receive, Scope, Send

from gateway.problems import problem_of, too_large, unexpected


class Disconnected(Exception):  # noqa: N818 - says what is the case
    """The client went away before its request was whole."""


def client_of(scope: Scope, proxies: int) -> str:
    """The client's address as the outermost of our own `proxies` saw it; 0: as we see it."""
    peer = scope.get("client")
    headers: dict[bytes, bytes] = dict(scope["headers"])
    seen = headers.get(b"x-forwarded-for", b"").decode("latin-1").split(",")
    if proxies and len(seen) >= proxies and seen[-proxies].strip():
        return seen[-proxies].strip()
    return str(peer[0]) if peer else ""


class Exchange:
    """A request that is to be answered once, by `answer`."""

    __slots__ = ("_headers", "_receive", "_send", "method", "path", "scope")

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self._headers: dict[bytes, bytes] = dict(scope["headers"])
        self._receive = receive
        self._send = send

    def header(self, name: str) -> str | None:
        value = self._headers.get(name.encode("latin-1"))
        return None if value is None else value.decode("latin-1")

    def headers(self, *names: str) -> dict[str, str]:
        """Those of the named headers that the request has."""
        return {name: value for name in names if (value := self.header(name)) is not None}

    def client(self, proxies: int) -> str:
        return client_of(self.scope, proxies)

    def url(self, public_url: str | None) -> str:
        """The address that the client used: below `public_url` where a proxy stands in front."""
        own = URL(scope=self.scope)
        if public_url is None:
            return str(own)
        query = f"?{own.query}" if own.query else ""
        return public_url.rstrip("/") + own.path + query

    async def body(self, max_bytes: int) -> bytes:
        """The whole body.

        Raises:
            Problem: 413, it is longer than `max_bytes`.
            Disconnected: the client went away.

        """
        announced = self.header("content-length") or ""
        if announced.isdecimal() and int(announced) > max_bytes:
            raise too_large(max_bytes)
        body, more = await self._chunk()
        if not more and len(body) <= max_bytes:
            return body
        whole = bytearray(body)
        while more and len(whole) <= max_bytes:
            chunk, more = await self._chunk()
            whole += chunk
        if len(whole) > max_bytes:
            raise too_large(max_bytes)
        return bytes(whole)

    async def _chunk(self) -> tuple[bytes, bool]:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        return message.get("body", b""), message.get("more_body", False)

    async def answer(
        self, status: int, body: bytes, media_type: str, headers: Mapping[str, str]
    ) -> None:
        fields = [(b"content-length", b"%d" % len(body))]
        if media_type:
            fields.append((b"content-type", media_type.encode("latin-1")))
        for name, value in headers.items():
            fields.append((name.lower().encode("latin-1"), value.encode("latin-1")))
        await self._send({"type": "http.response.start", "status": status, "headers": fields})
        await self._send({"type": "http.response.body", "body": body})

    async def answered_by(
        self,
        respond: Callable[["Exchange"], Awaitable[None]],
        place: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Let `respond` answer; where it fails, a problem document with `headers` does.

        `place` is what the log says of the path: no more than may be read there.
        """
        try:
            await respond(self)
        except Disconnected:
            return
        except Exception as error:  # noqa: BLE001 - everybody gets an answer
            problem = problem_of(error) or unexpected(place, error)
            response = problem.with_headers(headers or {}).response()
            await response(self.scope, self._receive, self._send)
