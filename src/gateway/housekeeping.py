"""Chores that no message waits for: partitions ahead of time, retention."""

import asyncio
from datetime import UTC, datetime

from gateway.database.connections import Database
from gateway.feed.partitions import ensure_partitions
from gateway.retention import run_retention

EVERY_S = 3600


async def keep_house(database: Database) -> None:
    """Do all chores every hour, until cancelled. Several processes at once are harmless."""
    while True:
        now = datetime.now(UTC)
        await ensure_partitions(database, now)
        await run_retention(database, now)
        await run_retention(database, now)
        await asyncio.sleep(EVERY_S)
