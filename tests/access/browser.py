"""A browser as far as logging in goes: it keeps cookies, and sends them with every call."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from tests.api.team import Team

from gateway.app import create_app

PASSWORD = "correct horse battery"


@dataclass
class Browser:
    http: httpx.AsyncClient
    email: str
    csrf: str = ""

    async def log_in(self, password: str = PASSWORD, **more: Any) -> httpx.Response:
        body = {"email": self.email, "password": password, **more}
        answer = await self.http.post("/v1/sessions", json=body)
        if answer.is_success:
            self.csrf = answer.json()["csrf"] or ""
        return answer

    async def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        headers = {"X-CSRF-Token": self.csrf}
        return await self.http.request(method, path, json=body, headers=headers)


@asynccontextmanager
async def opened(team: Team) -> AsyncIterator[Browser]:
    [agent] = await team.sql("SELECT email FROM agent WHERE id = $1", team.agent_id)
    transport = httpx.ASGITransport(create_app(team.gateway))
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as http:
        yield Browser(http, agent["email"])
