"""Loops that must run as long as the process does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import structlog

from gateway.database.connections import is_database_away

log = structlog.get_logger(__name__)

PAUSE_S = 1.0

Loop = Callable[[], Awaitable[None]]


async def _keep(name: str, run: Loop) -> None:
    while True:
        try:
            await run()
        except Exception as error:
            if is_database_away(error):
                log.warning("background.database_away", loop=name, reason=type(error).__name__)
            else:
                log.exception("background.failed", loop=name)
        await asyncio.sleep(PAUSE_S)


@asynccontextmanager
async def running(loops: Mapping[str, Loop]) -> AsyncIterator[None]:
    """Run the loops during the block, starting each anew when it fails.

    They are stopped one by one, last first, so that what depends on an earlier one ends before it.
    """
    tasks = [asyncio.create_task(_keep(name, run), name=name) for name, run in loops.items()]
    try:
        yield
    finally:
        for task in reversed(tasks):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
