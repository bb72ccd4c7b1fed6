"""Agents at work: they take conversations, answer, give some back and solve others."""

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Any

import httpx
from tests.faults.ledger import Ledger, accepted, until_taken

MOST_HELD = 6
LONGEST_PAUSE_S = 0.15
CONFLICT = 409


class Desk:
    """One agent with a token; every call is repeated, at one of `urls`, until it is answered."""

    def __init__(
        self,
        name: str,
        http: httpx.AsyncClient,
        urls: Sequence[str],
        token: str,
        queues: Sequence[str],
        ledger: Ledger,
        chance: Random,
    ) -> None:
        self._name = name
        self._http = http
        self._urls = urls
        self._headers = {"Authorization": f"Bearer {token}"}
        self._queues = queues
        self._ledger = ledger
        self._chance = chance
        self._number = 0

    async def work_until(self, closing: asyncio.Event) -> None:
        while not closing.is_set():
            held = await self._held()
            if len(held) < MOST_HELD:
                await self._call("POST", f"/v1/queues/{self._chance.choice(self._queues)}/take")
            if held:
                await self._serve(self._chance.choice(held))
            await asyncio.sleep(self._chance.uniform(0, LONGEST_PAUSE_S))

    async def _held(self) -> list[str]:
        query = "status=assigned&assignee=me&limit=100"
        items = (await self._call("GET", f"/v1/conversations?{query}")).json()["items"]
        return [item["id"] for item in items]

    async def _serve(self, conversation: str) -> None:
        for _ in range(self._chance.randrange(1, 4)):
            await self._reply(conversation)
        ending = self._chance.choice(["", "", "solve", "release"])
        if ending:
            await self._call("POST", f"/v1/conversations/{conversation}/{ending}")

    async def _reply(self, conversation: str) -> None:
        self._number += 1
        marker = f"reply-{self._name}-{self._number}"
        answer = await self._call(
            "POST",
            f"/v1/conversations/{conversation}/replies",
            headers={"Idempotency-Key": marker},
            json={"text": marker},
        )
        assert answer.status_code != CONFLICT, answer.text
        self._ledger.take(marker, answer.json()["message"])

    async def _call(
        self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        """A conflict is an answer: the first try was heard, and the world has moved on since."""

        async def once() -> httpx.Response:
            url = self._chance.choice(self._urls) + path
            response = await self._http.request(
                method, url, headers=self._headers | (headers or {}), **more
            )
            return response if response.status_code == CONFLICT else accepted(response)

        return await until_taken(once, self._chance)
