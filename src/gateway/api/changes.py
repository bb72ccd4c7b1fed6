"""Changes of what all processes hold in memory: channels, queues, rules."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.composition import Gateway
from gateway.configuration import grow
from gateway.wakeups import Topic


@asynccontextmanager
async def configuring(gateway: Gateway, workspace_id: int) -> AsyncIterator[AsyncSession]:
    """A transaction that changes a workspace's configuration, in force when the block has ended.

    Holds the workspace's row from the start, so that such changes come one after the other.
    """
    async with gateway.database.transaction() as session:
        await grow(session, workspace_id)
        yield session
    gateway.wakeups.notify(Topic.CONFIGURATION)
    await gateway.configuration.refresh()
