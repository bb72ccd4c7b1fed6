"""A small OpenID provider on a socket of its own, which signs with real keys, and lies if told."""

import asyncio
import base64
import hashlib
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import uvicorn
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT, SECRET = "desk", "a secret of ours"
JSON = dict[str, Any]


def new_key(kid: str | None = None) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid or uuid4().hex, "use": "sig"})


@dataclass
class OpenId:
    """`person` is who sits at the browser; `lies` are claims in place of the true ones."""

    url: str = ""
    key: RSAKey = field(default_factory=new_key)
    person: JSON = field(default_factory=dict)
    lies: JSON = field(default_factory=dict)
    algorithm: str = "RS256"
    is_refusing: bool = False
    description: JSON = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    asked: dict[str, dict[str, str]] = field(default_factory=dict)

    def app(self) -> Starlette:
        routes = [
            Route("/.well-known/openid-configuration", self._describe),
            Route("/keys", self._keys),
            Route("/authorize", self._authorize),
            Route("/token", self._token, methods=["POST"]),
            Route("/logout", self._goodbye),
        ]
        return Starlette(routes=routes)

    async def _describe(self, _: Request) -> Response:
        self.calls.append("description")
        told = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "end_session_endpoint": f"{self.url}/logout",
        }
        return JSONResponse(told | self.description)

    async def _keys(self, _: Request) -> Response:
        self.calls.append("keys")
        return JSONResponse(KeySet([self.key]).as_dict(private=False))

    async def _authorize(self, request: Request) -> Response:
        """The person agrees at once, or refuses."""
        asked = dict(request.query_params)
        code = uuid4().hex
        self.asked[code] = asked
        told = {"error": "access_denied"} if self.is_refusing else {"code": code}
        query = urlencode({**told, "state": asked["state"]})
        return RedirectResponse(f"{asked['redirect_uri']}?{query}", 303)

    async def _token(self, request: Request) -> Response:
        """A code works once, for the client that has the secret and the verifier (RFC 7636)."""
        self.calls.append("token")
        given = await request.form()
        asked = self.asked.pop(str(given["code"]), None)
        digest = hashlib.sha256(str(given["code_verifier"]).encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        login = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        is_ours = request.headers.get("authorization") == f"Basic {login}"
        if asked is None or not is_ours or asked["code_challenge"] != challenge:
            return JSONResponse({"error": "invalid_grant"}, 400)
        if asked["redirect_uri"] != given["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse(
            {"access_token": "x", "token_type": "Bearer", "id_token": self._id(asked)}
        )

    def _id(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            **self.person,
            **self.lies,
        }
        header = {"alg": self.algorithm, "kid": self.key.kid}
        if self.algorithm == "none":
            parts = (header, claims)
            return ".".join(_encoded(part) for part in parts) + "."
        return jwt.encode(header, claims, self.key, algorithms=[self.algorithm])

    async def _goodbye(self, _: Request) -> Response:
        return Response("Goodbye", media_type="text/plain")


def _encoded(part: JSON) -> str:
    content = JSONResponse(part).body
    return base64.urlsafe_b64encode(bytes(content)).decode().rstrip("=")


@asynccontextmanager
async def opened_provider() -> AsyncIterator[OpenId]:
    provider = OpenId()
    listener = socket.create_server(("127.0.0.1", 0))
    provider.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = uvicorn.Config(provider.app(), log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield provider
    finally:
        server.should_exit = True
        await task
