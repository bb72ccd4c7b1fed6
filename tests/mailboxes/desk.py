"""A channel that polls, and what becomes of its mail."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from sqlalchemy import text
from tests.delivery.office import until
from tests.house import House, bearer
from tests.mailboxes.dovecot import PASSWORD, Dovecot

from gateway.composition import Gateway

FAST = {"worker": True, "poll_interval_s": 0.05}


@dataclass
class Desk:
    """A user of the server whose mailbox the house's team has given to a channel."""

    house: House
    dovecot: Dovecot
    user: str = field(default_factory=lambda: f"desk-{uuid4().hex[:8]}")
    id: str = ""

    async def open(self, *, password: str = PASSWORD, port: int = 0, **settings: str) -> None:
        """Make the channel, and wait for a first poll, whatever it came to."""
        body = {
            "kind": "email",
            "provider": "imap",
            "name": "Old mailbox",
            "address": f"{self.user}@example.org",
            "settings": {
                "imap_host": "127.0.0.1",
                "imap_port": str(port or self.dovecot.port),
                "imap_tls": "none",
                "imap_username": self.user,
                "imap_interval_s": "0.05",
                **settings,
            },
            "secrets": {"imap_password": password},
        }
        made = await self.house.post("/v1/channels", body, self.house.team.admin)
        self.id = made["id"]
        assert made["smtp_door"] is None
        await until(self.was_polled)

    async def change(self, **body: Any) -> dict[str, Any]:
        headers = bearer(self.house.team.admin)
        answer = await self.house.http.patch(f"/v1/channels/{self.id}", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def state(self) -> dict[str, Any]:
        return (await self.house.get(f"/v1/channels/{self.id}"))["mailbox"] or {}

    async def was_polled(self) -> bool:
        state = await self.state()
        return bool(state) and (state["polled_at"] is not None or state["failures"] > 0)

    async def polled_again(self, *, once: bool = False) -> None:
        """Wait for a poll that began after this was called, and went through."""
        for _ in range(1 if once else 2):
            before = (await self.state())["polled_at"]

            async def is_later(before: str | None = before) -> bool:
                return bool((await self.state())["polled_at"] != before)

            await until(is_later)

    async def has_polled(self) -> None:
        """Wait for the first poll that goes through."""

        async def is_there() -> bool:
            state = await self.state()
            return state["polled_at"] is not None

        await until(is_there)

    async def has_failed(self, failure: str, *, times: int = 1) -> None:
        async def is_so() -> bool:
            state = await self.state()
            return bool(state["failure"] == failure and state["failures"] >= times)

        await until(is_so)

    async def subjects(self) -> list[str]:
        rows = await self.house.rows("SELECT subject FROM message ORDER BY id")
        return [row[0] for row in rows]

    async def receives(self, *subjects: str) -> None:
        """Wait for exactly these messages, in this order."""
        await self.receives_in_spite_of_trouble(*subjects)
        await self.polled_again()
        assert await self.subjects() == list(subjects)

    async def receives_in_spite_of_trouble(self, *subjects: str) -> None:
        async def is_there() -> bool:
            return len(await self.subjects()) >= len(subjects)

        await until(is_there)
        assert await self.subjects() == list(subjects)

    async def set(self, table: str, **values: str) -> None:
        """Write SQL expressions into the rows of a table, as a crash may leave them."""
        changes = ", ".join(f"{name} = {value}" for name, value in values.items())
        async with self.house.gateway.database.transaction() as session:
            await session.execute(text(f"UPDATE {table} SET {changes}"))  # noqa: S608


@asynccontextmanager
async def working(house: House) -> AsyncIterator[None]:
    """A worker beside the serving process, as `sportello worker` is one."""
    settings = house.gateway.settings.model_copy(update=FAST)
    gateway = Gateway(settings, house.gateway.database, house.gateway.box)
    async with gateway.working():
        yield
