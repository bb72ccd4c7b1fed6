"""A gateway whose webhooks may go to this machine, and workers that a test begins and ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from tests.api.team import Team, serving
from tests.delivery.office import until
from tests.webhooks.receiver import Receiver

from gateway.database.connections import Database
from gateway.metrics import Metrics
from gateway.settings import Settings
from gateway.wakeups import Wakeups
from gateway.webhooks.calls import Caller
from gateway.webhooks.fan_out import FanOut
from gateway.webhooks.networks import Reach
from gateway.webhooks.worker import WebhookWorker

HERE = "127.0.0.0/8,::1"


@dataclass
class Desk:
    team: Team
    other: Team

    async def webhook(self, url: str, *, team: Team | None = None, **fields: Any) -> Any:
        """A subscription to everything, unless told otherwise."""
        body = {"name": "CRM", "url": url, "types": None, **fields}
        return await (team or self.team).ask("POST", "/v1/webhooks", body)

    async def deliveries(self, webhook: Any) -> list[Any]:
        """All of its deliveries, in the order of the log."""
        return await self.team.sql(
            "SELECT * FROM webhook_delivery WHERE webhook_id = $1 ORDER BY pos", webhook["id"]
        )

    async def states(self, webhook: Any) -> list[str]:
        return [row["state"] for row in await self.deliveries(webhook)]

    async def events(self, after: int = 0) -> list[Any]:
        return await self.team.sql(
            "SELECT * FROM event WHERE workspace_id = $1 AND pos > $2 ORDER BY pos",
            self.team.workspace_id,
            after,
        )

    async def due_now(self) -> None:
        """As if all pauses and leases were over."""
        await self.team.sql(
            "UPDATE webhook_delivery SET due_at = now(), lease_until = now()"
            " WHERE state IN ('queued', 'calling')"
        )

    @asynccontextmanager
    async def working(
        self, dsn: str, caller: Caller | None = None, **settings: Any
    ) -> AsyncIterator[WebhookWorker]:
        """A worker with a pool and hints of its own, as a process would have them."""
        database = Database(dsn)
        wakeups = Wakeups(database)
        told = Settings(
            _env_file=None, **{"poll_interval_s": 0.1, "send_timeout_s": 5.0, **settings}
        )
        caller = caller or Caller(Reach.parse(HERE), told.send_timeout_s)
        box = self.team.gateway.box
        worker = WebhookWorker(database, box, caller, wakeups, Metrics(), told)
        loops = [FanOut(database, wakeups, told).run, worker.run]
        running = [asyncio.create_task(run()) for run in loops]
        try:
            yield worker
        finally:
            for task in running:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            await caller.close()
            await database.close()


@asynccontextmanager
async def opened(database: Database) -> AsyncIterator[Desk]:
    async with serving(database, "north", "south", webhook_networks=HERE) as [team, other]:
        yield Desk(team, other)


async def until_called(receiver: Receiver, times: int) -> None:
    async def was_called() -> bool:
        return len(receiver.calls) >= times

    await until(was_called)


async def until_states(desk: Desk, webhook: Any, *states: str) -> None:
    """Wait until its deliveries are in these states, in the order of the log."""

    async def hold() -> bool:
        return await desk.states(webhook) == list(states)

    await until(hold)
