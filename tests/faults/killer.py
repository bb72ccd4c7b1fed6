"""Kills something that matters, by SIGKILL, at a moment that nobody has chosen."""

import asyncio
import signal
from random import Random

from tests.faults.installation import Installation, end

VICTIMS = ("serve", "worker", "postmaster", "backend", "session")
"""Where a backend is killed PostgreSQL ends all others too; a session is ended alone (SIGTERM)."""

LONGEST_WAIT_S = 1.5

BACKENDS = """
SELECT pid FROM pg_stat_activity
 WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY pid
"""


class Killer:
    """Each kind of victim comes up once in every five strikes, in an order that `chance` gives."""

    def __init__(self, installation: Installation, chance: Random) -> None:
        self._installation = installation
        self._chance = chance
        self._next: list[str] = []

    def choose(self) -> str:
        if not self._next:
            self._next = self._chance.sample(VICTIMS, len(VICTIMS))
        return self._next.pop()

    async def strike(self, victim: str) -> None:
        wait_s = self._chance.uniform(0, LONGEST_WAIT_S)
        match victim:
            case "serve":
                await asyncio.sleep(wait_s)
                self._chance.choice(self._installation.fronts).process.kill()
            case "worker":
                await asyncio.sleep(wait_s)
                self._installation.worker.kill()
            case "postmaster":
                await asyncio.sleep(wait_s)
                end(self._installation.postmaster)
            case "backend":
                await self._end_a_backend(wait_s, signal.SIGKILL)
            case "session":
                await self._end_a_backend(wait_s, signal.SIGTERM)

    async def _end_a_backend(self, wait_s: float, by: signal.Signals) -> None:
        async with self._installation.connected() as connection:
            await asyncio.sleep(wait_s)
            backends = [row["pid"] for row in await connection.fetch(BACKENDS)]
            end(self._chance.choice(backends), by)
